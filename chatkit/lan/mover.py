"""The thread that moves the frames of a wire: it takes them, lets the rules judge them, and hands them over.

It sleeps until there is something to do. All that it works on belongs to it, but for the rules, which others replace,
and the log, which others read.
"""

import sys
import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

from chatkit.errors import LanError
from chatkit.lan.headers import Headers, mac_bytes
from chatkit.lan.log import Fate, Log, Passage
from chatkit.lan.plan import Place
from chatkit.lan.port import Port
from chatkit.lan.remedies import BUILD_ANOTHER
from chatkit.lan.rule import Copy, Passing
from chatkit.lan.rule_list import RuleList
from chatkit.lan.switching import Hub
from chatkit.lan.waiting import WaitingRoom
from chatkit.lan.watch import Watch

END_TIME = 5.0  # seconds that a rule, which is being tried, may still take when the wire is closed

_AT_A_TIME = 16  # frames of one port before the next port has its turn


class Mover:
    """Starts at once. `alive` is a descriptor that hangs up when the LAN is gone. Raises LanError."""

    def __init__(self, places: Sequence[Place], ports: Sequence[Port], switching: Hub, rules: RuleList, alive: int):
        self.log = Log()
        self.end_reason = ""  # why it ended by itself
        self.mirrors: tuple[int, ...] = ()  # ports that get everything; replaced as a whole
        self._hosts = tuple(place.name for place in places)
        self._names = {mac_bytes(place.mac): place.name for place in places}
        self._ports, self._switching, self._rules = tuple(ports), switching, rules
        self._injected: SimpleQueue[tuple[bytes, int | None]] = SimpleQueue()
        self._room = WaitingRoom()
        self._not_sent = 0  # frames that a host's interface did not take
        self._is_busy = False  # whether the thread has frames in its hands
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="chatkit-wire", daemon=True)
        try:
            self._watch = Watch(ports, alive)
            self._thread.start()
        except (OSError, RuntimeError) as error:
            self._close_ports()
            raise LanError(f"The wire of the LAN could not be started: {error}.") from error

    def inject(self, frame: bytes, number: int | None) -> None:
        """Let it pass as if it had come from that port, or from none. Raises LanError when the thread has ended."""
        is_alive = self._thread.is_alive()  # it is not in a process that was forked from ours
        if self._stopping or self.end_reason or not is_alive:
            raise LanError(f"This wire has ended{self.end_reason and ': '}{self.end_reason}. {BUILD_ANOTHER}")
        self._injected.put((frame, number))
        self._watch.ring()

    @property
    def waiting(self) -> int:
        """0 when all that has left its sender has been handed over; else about how many copies are on their way."""
        if not self._thread.is_alive():
            return 0
        # In the order in which a frame goes: what has just left one of these places is found in the next.
        here = sum(port.has_frames for port in self._ports) + self._injected.qsize()
        return here + self._is_busy + len(self._room)

    @property
    def lost(self) -> int:
        """Frames that found a ring full, or that an interface did not take."""
        return self._not_sent + sum(port.lost for port in self._ports)

    def close(self) -> None:
        """End the thread and give back the ports. Safe to call twice, and from a rule."""
        self._stopping = True
        self._watch.ring()
        if threading.current_thread() is self._thread:  # it ends when the rule returns
            return
        self._thread.join(END_TIME)
        if self._thread.is_alive() and self._rules.tried:
            print(f"The wire ends when this rule of it returns: {self._rules.tried}", file=sys.stderr)

    def _run(self) -> None:
        try:
            while not self._stopping and self._watch.is_alive:
                self._turn()
            if not self._stopping:
                self.end_reason = "the helper that held its hosts is gone"
                print(f"The wire of a LAN has ended: {self.end_reason}.", file=sys.stderr)
        except BaseException as error:
            self.end_reason = f"an error of its own, {error!r}"
            raise  # the thread ends, and says so
        finally:
            self._close_ports()
            self._watch.close()

    def _turn(self) -> None:
        """Wait until there is something to do, and do it."""
        with_frames = self._watch.wait(self._room.seconds_left)
        self._is_busy = True
        self._take_injected()
        for number in with_frames:
            self._take(number)
        self._hand_over_what_is_due()
        self._is_busy = False

    def _take(self, number: int) -> None:
        """Take some frames from this port. The short way is for when there is nothing to decide."""
        sender = self._hosts[number]
        for nanoseconds, data in self._ports[number].receive(_AT_A_TIME):
            self._switching.learn(data[6:12], number)
            if self._rules.all or self._room.is_patient:
                self._pass_rules(nanoseconds, data, number)
            else:
                self._hand_over(self.log.add(nanoseconds, sender, data), data, self._targets(data, number))
            if self._stopping:  # a rule took long, or closed the wire
                return

    def _take_injected(self) -> None:
        for _ in range(self._injected.qsize()):
            data, number = self._injected.get_nowait()
            if number is not None:
                self._switching.learn(data[6:12], number)
            sender = "" if number is None else self._hosts[number]
            passage = self.log.add(time.time_ns(), sender, data, Fate.INJECTED)
            self._hand_over(passage, data, self._targets(data, number))

    def _pass_rules(self, nanoseconds: int, data: bytes, number: int) -> None:
        sender = self._hosts[number]
        came = _on_monotonic_clock(nanoseconds)
        passing = Passing(Headers(data, sender, self._names.get(data[:6], "")), [Copy(data, came)], came)
        self._rules.apply(passing)
        passage = self.log.add(nanoseconds, sender, data, passing.fate, ", ".join(passing.rules))
        for copy in passing.copies:
            self._room.put(copy, passage, self._targets(copy.data, number))
        self._hand_over_what_is_due()

    def _hand_over_what_is_due(self) -> None:
        for waiting in self._room.due():
            self._hand_over(waiting.passage, waiting.copy.data, waiting.targets)

    def _hand_over(self, passage: Passage, data: bytes, targets: Sequence[int]) -> None:
        for target in targets:
            # Before it is sent: whoever gets it may look into the log at once, and what answers it has a later time.
            self.log.add_delivery(passage, self._hosts[target], data)
            try:
                self._ports[target].send(data)
            except OSError:  # its interface is down, or its queue is full
                passage.deliveries.pop()
                self._not_sent += not self._stopping

    def _targets(self, data: bytes, number: int | None) -> Sequence[int]:
        targets = self._switching.ports_for(data, number)
        if not self.mirrors:
            return targets
        return tuple(dict.fromkeys((*targets, *(port for port in self.mirrors if port != number))))

    def _close_ports(self) -> None:
        for port in self._ports:
            port.close()


def _on_monotonic_clock(nanoseconds: int) -> int:
    """When that was, by the clock that nobody sets: so that a delay counts from when the frame left its sender."""
    return time.monotonic_ns() - max(0, time.time_ns() - nanoseconds)
