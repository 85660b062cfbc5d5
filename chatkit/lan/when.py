"""Which frames a rule of the wire is for: its conditions, and which values of them can be meant.

sent_by="ann", carrying_data=True, nth=2              the second data segment from ann
flags="SYN", without="ACK"                            SYN is set, whatever else is, and ACK is not
where=lambda frame: frame.payload.startswith(b"SAY")  whatever can be asked of Headers
"""

from collections.abc import Callable, Collection, Mapping
from numbers import Integral, Real
from typing import Any, TypedDict

from chatkit.errors import MisuseError
from chatkit.lan.headers import FLAGS, KINDS, Headers


class When(TypedDict, total=False):
    """The frames that a rule is for: all conditions that are given have to hold."""

    sent_by: str  # the name of a host
    sent_to: str  # the host whose MAC address it is for
    kind: str  # arp, tcp, udp, icmp, ip, other
    port: int  # at either end
    carrying_data: bool  # TCP or UDP with a payload; False: whatever is without
    flags: str  # TCP flags that are set, as "SYN ACK"; others may be set too
    without: str  # TCP flags that are not set
    where: Callable[[Headers], bool]
    nth: int | Collection[int]  # of those that meet all of the above, only these, counted from 1
    chance: float  # of those, this part, from 0 to 1
    seed: int  # of the chance; the same seed makes the same choices
    at_most: int  # times, then no more


Test = Callable[[Headers], object]


def tests(when: When) -> list[Test]:
    """Give the conditions that a frame meets or not by itself, as functions; nth, chance and at_most are none."""
    return [_TESTS[name](value) for name, value in when.items() if name in _TESTS]


def check(when: Mapping[str, Any]) -> None:
    """Refuse what cannot be meant, and what can never hold. Raises MisuseError."""
    for name, value in when.items():
        if name not in _ALLOWED:
            raise MisuseError(f"no condition is called {name!r}; there is {', '.join(_ALLOWED)}")
        allowed, is_allowed = _ALLOWED[name]
        if not is_allowed(value):
            raise MisuseError(f"{name}={value!r}: allowed is {allowed}")
    if both := _flags(when.get("flags", "")) & _flags(when.get("without", "")):
        raise MisuseError(f"{', '.join(sorted(both))} cannot be set and not set: flags and without exclude each other")


def is_number(value: Any, least: float, most: float) -> bool:
    """Whether it is a number from `least` to `most`; NaN is none, nor is True."""
    is_one = isinstance(value, Real) and not isinstance(value, bool)
    return is_one and bool(least <= value <= most)


def is_whole(value: Any, least: float, most: float) -> bool:
    """Whether it is a whole number from `least` to `most`."""
    return isinstance(value, Integral) and is_number(value, least, most)


_ANY = float("inf")

_TESTS: dict[str, Callable[[Any], Test]] = {
    "sent_by": lambda name: lambda frame: frame.sender == name,
    "sent_to": lambda name: lambda frame: frame.receiver == name,
    "kind": lambda kind: lambda frame: frame.kind == kind,
    "port": lambda port: lambda frame: port in (frame.ports or ()),
    "carrying_data": lambda wanted: lambda frame: bool(frame.payload) is wanted,
    "flags": lambda names: _has(_flags(names)),
    "without": lambda names: _lacks(_flags(names)),
    "where": lambda function: function,
}


def _has(names: frozenset[str]) -> Test:
    return lambda frame: frame.flags >= names


def _lacks(names: frozenset[str]) -> Test:
    return lambda frame: frame.kind == "tcp" and not frame.flags & names


def _flags(names: str) -> frozenset[str]:
    return frozenset(names.upper().replace(",", " ").split())


def _are_flags(value: object) -> bool:
    return isinstance(value, str) and bool(_flags(value)) and _flags(value) <= set(FLAGS)


def _are_counts(value: object) -> bool:
    if isinstance(value, range):  # maybe a long one: "from the third on"
        return len(value) > 0 and min(value[0], value[-1]) >= 1
    values = value if isinstance(value, Collection) else (value,)
    return len(values) > 0 and all(is_whole(each, 1, _ANY) for each in values)


_HOST = ("the name of a host", lambda value: isinstance(value, str) and value != "")
_SOME_FLAGS = (f"some of {', '.join(FLAGS)}, as 'SYN ACK'", _are_flags)

_ALLOWED: dict[str, tuple[str, Callable[[Any], bool]]] = {  # condition: in words, and as a function
    "sent_by": _HOST,
    "sent_to": _HOST,
    "kind": (f"one of {', '.join(KINDS)}", lambda value: value in KINDS),
    "port": ("0 to 65535", lambda value: is_whole(value, 0, 65535)),
    "carrying_data": ("True or False", lambda value: isinstance(value, bool)),
    "flags": _SOME_FLAGS,
    "without": _SOME_FLAGS,
    "where": ("a function of the headers of a frame", callable),
    "nth": ("a whole number from 1 on, or several of them", _are_counts),
    "chance": ("a number from 0 to 1", lambda value: is_number(value, 0, 1)),
    "seed": ("a whole number", lambda value: is_whole(value, -_ANY, _ANY)),
    "at_most": ("a whole number from 1 on", lambda value: is_whole(value, 1, _ANY)),
}
