"""What the linter and the type checker say of this folder: nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def complaints(*command: str) -> str:
    answer = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    return "" if answer.returncode == 0 else answer.stdout + answer.stderr


def test_ruff_is_quiet() -> None:
    assert complaints("ruff", "check", ".") == ""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_mypy_is_quiet() -> None:
    assert complaints("mypy", "--strict", "chatkit") == ""
