"""What every face of the chat shares: connecting, typing, commands, and what is to be shown.

A face makes a `Chat` with one function, its door. Through that door come `Line`s for the chat box, `Roster`s for the
list of users and `Status`es for everything else, from other threads than the face's own: the door puts them into a
queue, and the face takes them out in its own time. What may wait (connecting, sending, leaving) is done by the chat's
worker thread, so a face never freezes.

    face  --connect, enter, disconnect-->  Chat  --worker-->  Client  --reader-->  Chat  --door-->  face

A chat that keeps reconnecting tries again when the connection was lost. Its worker waits for that time and for work at
once, so whatever the user asks for is done without delay.
"""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from queue import Empty, SimpleQueue

from chatkit.errors import ChatkitError, MisuseError, Refused
from chatkit.faces.backoff import USUAL, Backoff
from chatkit.faces.commands import Leaving, Sending, understand
from chatkit.faces.hearing import Hearing
from chatkit.faces.retry import Retry, next_try
from chatkit.faces.updates import Blame, Door, Kind, Line, Phase, Status
from chatkit.net.client import GOODBYE_TIME, Client
from chatkit.net.event import Address, Listener
from chatkit.net.host import THIS_COMPUTER, Host
from chatkit.protocol import messages as m
from chatkit.protocol.text import clean, quote

STOPPED = "You stopped trying to reconnect."
LOCKED = "This room has a password."

_BLAMES: dict[str, Blame] = {
    m.Code.BAD_NAME: Blame.NAME,
    m.Code.NAME_TAKEN: Blame.NAME,
    m.Code.PASSWORD_NEEDED: Blame.PASSWORD,
    m.Code.WRONG_PASSWORD: Blame.PASSWORD,
}


class Chat:
    """One user's chat. Its methods return at once and may be called from any thread.

    `password` is the room's, said at the next connection; `patience` is how many seconds the server has to answer a
    goodbye; a script that talks fast needs more. Both may be changed.
    `reconnect` is what `keeps_reconnecting` is at first, `backoff` says how long to wait before each try.
    """

    def __init__(
        self,
        door: Door,
        *,
        host: Host = THIS_COMPUTER,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        patience: float = GOODBYE_TIME,
        daemon: bool = False,
        reconnect: bool = False,
        backoff: Backoff = USUAL,
        on_event: Listener | None = None,
    ) -> None:
        self._door, self._host, self._daemon = door, host, daemon
        self.password, self.patience, self._tls = password, patience, tls
        self._keeps_reconnecting, self._backoff = reconnect, backoff
        self._on_event = on_event  # hears of every socket call
        self._client: Client | None = None
        self._hearing = Hearing(door, self._end)  # of that client
        self._last: tuple[str, Address] | None = None
        self._leaving = False  # the user wants to be away
        self._retry: Retry | None = None  # the worker's: the try that waits, or is being made
        self._recent: Retry | None = None  # the worker's: the one that brought us in
        self._came_in = 0.0  # the worker's: when that was
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._worker = threading.Thread(target=self._run, name="chat-worker", daemon=daemon)
        self._worker.start()

    @property
    def client(self) -> Client | None:
        """The connection, from when it is tried until another one is."""
        return self._client

    @property
    def connected(self) -> bool:
        """Whether messages can be sent."""
        return self._client is not None and self._client.connected

    @property
    def keeps_reconnecting(self) -> bool:
        """Whether a lost connection is tried again until there is one, or the user leaves."""
        return self._keeps_reconnecting

    @keeps_reconnecting.setter
    def keeps_reconnecting(self, wanted: bool) -> None:
        self._keeps_reconnecting = wanted
        if not wanted:
            self._work.put(self._stop_trying)

    def connect(self, name: str, server: Address) -> None:
        """Connect and join; a Status says how it went."""
        self._last, self._leaving = (name, server), False
        self._work.put(lambda: self._connect(name, server))

    def reconnect(self) -> None:
        """Connect again as the last time, now."""
        if self._last:
            self._leaving = False
            self._work.put(self._try_again)

    def disconnect(self, text: str = "") -> None:
        """Leave the room, or stop trying to be in it; the chat can connect again."""
        self._leaving = True
        self._work.put(lambda: self._disconnect(text))

    def enter(self, typed: str) -> str:
        """Do what the user typed: a message or a command.

        Gives "" if it is on its way, else the reason why not: then the face keeps the text for the user to mend.
        """
        try:
            if text := clean(typed).strip():
                self._obey(understand(text))
        except ChatkitError as error:
            return str(error)
        return ""

    def close(self) -> None:
        """Leave, and end the worker; the chat cannot be used any more. Safe to call twice."""
        if self._worker.is_alive():
            self.disconnect()
            self._work.put(None)
            self._worker.join()

    def _obey(self, order: Sending | Leaving | Line) -> None:
        """Raises MisuseError for a text that cannot be sent, now, while it still stands where it was typed."""
        match order:
            case Line():
                self._door(order)
            case Leaving(text):
                m.encode(m.Quit(text))
                self.disconnect(text)
            case Sending(message):
                m.encode(message)
                if not self.connected:
                    raise MisuseError("Not sent: not connected.")
                self._work.put(lambda: self._send(order))

    # ---- the worker's thread ----

    def _run(self) -> None:
        while work := self._next_work():
            try:
                work()
            except ChatkitError as error:
                self._door(Line(Kind.TROUBLE, str(error)))

    def _next_work(self) -> Callable[[], None] | None:
        """Give what was asked for, or, once its time has come, the next try; until then count down."""
        while retry := self._retry:
            try:
                return self._work.get(timeout=retry.next_second(time.monotonic()))
            except Empty:
                if retry.due <= time.monotonic():
                    return self._try_again
                self._say_when(retry)
        return self._work.get()

    def _connect(self, name: str, server: Address) -> None:
        self._leave("")
        self._retry = None
        self._attempt(name, server, f"Connecting to {server[0]} port {server[1]} ...")

    def _try_again(self) -> None:
        self._leave("")
        if self._last:
            name, server = self._last
            number = f" (try {self._retry.number})" if self._retry else ""
            self._attempt(name, server, f"Connecting to {server[0]} port {server[1]} again{number} ...", again=True)

    def _attempt(self, name: str, server: Address, sentence: str, again: bool = False) -> None:
        self._door(Status(Phase.CONNECTING, sentence, name, is_news=self._retry is None))
        hearing = Hearing(self._door, self._end)
        try:
            client = Client(
                name,
                server,
                host=self._host,
                password=self.password,
                listener=hearing.hear,
                daemon=self._daemon,
                tls=self._tls,
                on_event=self._on_event,
            )
        except ChatkitError as error:
            self._fail(error, name, again)
        else:
            self._client, self._hearing = client, hearing
            self._come_in(client, again)

    def _fail(self, error: ChatkitError, name: str, again: bool) -> None:
        code = error.code if isinstance(error, Refused) else None
        if not (again and self._wait_after(self._retry, str(error), code)):
            self._retry = None
            sentence = LOCKED if code == m.Code.PASSWORD_NEEDED else str(error)  # which speaks of PASS and JOIN
            self._door(Status(Phase.OFFLINE, sentence, name, blame=_BLAMES.get(code or "", Blame.SERVER)))

    def _come_in(self, client: Client, again: bool) -> None:
        self._recent, self._retry, self._came_in = self._retry, None, time.monotonic()
        sentence = f"Connected again: you are {client.name}." if again else f"You are {client.name}."
        ends = client.address, client.server
        self._hearing.begin(client, Status(Phase.CONNECTED, sentence, client.name, *ends, seal=client.sealed))

    def _lose(self, reason: str) -> None:
        """The connection is lost. One that did not last counts as a try that failed: the next wait is longer."""
        if self.connected or self._retry:
            return  # the user was faster
        lasted = time.monotonic() - self._came_in > self._backoff.most
        if not self._wait_after(None if lasted else self._recent, reason):
            self._door(Status(Phase.OFFLINE, reason))

    def _wait_after(self, last: Retry | None, reason: str, code: str | None = None) -> bool:
        """Wait for the next try, if there is to be one."""
        keeps_trying = self._keeps_reconnecting and not self._leaving
        self._retry = next_try(last, reason, code, self._backoff, time.monotonic()) if keeps_trying else None
        if self._retry:
            self._say_when(self._retry, is_news=last is None or last.reason != reason)
        return self._retry is not None

    def _say_when(self, retry: Retry, is_news: bool = False) -> None:
        name, now = self._last[0] if self._last else "", time.monotonic()
        plan, seconds = retry.plan(now), retry.seconds(now)
        self._door(Status(Phase.WAITING, retry.reason, name, plan=plan, seconds=seconds, is_news=is_news))

    def _stop_trying(self) -> None:
        if self._retry:
            self._retry = None
            self._door(Status(Phase.OFFLINE, STOPPED))

    def _disconnect(self, text: str) -> None:
        self._stop_trying()
        self._leave(text)

    def _leave(self, text: str) -> None:
        if self._client:
            self._client.quit(text, self.patience)

    def _send(self, sending: Sending) -> None:
        client, shown = self._client, sending.shown
        if client is None:
            raise Refused("Not sent: not connected.")
        if isinstance(sending.message, m.Who):
            self._hearing.expect_list()
        try:
            client.send(sending.message)
        except Refused as error:  # it stands nowhere any more: say which it was
            raise Refused(f"{error} It was {quote(shown.text)}." if shown else error.sentence) from error
        if shown:
            self._door(replace(shown, name=shown.name or client.name, when=time.time()))

    # ---- the thread that hears the end ----

    def _end(self, reason: str) -> None:
        if reason and self._keeps_reconnecting:
            self._work.put(lambda: self._lose(reason))
        else:
            self._door(Status(Phase.OFFLINE, reason or "You left the chat."))
