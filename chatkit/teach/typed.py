"""What a person typed, as a number, in every common way to write one; and a sentence for what is none."""

import re
from collections.abc import Sequence
from operator import index
from typing import SupportsIndex

from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.tcp.sequence import CIRCLE

Typed = SupportsIndex | float | str | Sequence[str] | None

_SPACES = " \u00a0\u202f"  # the plain, the unbreakable and the narrow one: French and the SI group digits with them
_FORMS = (  # the pattern, and its base
    (re.compile(r"0[xX][0-9a-fA-F]{1,100}"), 16),
    (re.compile(r"[0-9]{1,100}"), 10),
    (re.compile(rf"[0-9]{{1,3}}(?:([,._'{_SPACES}])[0-9]{{3}})(?:\1[0-9]{{3}})*"), 10),
)
_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}  # both signs for micro
_TIME = re.compile(rf"(?P<amount>[0-9]{{1,20}}(?:[.,][0-9]{{1,20}})?)[{_SPACES}]*(?P<unit>{'|'.join(_UNITS)})", re.I)


def sequence_number(typed: Typed) -> int | None:
    """Read a sequence number; None if nothing was typed. Raises MisuseError with a sentence for the person."""
    value = _number(typed)
    if value is not None and not 0 <= value < CIRCLE:
        raise MisuseError(f"{value} is no sequence number: they are 32 bits long, 0 to {CIRCLE - 1}.")
    return value


def count(typed: Typed) -> int | None:
    """Read how many of something there are."""
    value = _number(typed)
    if value is not None and value < 0:
        raise MisuseError(f"{value} is less than nothing.")
    return value


def duration(typed: Typed) -> float | None:
    """Read a time, in seconds; text says its unit, and a number of Python's is in seconds already."""
    if typed is None:
        return None
    if isinstance(typed, (int, float)) and not isinstance(typed, bool):
        return float(typed)
    text = str(typed).strip()
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if not found:
        raise MisuseError(f"{quote(text)} is no time. Write it with its unit: 0.31 ms, 310 us, or 0.00031 s.")
    return float(found["amount"].replace(",", ".")) * _UNITS[found["unit"].lower()]


def frame_number(typed: Typed) -> int | None:
    """Read the number of a frame, in the same way."""
    value = _number(typed)
    if value is not None and value < 1:
        raise MisuseError(f"{value} is no frame: frames are counted from 1.")
    return value


def _number(typed: Typed) -> int | None:
    if typed is None:
        return None
    if not isinstance(typed, str):
        return _whole(typed)
    text = typed.strip()
    if not text:
        return None
    digits = text.removeprefix("-").lstrip()
    for form, base in _FORMS:
        if form.fullmatch(digits):
            value = int(re.sub(f"[,.'{_SPACES}]", "", digits), base)
            return value if digits == text else -value
    raise MisuseError(f"{quote(text)} is no number. Write it as 3477729235, 3,477,729,235 or 0xcf49e7d3.")


def _whole(value: object) -> int:
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return index(value)
    raise MisuseError(f"{quote(repr(value))} is no whole number.")
