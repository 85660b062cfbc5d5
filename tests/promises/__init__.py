"""What each notebook promises to show: a module for each, named as the notebook is, without its number.

PROMISES = {
    "lan": {"ladder": r"CTL=SYN", ...},  # evidence -> id of a cell -> what is found below it, as a regular expression
    "loopback": {...},
    "recorded": {...},
}

The patterns are searched in the text alternatives of what the cell of the solution version shows.
"""

from importlib import import_module

Promised = dict[str, str]  # by cell: what it has to show, as its text says
Promises = dict[str, Promised]  # by evidence: "lan", "loopback", "recorded"


def promises_of(notebook: str) -> Promises:
    """The promises of a notebook: those of 00-first-words are in first_words.py."""
    name = notebook.partition("-")[2].replace("-", "_")
    promises: Promises = import_module(f"tests.promises.{name}").PROMISES
    return promises
