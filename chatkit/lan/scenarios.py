"""Scenarios: what can happen to TCP, to be had at any time, and with the same segments in every run.

    lan = play("one-segment-lost")         # on a LAN of its own, which is closed, but whose log can be read
    play("zero-window", my_lan)            # or on one that has the hosts "ann" and "server"

`SCENARIOS` has them by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chatkit.errors import LanError, MisuseError
from chatkit.lan import plays, troubles
from chatkit.lan.lan import Lan
from chatkit.lan.settings import Settings
from chatkit.lan.stage import ANN, SERVER

OPENS = ">SYN <SYN,ACK >ACK"
SAYS = ">data <ACK"
CLOSES = ">FIN <ACK <FIN >ACK"

AS_USUAL: Settings = {"sack": True, "window_scaling": True, "timestamps": True}
_WITHOUT_SACK: Settings = {"sack": False}  # as in the textbook: loss shows by three duplicate ACKs, or by a timeout


@dataclass(frozen=True)
class Scenario:
    """What happens, and where it is best seen."""

    name: str
    story: str  # for a student
    play: Callable[[Lan], None]
    shape: str  # a regular expression of its segments, in the order in which they are seen; > is sent by ann
    at: str | None = None  # the host where it is best watched; None is the wire, which sees also what is lost
    ipv6: bool = False
    settings: Settings = field(default_factory=Settings)  # of both hosts, where they are not AS_USUAL

    def lan(self) -> Lan:
        """Make the LAN that it needs. Raises LanError where there can be none."""
        return Lan(ANN, SERVER, ipv6=self.ipv6)


def play(name: str, lan: Lan | None = None) -> Lan:
    """Play the scenario, and give the LAN: the caller's, whose hosts keep its settings, or one that is closed.

    Raises LanError where there can be no LAN, and where the scenario does not come to its end.
    """
    scenario = find(name)
    if lan is not None:
        return _play(scenario, lan)
    with scenario.lan() as lan:
        return _play(scenario, lan)


def find(name: str) -> Scenario:
    """The scenario of this name. Raises MisuseError."""
    if name not in SCENARIOS:
        raise MisuseError(f"no scenario is called {name!r}; there is {', '.join(SCENARIOS)}")
    return SCENARIOS[name]


def _play(scenario: Scenario, lan: Lan) -> Lan:
    for name in (ANN, SERVER):
        lan[name].set(**AS_USUAL)
        lan[name].set(**scenario.settings)
    try:
        scenario.play(lan)
    except OSError as error:
        raise LanError(f"The scenario {scenario.name} stopped: {error}.") from error
    return lan


_ALL = (
    Scenario(
        "clean",
        "Ann connects to the server. Each says a line, and they hang up.",
        plays.clean,
        f"{OPENS} {SAYS} <data >ACK {CLOSES}",
    ),
    Scenario(
        "ipv6",
        "The same as clean, over IPv6: TCP does not notice.",
        plays.clean,
        f"{OPENS} {SAYS} <data >ACK {CLOSES}",
        ipv6=True,
    ),
    Scenario(
        "half-close",
        "Ann sends a list, and closes her direction. The server knows by that that the list is complete, and sends it "
        "back sorted: the other direction is still open.",
        plays.half_close,
        f"{OPENS} {SAYS} >FIN <ACK <data >ACK <FIN >ACK",
    ),
    Scenario(
        "simultaneous-open",
        "Ann and the server call each other at the same time, and nobody listens. The SYNs cross on a slow wire, and "
        "make one connection, not two (RFC 9293, figure 7).",
        plays.simultaneous_open,
        f">SYN <SYN <SYN,ACK >SYN,ACK >ACK <ACK {CLOSES}",
    ),
    Scenario(
        "simultaneous-close",
        "Ann and the server hang up at the same time. The FINs cross on a slow wire, and both ends go through CLOSING "
        "to TIME-WAIT (RFC 9293, figure 13).",
        plays.simultaneous_close,
        f"{OPENS} {SAYS} >FIN <FIN <ACK >ACK",
    ),
    Scenario(
        "syn-lost",
        "The first SYN gets lost. Ann's system waits for a second, and sends it again.",
        troubles.syn_lost,
        f">SYN {OPENS} {SAYS} {CLOSES}",
    ),
    Scenario(
        "one-segment-lost",
        "Ann sends six segments, and the third gets lost. Each that comes after it makes the server repeat its ACK; at "
        "the third duplicate ann sends the lost one again, long before a timeout (RFC 5681, section 3.2).",
        troubles.segment_lost,
        f"{OPENS}( >data){{6}} <ACK <ACK( <ACK){{3}} >data <ACK {CLOSES}",
        at=ANN,
        settings=_WITHOUT_SACK,
    ),
    Scenario(
        "last-segment-lost",
        "Ann sends six segments, and the last gets lost. Nothing comes after it, so there is no duplicate ACK: only "
        "the retransmission timeout, which is ten times the round trip here, makes ann send it again.",
        troubles.last_lost,
        f"{OPENS}( >data){{6}}( <ACK){{5}} >data <ACK {CLOSES}",
        at=ANN,
        settings=_WITHOUT_SACK,
    ),
    Scenario(
        "reordering",
        "The fourth of six segments overtakes the third. The server repeats its ACK once, which is too little for ann "
        "to send anything again.",
        troubles.reordering,
        f"{OPENS} >data <ACK >data <ACK >data <ACK >data <ACK >data <ACK >data <ACK {CLOSES}",
        at=SERVER,
        settings=_WITHOUT_SACK,
    ),
    Scenario(
        "five-percent-loss",
        "Of sixty segments, chance loses one in twenty. The dice have a seed, so that it is the same ones every time.",
        troubles.lossy,
        f"{OPENS}( >data| <ACK)+ {CLOSES}",
        at=ANN,
        settings=_WITHOUT_SACK,
    ),
    Scenario(
        "zero-window",
        "The server does not read. Its window closes, ann has to wait, and asks now and then whether there is room "
        "again. Once the server reads, it says so with a window update.",
        troubles.zero_window,
        f"{OPENS}( >data <ACK)+ >ACK <ACK <ACK {SAYS} {CLOSES}",
        settings={"window_scaling": False},
    ),
    Scenario(
        "keep-alive",
        "Nobody says anything for a second. Ann sends a segment that is no news, only to get an ACK: the server is "
        "still there.",
        troubles.keep_alive,
        f"{OPENS} {SAYS} >ACK <ACK {CLOSES}",
    ),
    Scenario(
        "refused",
        "Nobody listens on the port that ann calls. The server answers the SYN with a reset.",
        plays.refused,
        ">SYN <RST",
    ),
    Scenario(
        "reset-by-linger-0",
        "Ann closes with a linger time of 0: no FIN, but a reset. The server reads no end of the stream, but an error.",
        plays.linger_0,
        f"{OPENS} {SAYS} >RST",
    ),
    Scenario(
        "reset-by-unread-data",
        "The server closes, but has not read what ann sent. A FIN would say that all is well, so it sends a reset.",
        plays.unread_data,
        f"{OPENS} {SAYS} <RST",
    ),
    Scenario(
        "port-reuse",
        "Ann connects twice from the same port. The server's end of the first connection is still in TIME-WAIT, but "
        "the new ISNs are higher: no old segment can be taken for a new one (RFC 9293, section 3.6.1).",
        plays.port_reuse,
        f"{OPENS} {SAYS} <FIN >ACK >FIN <ACK {OPENS} {SAYS} <FIN >ACK >FIN <ACK",
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in _ALL}
