"""By what means this machine lets its user capture on its interfaces, found out by trying.

The wire of a private LAN needs none of them: where there can be a LAN (`why_no_lan`), it comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatkit.capture.dumpcap_tap import DumpcapTap
from chatkit.capture.scapy_tap import ScapyTap
from chatkit.capture.tap import Tap
from chatkit.errors import CaptureError, MisuseError


@dataclass(frozen=True)
class Means:
    """One way to capture, and whether this machine allows it."""

    name: str
    available: bool
    reason: str  # what stands in the way; empty if nothing does
    remedy: str  # what to do about it; empty if nothing needs to be done

    def __str__(self) -> str:
        return f"{self.name}: yes" if self.available else f"{self.name}: no, {self.reason}. {self.remedy}"


def _scapy(interface: str | None, port: int | None) -> Tap:
    return ScapyTap(interface, port)


def _dumpcap(interface: str | None, port: int | None) -> Tap:
    return DumpcapTap(interface, port)


_WAYS: dict[str, Callable[[str | None, int | None], Tap]] = {"scapy": _scapy, "dumpcap": _dumpcap}  # the best first


def means() -> tuple[Means, ...]:
    """What can be captured with here: each is opened for a moment and closed again."""
    return tuple(_try(name) for name in _WAYS)


def open_tap(interface: str | None, port: int | None, by: str | None = None) -> Tap:
    """Open the first tap that can be opened, or the one that is named; CaptureError if none can."""
    if by is not None and by not in _WAYS:
        raise MisuseError(f"no way to capture is called {by!r}; there is {', '.join(_WAYS)}")
    troubles: list[str] = []
    for name in [by] if by else _WAYS:
        try:
            return _WAYS[name](interface, port)
        except CaptureError as error:
            troubles.append(str(error))
    raise CaptureError("; ".join(dict.fromkeys(troubles)))  # often both fail for one reason


def _try(name: str) -> Means:
    try:
        _WAYS[name](None, None).close()
    except CaptureError as error:
        reason, _, remedy = str(error).partition("Remedy: ")
        return Means(name, False, reason.rstrip(". "), remedy)
    return Means(name, True, "", "")
