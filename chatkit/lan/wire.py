"""The wire: every frame of a LAN goes through here, and here is what is done to it.

    host A --- port 0 ---.                                            .--- port 0 --- host A
    host B --- port 1 ---+--- rules --- log --- waiting --- switch ---+--- port 1 --- host B
    inject --------------'                                            '--- port 2 --- host C

One thread moves the frames. Rules are added and removed while it does, and a rule that fails is shown, once, to whoever
wrote it, while the frame passes.
"""

import threading
from collections import Counter
from collections.abc import Sequence

from chatkit.errors import MisuseError
from chatkit.lan.headers import LEAST_BYTES, MOST_BYTES, mac_text
from chatkit.lan.log import Fate, Log
from chatkit.lan.mover import Mover
from chatkit.lan.plan import Place
from chatkit.lan.port import Port
from chatkit.lan.rule import Rule
from chatkit.lan.rule_list import RuleList
from chatkit.lan.switching import KINDS, Hub


class Wire:
    """What `lan.wire` is. Each place has a port; `alive` is a descriptor that hangs up when the LAN is gone."""

    def __init__(self, places: Sequence[Place], ports: Sequence[Port], kind: str, alive: int) -> None:
        self.hosts = tuple(place.name for place in places)
        self._switching: Hub = KINDS[kind](len(ports))
        self._rules = RuleList(self.hosts)
        self._mirroring = threading.Lock()  # guards the replacing of the mirrors
        self._mover = Mover(places, ports, self._switching, self._rules, alive)

    # ---- rules ----

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, in the order in which they are tried."""
        return self._rules.all

    def add(self, rule: Rule) -> Rule:
        """Let the rule be tried from the next frame on, after the others. Raises MisuseError."""
        return self._rules.add(rule)

    def remove(self, rule: Rule) -> None:
        """Let it be tried no more; its counters stay, and frames that it delayed still come. Raises MisuseError."""
        self._rules.remove(rule)

    def clear(self) -> None:
        """Remove all rules. Frames that are delayed already still come."""
        self._rules.clear()

    # ---- what else can be done to it ----

    def inject(self, frame: bytes, sent_by: str = "") -> None:
        """Put a forged frame on the wire, past all rules: as if that host had sent it, or from nowhere.

        It goes where its destination address leads. Raises MisuseError for one that is no Ethernet frame, LanError
        when the wire has ended.
        """
        frame = bytes(frame)  # scapy's packets too
        if not LEAST_BYTES <= len(frame) <= MOST_BYTES:
            raise MisuseError(f"a frame of {len(frame)} bytes: allowed are {LEAST_BYTES} to {MOST_BYTES}")
        self._mover.inject(frame, self._number(sent_by) if sent_by else None)

    def mirror_to(self, host: str) -> None:
        """Let this host's port get a copy of every frame, as a switch does on a mirror port. Raises MisuseError."""
        number = self._number(host)
        with self._mirroring:
            self._mover.mirrors = tuple(dict.fromkeys((*self._mover.mirrors, number)))

    # ---- what can be seen of it ----

    @property
    def kind(self) -> str:
        """hub or switch."""
        return self._switching.kind

    @property
    def log(self) -> Log:
        """Every frame, and what became of it."""
        return self._mover.log

    @property
    def mac_table(self) -> dict[str, str]:
        """Behind which host's port the switch has seen which MAC address; a hub has no such table."""
        return {mac_text(mac): self.hosts[port] for mac, port in self._switching.table.items()}

    @property
    def waiting(self) -> int:
        """0 when all that has left its sender has been handed over; else about how many copies are on their way."""
        return self._mover.waiting

    @property
    def lost(self) -> int:
        """Frames that no rule dropped, and that got lost all the same, since the wire or a host was too slow."""
        return self._mover.lost

    def __repr__(self) -> str:
        fates = Counter(passage.fate for passage in self.log)
        counts = "".join(f", {fates[fate]} {fate.value}" for fate in Fate if fates[fate])
        lines = [
            f"<Wire, a {self.kind} for {', '.join(self.hosts)}: {len(self.log)} frames{counts}, {self.lost} lost>",
            *map(repr, self.rules),
        ]
        if self._mover.end_reason:
            lines.append(f"It has ended: {self._mover.end_reason}.")
        return "\n  ".join(lines)

    def close(self) -> None:
        """End the thread and give back the ports; frames that are delayed come no more. Safe to call twice."""
        self._mover.close()

    def _number(self, host: str) -> int:
        if host not in self.hosts:
            raise MisuseError(f"no host is called {host!r}; there is {', '.join(self.hosts)}")
        return self.hosts.index(host)
