"""What happened, when, to whom and in which thread: one stream of events.

The printed log, the widgets and the pictures are made from it, so they cannot tell different stories.
There is one event for each read and for each batch of writes; one for each single write, and for each letter in the
server's queue, only for whoever asks.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum

Address = tuple[str, int]


class What(Enum):
    """The kinds of event. Those in capitals on the right are socket calls that returned."""

    LISTENING = "listening"  # socket, bind, LISTEN
    CONNECTED = "connected"  # CONNECT
    ACCEPTED = "accepted"  # ACCEPT
    RECEIVED = "received"  # RECV: one read
    QUEUED = "queued"  # a reader puts lines into the postman's queue, `text` says how many; only for those who asked
    TAKEN = "taken"  # the postman has taken them out, the same
    SENDING = "sending"  # a client's SEND begins; SENT follows
    SENT = "sent"  # SEND: one batch, `who` is empty, `text` says to how many; or what had waited for one client
    DELIVERED = "delivered"  # SEND: one write to one client, only for those who asked for it
    KEPT = "kept"  # what the system would not take waits in the outbox; only for those who asked
    SHOWN = "shown"  # a client has handed a message to its listener; `text` is its verb
    SHUT_DOWN = "shut down"  # SHUTDOWN(SHUT_WR): our FIN
    CLOSED = "closed"  # CLOSE
    JOINED = "joined"
    SAID = "said"
    LEFT = "left"
    REFUSED = "refused"  # an ERROR line was sent; `text` is the line after the verb
    TROUBLE = "trouble"  # the machine would not: out of descriptors, out of threads
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `when` is in seconds since the epoch, `bytes` what a socket call moved."""

    what: What
    who: str = ""
    address: Address | None = None
    bytes: int = 0
    text: str = ""
    when: float = field(default_factory=time.time)
    thread: str = field(default_factory=lambda: threading.current_thread().name)


Listener = Callable[[Event], None]
End = Callable[[], None]  # ends a subscription

ALL = frozenset(What)


class Events:
    """Hands each event to all who subscribed, in the thread in which it happened."""

    def __init__(self) -> None:
        self._listeners: dict[What, tuple[Listener, ...]] = dict.fromkeys(What, ())  # tuples: `emit` needs no lock
        self._of_deliveries: tuple[Listener, ...] = ()
        self._changing = threading.Lock()  # guards the replacing of a tuple

    def subscribe(self, listener: Listener, every_delivery: bool = False, only: Collection[What] = ALL) -> End:
        """Call `listener` with each event from now on, of these kinds `only`; give the function that ends it.

        With `every_delivery` it hears of each single write and each letter in the queue, too.
        It is called in the server's threads: it has to hand the event on and return.
        """
        with self._changing:
            for what in only:
                self._listeners[what] += (listener,)
            if every_delivery:
                self._of_deliveries += (listener,)
        return lambda: self._unsubscribe(listener)

    def emit(self, event: Event) -> None:
        """Tell it to all. A listener that raises is reported once and not called again: the chat goes on."""
        self._hand(event, self._listeners[event.what])

    def emit_detail(self, event: Event) -> None:
        """Tell it to those who asked for every delivery."""
        self._hand(event, self._of_deliveries)

    @property
    def are_heard(self) -> bool:
        """Whether anybody listens."""
        return any(self._listeners.values())

    def wants(self, what: What) -> bool:
        """Whether anybody listens to such events; the many that nobody listens to need not be made."""
        return bool(self._listeners[what])

    def _hand(self, event: Event, listeners: tuple[Listener, ...]) -> None:
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                logging.getLogger("chatkit").exception("a listener of events failed and is not called again")
                self._unsubscribe(listener)

    @property
    def wants_deliveries(self) -> bool:
        """Whether anybody asked for each single delivery."""
        return bool(self._of_deliveries)

    def _unsubscribe(self, listener: Listener) -> None:
        with self._changing:
            for what, listeners in self._listeners.items():
                self._listeners[what] = tuple(other for other in listeners if other is not listener)
            self._of_deliveries = tuple(other for other in self._of_deliveries if other is not listener)
