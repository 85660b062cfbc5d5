"""The kinds of answers: what a person is asked to type, how that is read, and how a verdict on it begins.

An option and a piece have a letter each, by their place: "a" for the first.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from string import ascii_lowercase

from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.teach.typed import Typed, count, duration, frame_number, sequence_number
from chatkit.teach.value import Given


@dataclass(frozen=True, slots=True)
class Option:
    """One of several things to choose from, or to put in order."""

    key: str
    text: str


Offers = tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of answer; the sentences have {given} and {subject} in them."""

    name: str
    label: str  # of the box that it is typed into
    placeholder: str
    read: Callable[[Typed, Offers], Given | None]
    asks: str = "Write {subject}"
    is_right: str = "{given} is {subject}"
    is_wrong: str = "{given} is not {subject}."

    def __repr__(self) -> str:
        return f"<Kind: {self.name}>"


def letter(offers: Offers, key: str) -> str:
    """The letter by which this option is chosen."""
    return ascii_lowercase[[option.key for option in offers].index(key)]


def written(given: Given, offers: Offers) -> str:
    """What was given, as a sentence shows it."""
    match given:
        case tuple():
            return " ".join(letter(offers, key) for key in given).upper()
        case str():
            return next(f'"{option.text}"' for option in offers if option.key == given)
        case float():
            return f"{given * 1000:g} ms"
    return str(given)


def _one_of(typed: Typed, offers: Offers) -> str | None:
    """An option by its letter, its key, or its text."""
    text = "" if typed is None else str(typed).strip()
    if not text:
        return None
    for place, option in enumerate(offers):
        if text.casefold().strip("().") in (ascii_lowercase[place], option.key.casefold(), option.text.casefold()):
            return option.key
    raise MisuseError(f"{quote(text)} is not offered; choose one of {', '.join(ascii_lowercase[: len(offers)])}.")


def _in_order(typed: Typed, offers: Offers) -> tuple[str, ...] | None:
    """All pieces, each once: "C A B", "c,a,b", "cab", or a list of letters."""
    parts = typed if isinstance(typed, Iterable) and not isinstance(typed, str) else [typed or ""]
    letters = re.findall(r"\S", "".join(map(str, parts)).lower().replace(",", " ").replace(">", " "))
    if not letters:
        return None
    wanted = ascii_lowercase[: len(offers)]
    if sorted(letters) != list(wanted):
        said = " ".join(letters).upper()
        raise MisuseError(f"{quote(said)} does not name each of {' '.join(wanted).upper()} once.")
    return tuple(offers[wanted.index(each)].key for each in letters)


def _plain(read: Callable[[Typed], Given | None]) -> Callable[[Typed, Offers], Given | None]:
    """A kind of answer for which nothing is offered."""
    return lambda typed, _: read(typed)


SEQUENCE = Kind("a sequence number", "Number", "absolute or relative", _plain(sequence_number))
COUNT = Kind("a number", "Number", "how many", _plain(count))
TIME = Kind("a time", "Time", "such as 0.31 ms", _plain(duration))
FRAME = Kind("the number of a frame", "Frame", "its number", _plain(frame_number), "Write the number of {subject}",
             "Frame {given} is {subject}", "Frame {given} is not {subject}.")  # fmt: skip
CHOICE = Kind("one of the options", "Your choice", "a letter", _one_of, "Choose {subject}", "{given} is right",
              "{given} is not right.")  # fmt: skip
ORDER = Kind("the letters in order", "Order", "such as B A C", _in_order, "Write {subject}",
             "{given} is possible", "{given} is not possible.")  # fmt: skip
