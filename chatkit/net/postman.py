"""The one thread that writes.

Everything that happens arrives as a letter in one queue. The postman takes all letters that are there as one batch,
tells the room, and then gives each client what the room owes it in one `send` that never waits. What the system does
not take stays in that client's outbox until a selector says that there is space again.

Only this thread touches the room and the outboxes. So there is no lock, all clients see one order, and a client that
reads slowly stops nobody.
"""

import selectors
import time
from queue import Empty, SimpleQueue

from chatkit.net.connection import NOW, Send, why_lost
from chatkit.net.event import Event, Events, What
from chatkit.net.letter import Arrived, Heard, HeardTooMuch, HungUp, Letter, Stop
from chatkit.net.seat import Seat
from chatkit.net.waking_clock import WakingClock
from chatkit.protocol import messages as m
from chatkit.protocol.member import Member
from chatkit.protocol.messages import Code
from chatkit.protocol.postbag import Owed
from chatkit.protocol.room import Room

TICK = 0.25  # seconds between two looks at what is due
RETRY = 0.01  # seconds between two looks at blocked clients
GRACE = 1.0  # seconds in which a client may finish what it is saying, before it is cut off

_BATCH = 4096  # letters


class Postman:
    """Does the work of the server; `run` is the body of its thread."""

    def __init__(self, room: Room, letters: "SimpleQueue[Letter]", events: Events, max_outbox: int) -> None:
        self.names: tuple[str, ...] = ()  # who is in the room, for other threads to read
        self._room = room
        self._letters = letters
        self._events = events
        self._max_outbox = max_outbox
        self._seats: dict[Member, Seat] = {}
        self._ready: dict[Member, Send] = {}  # those for whom nothing waits
        self._closing: dict[Seat, None] = {}
        self._blocked = selectors.DefaultSelector()
        self._next_tick = 0.0
        self._stopping = False

    def run(self) -> None:
        """Work until Stop came and the last client is gone."""
        clock = WakingClock()
        while not (self._stopping and not self._seats):
            letters = self._collect()
            if self._events.wants_deliveries:
                self._tell_taken(letters)
            now = clock.look()
            for letter in letters:
                self._open(letter, now)
            self._tick(now)
            self._deliver(now)
            self._retry_blocked()
            self._close_seats(time.monotonic())
        self._blocked.close()

    def _collect(self) -> list[Letter]:
        """Give all letters that are there, after waiting a little for the first."""
        letters: list[Letter] = []
        try:
            letters.append(self._letters.get(timeout=RETRY if self._blocked.get_map() or self._closing else TICK))
            while len(letters) < _BATCH:
                letters.append(self._letters.get_nowait())
        except Empty:
            pass
        return letters

    def _open(self, letter: Letter, now: float) -> None:
        match letter:
            case Heard(seat, lines, size):
                self._hear(_member(seat), lines, now)
                seat.pay_back(size)
            case Arrived(seat):
                seat.member = self._room.enter(seat.connection.peer, now)
                self._seats[seat.member] = seat
                self._ready[seat.member] = seat.connection.sender()
            case HeardTooMuch(seat, text):
                self._room.fail(_member(seat), Code.TOO_LONG, text, now)
            case HungUp(seat, trouble):
                seat.reader_is_done = True
                if trouble := seat.trouble or trouble:
                    self._room.leave(_member(seat), trouble, now)
                else:
                    self._room.end(_member(seat), now)
            case Stop(text):
                self._stopping = True
                self._room.close(text)

    def _hear(self, member: Member, lines: list[bytes], now: float) -> None:
        room, bag = self._room, self._room.bag
        for line in lines:
            room.hear(member, line, now)
            if bag.is_full:
                self._deliver(now)

    def _tick(self, now: float) -> None:
        if now >= self._next_tick:
            self._next_tick = now + TICK
            self._room.tick(now)

    # ---- writing ----

    def _deliver(self, now: float) -> None:
        """Empty the postbag, and again as long as handing out makes somebody leave."""
        self._report()
        while owed := self._room.bag.take():
            sent = self._hand_out(owed, now)
            self._events.emit(Event(What.SENT, bytes=sent, text=f"{len(owed)} clients"))
            self._report()
        self._note_closing()

    def _hand_out(self, owed: Owed[Member], now: float) -> int:
        """Send each what the system takes, keep the rest, and give how much went.

        A server spends most of its time in the inner loop, so it looks at nothing that it can do without.
        """
        ready, told, total = self._ready, self._events.wants_deliveries, 0
        for data, members in owed.pieces():
            size = len(data)
            for member in members:
                try:
                    sent = ready[member](data, NOW)
                except (KeyError, BlockingIOError):  # gone, or something waits for it already, or it is full
                    sent = 0
                except OSError as error:
                    sent = self._give_up(self._seats[member], data, error)
                if sent < size and (seat := self._seats.get(member)):
                    self._keep(seat, memoryview(data)[sent:], now)
                if told and (seat := self._seats.get(member)):
                    self._events.emit_detail(self._event(What.DELIVERED, seat, sent))
                total += sent
        return total

    def _give_up(self, seat: Seat, data: bytes | bytearray, error: OSError) -> int:
        """Count everything as sent that goes to a broken connection: its reader tells."""
        seat.trouble = seat.trouble or why_lost(error)
        return len(data)

    def _keep(self, seat: Seat, rest: memoryview, now: float) -> None:
        """Put it into the outbox; a client for whom too much waits is cut off."""
        if not seat.outbox:
            self._block(seat)
        seat.outbox += rest
        if self._events.wants_deliveries:
            self._events.emit_detail(self._event(What.KEPT, seat, len(rest)))
        if self._is_too_full(seat):
            self._send_outbox(seat)  # it may have read meanwhile: only who does not read is cut off
        if self._is_too_full(seat):
            self._cut_off(seat, now)

    def _is_too_full(self, seat: Seat) -> bool:
        return 0 < self._max_outbox < len(seat.outbox)

    def _retry_blocked(self) -> None:
        for key, _ in self._blocked.select(0) if self._blocked.get_map() else ():
            self._send_outbox(key.data)

    def _send_outbox(self, seat: Seat) -> None:
        try:
            sent = seat.connection.send_some(seat.outbox)
        except OSError as error:
            sent = self._give_up(seat, seat.outbox, error)
        del seat.outbox[:sent]
        self._tell(What.SENT, seat, bytes=sent)
        if not seat.outbox:
            self._unblock(seat)

    def _block(self, seat: Seat) -> None:
        self._blocked.register(seat.connection, selectors.EVENT_WRITE, seat)
        del self._ready[_member(seat)]

    def _unblock(self, seat: Seat) -> None:
        self._blocked.unregister(seat.connection)
        self._ready[_member(seat)] = seat.connection.sender()

    def _cut_off(self, seat: Seat, now: float) -> None:
        self._clear_outbox(seat)
        self._room.leave(_member(seat), "too slow", now)
        seat.connection.abort()

    def _clear_outbox(self, seat: Seat) -> None:
        if seat.outbox:
            seat.outbox.clear()
            self._unblock(seat)

    # ---- closing ----

    def _note_closing(self) -> None:
        for member in self._room.closing:
            if seat := self._seats.get(member):
                seat.leave_by(time.monotonic() + GRACE)
                self._closing[seat] = None
        self._room.closing.clear()

    def _close_seats(self, now: float) -> None:
        """Bring each closing seat one step further: FIN, then the end of the client's stream, then close."""
        for seat in list(self._closing):
            if seat.is_overdue(now):
                self._clear_outbox(seat)
                seat.connection.wake()
            if not seat.outbox and not seat.sent_fin and (seat.reader_is_done or not _member(seat).said_quit):
                self._finish(seat)
            if seat.reader_is_done and not seat.outbox:
                self._close(seat)

    def _finish(self, seat: Seat) -> None:
        seat.sent_fin = True
        seat.connection.finish()
        self._tell(What.SHUT_DOWN, seat)

    def _close(self, seat: Seat) -> None:
        if seat.reader:
            seat.reader.join()  # its last letter is here: it has nothing left to do
        seat.connection.close()
        self._room.forget(_member(seat))
        del self._closing[seat], self._seats[_member(seat)], self._ready[_member(seat)]
        self._tell(What.CLOSED, seat)

    # ---- telling ----

    def _report(self) -> None:
        """Make events of the room's minutes."""
        for member, message in self._room.minutes:
            match message:
                case m.Said() if not self._events.wants(What.SAID):
                    pass
                case m.Said(_, text):
                    self._events.emit(Event(What.SAID, member.name, member.address, text=text))
                case m.Joined():
                    self._events.emit(Event(What.JOINED, member.name, member.address))
                case m.Left(_, reason):
                    self._events.emit(Event(What.LEFT, member.name, member.address, text=reason))
                case m.Error(code, text):
                    self._events.emit(Event(What.REFUSED, member.name, member.address, text=f"{code} {text}"))
        if any(isinstance(message, m.Joined | m.Left) for _, message in self._room.minutes):
            self.names = tuple(self._room.names)
        self._room.minutes.clear()

    def _tell(self, what: What, seat: Seat, bytes: int = 0) -> None:
        self._events.emit(self._event(what, seat, bytes))

    def _tell_taken(self, letters: list[Letter]) -> None:
        for letter in letters:
            if isinstance(letter, Heard):
                lines = str(len(letter.lines))
                self._events.emit_detail(self._event(What.TAKEN, letter.seat, letter.size, lines))

    def _event(self, what: What, seat: Seat, bytes: int, text: str = "") -> Event:
        return Event(what, seat.member.name if seat.member else "", seat.connection.peer, bytes, text)


def _member(seat: Seat) -> Member:
    """Give the member of a seat; Arrived is the first letter, so there is one in every other."""
    assert seat.member is not None
    return seat.member
