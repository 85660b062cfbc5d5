"""What chatkit says on a Python that is too old for it. This file parses on Python 2.7."""

import os
import subprocess
import sys

NEEDED = (3, 11)
NEWEST_LOOKED_FOR = 20

HOW_TO_GET_ONE = """\
  On Debian 12, Ubuntu 24.04 or newer:  sudo apt install python3 python3-venv python3-tk
  On macOS:                             brew install python python-tk
  On Windows and everywhere else:       https://www.python.org/downloads/
  With uv, which fetches a Python:      uv run --no-project --python 3.13 python -m chatkit lab"""


def is_too_old():
    # type: () -> bool
    """Is the Python that runs this too old for chatkit?"""
    return tuple(sys.version_info) < NEEDED


def complaint(argv):
    # type: (list[str]) -> str
    """What is wrong, and what to type instead of `python -m chatkit ARGV`."""
    needed, seen = ".".join(map(str, NEEDED)), ".".join(map(str, sys.version_info[:3]))
    problem = "chatkit needs Python %s or newer; this is %s (%s)." % (needed, seen, sys.executable)
    newer = newer_python()
    if newer is None:
        return problem + " Install a newer one:\n" + HOW_TO_GET_ONE
    return problem + " A newer one is here; type:\n  " + " ".join(newer + ["-m", "chatkit"] + list(argv))


def newer_python():
    # type: () -> list[str] | None
    """The words that start a Python which is new enough, if one is found on PATH."""
    for words in candidates():
        if starts_a_new_one(words):
            return words
    return None


def candidates():
    # type: () -> list[list[str]]
    """The names that a newer Python may have, the likeliest first."""
    names = ["python3"] + ["python3.%d" % minor for minor in range(NEWEST_LOOKED_FOR, NEEDED[1] - 1, -1)]
    return [[name] for name in names] + [["py", "-3"]]


def starts_a_new_one(words):
    # type: (list[str]) -> bool
    """Do these words start a Python that is new enough? They are tried: a name on PATH may be an empty shell."""
    test = "import sys; sys.exit(tuple(sys.version_info) < %r)" % (NEEDED,)
    with open(os.devnull, "w") as nowhere:
        try:
            return subprocess.call(words + ["-c", test], stdout=nowhere, stderr=nowhere) == 0
        except OSError:  # there is no such program
            return False
