"""The options behind a header of IPv4 or TCP: a kind, a length, a value; or one byte only, that fills or ends.

02 04 05 b4    kind 2, length 4: the value, 1460, is the maximum segment size
"""

from collections.abc import Iterator
from typing import NamedTuple

from chatkit.faces.wire.field import Field, Layer, Value, number
from chatkit.faces.wire.field_table import of_bytes

_END, _FILL = 0, 1
_IP_NAMES = {
    0: "end of options",
    1: "no operation",
    7: "record route",
    68: "timestamp",
    131: "loose source route",
    137: "strict source route",
    148: "router alert",
}


class Kind(NamedTuple):
    """One kind of TCP option: its key, and the lengths that are right."""

    key: str
    lengths: tuple[int, ...]


class Options(NamedTuple):
    """Whose options they are, and their kinds; others are `unknown`."""

    header: str
    kinds: dict[int, Kind]
    unknown: str


IP_OPTIONS = Options("IPv4 options", {}, "ip.opt.type")
TCP_OPTIONS = Options(
    "TCP options",
    {
        _END: Kind("tcp.options.eol", (1,)),
        _FILL: Kind("tcp.options.nop", (1,)),
        2: Kind("tcp.options.mss_val", (4,)),
        3: Kind("tcp.options.wscale.shift", (3,)),
        4: Kind("tcp.options.sack_perm", (2,)),
        5: Kind("tcp.options.sack", (10, 18, 26, 34)),
        8: Kind("tcp.options.timestamp", (10,)),
        34: Kind("tcp.options.tfo", (2, *range(6, 19, 2))),
    },
    "tcp.options.unknown",
)


def options(of: Options, data: bytes, at: int) -> Iterator[Field]:
    """The options from `at` to the end of the data, which is where the header ends or is cut."""
    while at < len(data):
        kind = data[at]
        length = 1 if kind in (_END, _FILL) else max(2, number(data[at + 1 : at + 2]))
        end = len(data) if kind == _END else min(at + length, len(data))
        key, known = of.kinds.get(kind, Kind("", ()))
        is_whole = bool(key) and (kind == _END or (at + length <= len(data) and length in known))
        value = _value(key, data[at + 2 : end]) if is_whole else None
        words = _words(key, value, end - at) if is_whole else _other(of, kind, length, end - at)
        yield Field(Layer.OPTIONS, of.header, key if is_whole else of.unknown, at, end, value, words)
        at = end


def _value(key: str, data: bytes) -> Value:
    match key:
        case "tcp.options.sack" | "tcp.options.timestamp":
            return tuple(number(data[place : place + 4]) for place in range(0, len(data), 4))
        case "tcp.options.tfo":
            return data.hex()
        case "tcp.options.mss_val" | "tcp.options.wscale.shift":
            return number(data)
    return ""


def _words(key: str, value: Value, size: int) -> str:
    match key, value:
        case "tcp.options.mss_val", int(mss):
            return of_bytes(mss)
        case "tcp.options.wscale.shift", int(shift):
            return f"{shift}: later windows count {of_bytes(1 << min(shift, 14))} each"
        case "tcp.options.sack", tuple(edges):
            return ", ".join(f"{left} to {right}" for left, right in zip(edges[::2], edges[1::2], strict=True))
        case "tcp.options.timestamp", (own, echoed):
            return f"TSval {own}, TSecr {echoed}"
        case "tcp.options.tfo", str(cookie):
            return cookie or "a cookie is asked for"
        case "tcp.options.eol", _:
            return of_bytes(size)
    return "yes" if key == "tcp.options.sack_perm" else ""


def _other(of: Options, kind: int, length: int, there: int) -> str:
    name = f" ({_IP_NAMES[kind]})" if of is IP_OPTIONS and kind in _IP_NAMES else ""
    cut = f", {there} of them here" if there < length else ""
    return f"kind {kind}{name}, {of_bytes(length)}{cut}"
