"""python3 -m chatkit handout: writes what students get, from what is edited.

    notebooks/source/00-first-words.ipynb     with the answers: this one is edited
    notebooks/00-first-words.ipynb            without them: this one is made

notebook_versions.py says what differs. All are made before the first is written, so a mistake in one changes nothing.
"""

import argparse
from pathlib import Path

from chatkit.errors import MisuseError
from chatkit.faces.notebook_versions import Version, parse, solution_version, student_version, written

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCE = NOTEBOOKS / "source"


def main(argv: list[str]) -> int:
    """Write one version of all notebooks, or compare it with what is there; returns the exit code."""
    options = _parser().parse_args(argv)
    version = solution_version if options.solutions else student_version
    folder = options.solutions or options.folder or NOTEBOOKS
    texts = made(version, SOURCE)
    return check(texts, folder) if options.check else write(texts, folder)


def made(version: Version, source: Path) -> dict[str, str]:
    """The text of each notebook, by its file's name. Raises MisuseError if one cannot be made."""
    paths = sorted(source.glob("*.ipynb"))
    if not paths:
        raise MisuseError(f"No notebook in {source}: this needs the whole folder of chatkit, with its notebooks.")
    return {path.name: _made(version, path) for path in paths}


def write(texts: dict[str, str], folder: Path) -> int:
    """Write each into the folder; returns 0. Raises MisuseError."""
    if folder.resolve() == SOURCE.resolve():
        raise MisuseError(f"{_short(folder)} is what is edited: a version written there would overwrite it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"Written: {_short(folder / name)}")
    except OSError as error:
        raise MisuseError(f"{_short(folder)} cannot be written: {error.strerror}.") from error
    return 0


def check(texts: dict[str, str], folder: Path) -> int:
    """Say which files are not what their source makes; returns 1 if there are any."""
    wrong = [folder / name for name, text in texts.items() if _text(folder / name) != text]
    for path in wrong:
        print(f"{_short(path)} differs from its source.")
    print("The same command without --check makes them anew." if wrong else "No notebook differs from its source.")
    return 1 if wrong else 0


def _made(version: Version, path: Path) -> str:
    try:
        return written(version(parse(path.read_text("utf-8"))))
    except OSError as error:
        raise MisuseError(f"{_short(path)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise MisuseError(f"{_short(path)}: this is no notebook: it is not UTF-8.") from error
    except MisuseError as error:
        raise MisuseError(f"{_short(path)}: {error}") from None


def _text(path: Path) -> str | None:
    """What is in the file; None if it is not there, or is no text."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m chatkit handout",
        description="Write the students' version of every notebook in notebooks/source: the answers are left out.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="where they go, if not into notebooks")
    where.add_argument("--solutions", type=Path, metavar="FOLDER", help="write the version with the answers, into here")
    parser.add_argument("--check", action="store_true", help="write nothing: say what differs from its source")
    return parser
