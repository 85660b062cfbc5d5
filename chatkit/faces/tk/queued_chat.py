"""A Chat for a face with one thread that must never wait: its updates queue up, and an attempt can be cancelled.

    threads of the chat  --put-->  inbox  --take, now and then-->  the face's own thread

A cancelled chat is left to a thread that sees it to its end; what it still says goes to an inbox that nobody reads.
"""

import ssl
import threading

from chatkit.faces.chat import Chat
from chatkit.faces.tk.inbox import Inbox
from chatkit.faces.updates import Update
from chatkit.faces.user import room_password
from chatkit.net.event import Address


class QueuedChat:
    """One user's chat. Its methods return at once, except `join`; they are for one thread."""

    def __init__(self, reconnect: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self._keeps_reconnecting, self._tls = reconnect, tls
        self._password = room_password()
        self._inbox = Inbox()
        self._chat: Chat | None = None
        self._last: tuple[str, Address] | None = None
        self._leaving: list[threading.Thread] = []

    def connect(self, name: str, server: Address, password: str = "") -> None:
        """Connect and join; a Status says how it went. Without a password the last one is said, if there was one."""
        self._last, self._password = (name, server), password or self._password
        if self._chat is None:
            self._inbox = Inbox()
            self._chat = Chat(self._inbox.put, tls=self._tls, reconnect=self._keeps_reconnecting)
        self._chat.password = self._password
        self._chat.connect(name, server)

    def reconnect(self) -> None:
        """Connect again as the last time, now."""
        if self._chat:
            self._chat.reconnect()
        elif self._last:
            self.connect(*self._last)

    def keep_reconnecting(self, wanted: bool) -> None:
        """Try again by itself, from now on or not any more, when the connection is lost."""
        self._keeps_reconnecting = wanted
        if self._chat:
            self._chat.keeps_reconnecting = wanted

    def disconnect(self) -> None:
        """Leave the room."""
        if self._chat:
            self._chat.disconnect()

    def enter(self, typed: str) -> str:
        """Do what the user typed; gives the reason why not, or ""."""
        return self._chat.enter(typed) if self._chat else "Not sent: not connected."

    def take(self, at_most: int) -> list[Update]:
        """Give the oldest updates that nobody took yet."""
        return self._inbox.take(at_most)

    def abandon(self) -> None:
        """Leave, or give up connecting, and hear no more of it."""
        if self._chat:
            self._leaving.append(threading.Thread(target=self._chat.close, name="chat-leaving"))
            self._leaving[-1].start()
        self._chat, self._inbox = None, Inbox()

    @property
    def leaving(self) -> bool:
        """Whether a goodbye is still being said."""
        return any(thread.is_alive() for thread in self._leaving)

    def join(self) -> None:
        """Wait until everything abandoned is at its end."""
        for thread in self._leaving:
            thread.join()
