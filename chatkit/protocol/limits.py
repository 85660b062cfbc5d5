"""How much one client may ask of a server; 0 means no limit. Each is an option of `python3 -m chatkit serve`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    join_time: float = 60  # from the connection to a JOIN that succeeds
    ping_after: float = 60  # silence, then a PING
    idle: float = 600  # silence, then the end
    takeover: float = 3  # what the holder of a name has to answer a PING, when its own address asks for the name
    max_clients: int = 1024
    max_per_address: int = 256
    rate: float = 100  # lines a second, with a burst of twice that
    outbox: int = 1_048_576  # bytes that may wait for one client
