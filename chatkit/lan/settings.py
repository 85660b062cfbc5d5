"""How a host's TCP behaves, as its kernel lets each network namespace choose (tcp(7), ip-sysctl of Linux)."""

from collections.abc import Callable, Iterator
from typing import TypedDict

from chatkit.errors import LanError, MisuseError

FOLDER = "/proc/sys/net/ipv4/"
LEAST_BUFFER_BYTES, MOST_BUFFER_BYTES = 4096, 1 << 30  # no window is larger, RFC 7323 2.3


class Settings(TypedDict, total=False):
    """What can be set; what is not given stays as it is. It holds for connections that begin from now on."""

    sack: bool  # selective acknowledgments, RFC 2018
    window_scaling: bool  # RFC 7323 2
    timestamps: bool  # RFC 7323 3
    congestion_control: str  # "reno", say
    receive_buffer: int  # bytes; the window is about as large as half of it
    send_buffer: int  # bytes
    syn_retries: int  # SYNs after the first, until connect() gives up
    fin_timeout: int  # seconds in FIN-WAIT-2, once the socket is closed
    keepalive_time: int  # seconds of silence before the first probe, for sockets with SO_KEEPALIVE


_SWITCHES = {"sack": "tcp_sack", "window_scaling": "tcp_window_scaling", "timestamps": "tcp_timestamps"}
_BUFFERS = {"receive_buffer": "tcp_rmem", "send_buffer": "tcp_wmem"}
_NUMBERS = {  # file, least, most: as the options of a single socket have it (TCP_SYNCNT, TCP_KEEPIDLE)
    "syn_retries": ("tcp_syn_retries", 1, 127),
    "fin_timeout": ("tcp_fin_timeout", 1, 32767),
    "keepalive_time": ("tcp_keepalive_time", 1, 32767),
}
_ALGORITHMS = FOLDER + "tcp_allowed_congestion_control"


def put(settings: Settings, read: Callable[[str], str], write: Callable[[str, str], None]) -> None:
    """Let the kernel have them, all or none if one cannot be meant; `read` and `write` do so with a file of /proc.

    Raises MisuseError, and LanError with what the kernel has against it.
    """
    wanted = list(files(settings))
    for (name, value), (path, text) in zip(settings.items(), wanted, strict=True):
        try:
            if name == "congestion_control" and value not in (allowed := read(_ALGORITHMS).split()):
                raise LanError(f"this kernel lets a host have {', '.join(allowed)}")
            write(path, text)
        except LanError as error:
            raise LanError(f"{name}={value!r} could not be set: {error}") from error


def files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Give, for each setting, the file of /proc that has to be written, and its text. Raises MisuseError."""
    for name, value in settings.items():
        match name, value:
            case "congestion_control", str():
                yield FOLDER + "tcp_congestion_control", value
            case _, bool() if name in _SWITCHES:
                yield FOLDER + _SWITCHES[name], str(int(value))
            case _, bool():
                raise _misuse(name, value)  # else it would do as a number
            case _, int() if name in _NUMBERS and _NUMBERS[name][1] <= value <= _NUMBERS[name][2]:
                yield FOLDER + _NUMBERS[name][0], str(value)
            case _, int() if name in _BUFFERS and LEAST_BUFFER_BYTES <= value <= MOST_BUFFER_BYTES:
                yield FOLDER + _BUFFERS[name], f"{LEAST_BUFFER_BYTES} {value} {value}"  # least, at first, at most
            case _:
                raise _misuse(name, value)


def _misuse(name: str, value: object) -> MisuseError:
    allowed = [
        *(f"{name}=True or False" for name in _SWITCHES),
        "congestion_control=a name",
        *(f"{name}={LEAST_BUFFER_BYTES} to {MOST_BUFFER_BYTES} bytes" for name in _BUFFERS),
        *(f"{name}={least} to {most}" for name, (_, least, most) in _NUMBERS.items()),
    ]
    return MisuseError(f"{name}={value!r} cannot be set; there is {', '.join(allowed)}")
