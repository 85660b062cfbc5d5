"""python3 -m chatkit test: makes the environment, with what the tests need, and runs pytest in it."""

import argparse
import os
from pathlib import Path

from chatkit.bootstrap import installer
from chatkit.bootstrap.builder import Builder
from chatkit.bootstrap.environment import HERE, Part
from chatkit.bootstrap.process import hand_over


def main(argv: list[str]) -> int:
    """Run the tests; what is not an option of ours goes to pytest."""
    options, for_pytest = parser().parse_known_args(argv)
    Builder(HERE, installer.chosen(options)).provide(Part.TEST)
    os.chdir(HERE.root)
    return hand_over([str(HERE.python), "-m", "pytest", *chosen_tests(options.slow), *spread(for_pytest), *for_pytest])


def chosen_tests(slow: bool) -> list[str]:
    """What pytest is told about the tests that take long; a `-m` of the user's comes later and wins."""
    return [] if slow else ["-m", "not slow"]


def spread(for_pytest: list[str]) -> list[str]:
    """Let a run of everything use all cores, a file of tests in one process; a `-n` of the user's comes later and wins.

    One process more than there are cores, for tests wait as much as they work. Who names files wants to see them in
    order.
    """
    names_files = any(Path(argument.partition("::")[0]).exists() for argument in for_pytest)
    return [] if names_files else ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile"]


def parser() -> argparse.ArgumentParser:
    """The options of `test`."""
    result = argparse.ArgumentParser(
        prog="python3 -m chatkit test",
        usage="%(prog)s [--slow] [--wheels FOLDER_OR_URL] [--pip] [what pytest takes ...]",
        description="Run the tests of chatkit, or those that are named: tests/test_room.py -k join.",
        allow_abbrev=False,
    )
    result.add_argument("--slow", action="store_true", help="run those that take more than five seconds, too")
    installer.add_options(result)
    return result
