"""Links to captures: each has a secret in it, which is told to one client and opens that client's connection alone.

    client  --CAPTURE-->  server  --CAPTURED http://10.0.0.9:9899/SECRET-->  client      (chat/1)
    client  --GET /SECRET-->  here  --a pcapng file-->  client                           (HTTP)

A secret belongs to a connection and not to an address: the same port, used again, is another connection. Which frames
are meant is told by time: the SYN came after the last connection from this port was accepted, and before this one was.

The secret is the key. Besides, it opens only for the address that it was told to, so that whoever reads along does not
even come so far. All the rest gets the same answer, 404, whatever the reason.
"""

import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from chatkit.capture.capture import Capture
from chatkit.capture.connection_capture import ConnectionCapture
from chatkit.capture.own_connections import KEPT
from chatkit.errors import ProtocolError
from chatkit.net.event import Address, Event, What
from chatkit.protocol.messages import Code

SECRET_BYTES = 24  # random; nobody guesses one in the life of the universe
MAX_REMEMBERED = 65536  # clients that came: the time when each last did

NOT_FOUND = (
    "Nothing is found under this link. It is for the connection that it was told to, seen from the same computer, and "
    f"for {KEPT / 60:g} minutes after that has ended. Ask for another: /capture in a chat, or the line CAPTURE."
)
NOT_CAUGHT = (
    "The first frames of this connection were not caught, or there was no room to keep it. "
    "Disconnect, connect anew, and ask for another link."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is handed out: a file, or a sentence if it has no name."""

    status: HTTPStatus
    body: bytes
    name: str = ""


@dataclass(slots=True)
class Visit:
    """One connection, as the server tells of it."""

    client: Address
    after: int  # nanoseconds since 1970: when the last one from here was accepted
    until: int  # and when this one was
    name: str = ""
    secret: str = ""  # once it has been asked for
    gone: float | None = None  # monotonic time of its end


class Links:
    """Hears from the server who comes and goes (`note`), gives links (`link`), and opens them (`open`)."""

    def __init__(
        self, capture: ConnectionCapture, address_of: Callable[[str], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capture, self._address_of, self._clock = capture, address_of, clock
        self._guard = threading.Lock()  # guards all below; the server's threads and those of the web come here
        self._present: dict[Address, Visit] = {}
        self._past: list[Visit] = []  # those that know a secret, the first that went first
        self._last_accepted: OrderedDict[Address, int] = OrderedDict()
        self._packing = threading.Lock()  # one capture at a time is made a file: the chat goes on meanwhile

    # ---- in the server's threads ----

    def note(self, event: Event) -> None:
        """Hear what happened; a listener of the server's events."""
        if event.address is None:
            return
        with self._guard:
            match event.what:
                case What.ACCEPTED:
                    self._come(event.address, round(event.when * 1e9))
                case What.JOINED if visit := self._present.get(event.address):
                    visit.name = event.who
                case What.CLOSED:
                    self._go(event.address)

    def link(self, client: Address) -> str:
        """Give the link for a client that is here, the same each time. Raises ProtocolError if there can be none."""
        with self._guard:
            visit = self._present.get(client)
            if visit is None:
                raise ProtocolError(Code.NO_CAPTURE, "your connection cannot be told from another one; connect anew")
            visit.secret = visit.secret or secrets.token_urlsafe(SECRET_BYTES)
            return f"{self._address_of(client[0])}/{visit.secret}"

    def _come(self, client: Address, when: int) -> None:
        """Two at once from one port are possible, to two addresses of ours: then neither has a link."""
        other = self._present.pop(client, None)
        if other is None:
            self._present[client] = Visit(client, self._last_accepted.get(client, 0), when)
        self._last_accepted[client] = when
        self._last_accepted.move_to_end(client)
        if len(self._last_accepted) > MAX_REMEMBERED:
            self._last_accepted.popitem(last=False)

    def _go(self, client: Address) -> None:
        self._forget_the_past()
        visit = self._present.pop(client, None)
        if visit and visit.secret:
            visit.gone = self._clock()
            self._past.append(visit)
        elif visit:
            self._capture.forget(visit.client, visit.after, visit.until)  # nobody can ask for it any more

    def _forget_the_past(self) -> None:
        while self._past and self._is_over(self._past[0]):
            visit = self._past.pop(0)
            self._capture.forget(visit.client, visit.after, visit.until)

    def _is_over(self, visit: Visit) -> bool:
        return visit.gone is not None and self._clock() > visit.gone + KEPT

    # ---- in the threads of the web ----

    def open(self, secret: str, asker: str) -> Answer:
        """Give what this secret opens for whoever asks from this address."""
        visit = self._find(secret)
        if visit is None or asker != visit.client[0]:
            return Answer(HTTPStatus.NOT_FOUND, NOT_FOUND.encode())
        self._capture.settle()
        capture = self._capture.capture_of(visit.client, visit.after, visit.until)
        if capture is None:
            return Answer(HTTPStatus.NOT_FOUND, NOT_CAUGHT.encode())
        with self._packing:
            return Answer(HTTPStatus.OK, _as_file(capture), _file_name(visit))

    def _find(self, secret: str) -> Visit | None:
        """Compare with all, each in a time that does not tell how much of it was right."""
        given = secret.encode("utf-8", "replace")
        with self._guard:
            self._forget_the_past()
            known = [visit for visit in (*self._present.values(), *self._past) if visit.secret]
            return next((v for v in known if secrets.compare_digest(v.secret.encode(), given)), None)


def _as_file(capture: Capture) -> bytes:
    """A pcapng file: it says by whom it was caught, and how many frames are missing."""
    with tempfile.TemporaryDirectory() as folder:
        return capture.save(Path(folder, "own.pcapng")).read_bytes()


def _file_name(visit: Visit) -> str:
    return "-".join(filter(None, ("chatkit", visit.name, str(visit.client[1])))) + ".pcapng"
