"""python3 -m chatkit chat: the chat in a terminal, or, where its input is a pipe, in a script.

    printf 'hello\\n/who\\n' | python3 -m chatkit chat --name ann 127.0.0.1

The main thread reads the keyboard. What is to be shown comes in the chat's own threads, and the screen has a lock.
"""

import ssl
import sys
import threading
from dataclasses import replace
from queue import Empty, SimpleQueue

from chatkit.errors import MisuseError
from chatkit.faces.chat import Chat
from chatkit.faces.tty.attention import Attention
from chatkit.faces.tty.keyboard import Keyboard, key_by_key
from chatkit.faces.tty.login import Login, ask_again, ask_password, read_login
from chatkit.faces.tty.looks import look, mark, name_style
from chatkit.faces.tty.screen import PipeScreen, Screen, TypingScreen
from chatkit.faces.tty.screen_text import DIM, RED, harmless, obeys_escapes, wants_colour
from chatkit.faces.updates import Blame, Kind, Line, Phase, Roster, Status, Update
from chatkit.faces.user import HOW_TO_SAY_IT, room_password
from chatkit.net.client import GOODBYE_TIME
from chatkit.net.host import write_address
from chatkit.protocol.text import clean

HELP = "Here also: /reconnect connects again, /reconnect NAME under another name."
AGAIN = "/reconnect connects again, /quit ends."
AT_ONCE = "/reconnect does not wait, /quit ends."

_HINT = "Type a message and press Enter; /help lists the commands."
_TICK = 0.1  # seconds; on Windows a wait without a limit would not notice Ctrl-C
_NAMED = 20  # users whom a newcomer is told
_SCRIPT_PATIENCE = 3600.0  # seconds; a server that slows a script down has much to read before its BYE
_AHEAD = 100  # lines of a script that may be read and not sent yet


def main(argv: list[str]) -> int:
    """Chat until the user leaves; returns the exit code."""
    if sys.stdin is None:
        raise MisuseError("Standard input is closed: a chat reads its messages there")
    by_hand = sys.stdin.isatty()
    try:
        login = read_login(argv, by_hand)
    except EOFError:  # Ctrl-D instead of an answer
        return 1
    if by_hand and obeys_escapes(sys.stdout):
        colour = wants_colour(sys.stdout)
        return Terminal(key_by_key(sys.stdin), TypingScreen(sys.stdout, colour), by_hand, colour, login.tls).run(login)
    return Terminal(Keyboard(sys.stdin), PipeScreen(sys.stdout, sys.stderr), by_hand, tls=login.tls).run(login)


class Terminal:
    """One user's chat; `by_hand` says whether there is somebody who can be asked."""

    def __init__(
        self,
        keyboard: Keyboard,
        screen: Screen,
        by_hand: bool,
        colour: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keyboard, self._screen, self._by_hand, self._colour = keyboard, screen, by_hand, colour
        self._status = Status(Phase.OFFLINE)
        self._answers: SimpleQueue[Status] = SimpleQueue()  # how each attempt to connect went
        self._is_in = threading.Event()
        self._may_send = threading.Semaphore(_AHEAD)  # taken to say a line of a script, given back once it is out
        self._attention = Attention()
        self._joined = self._leaving = False
        self._new_here = False  # and have not seen yet who else is here
        # Daemons, so that a second Ctrl-C ends us even while a server does not answer.
        patience = GOODBYE_TIME if by_hand else _SCRIPT_PATIENCE
        self._chat = Chat(self._door, password=room_password(), tls=tls, patience=patience, daemon=True)

    def run(self, login: Login) -> int:
        """Connect, chat, leave; give the exit code."""
        try:
            try:
                if self._join(login):
                    with self._keyboard, self._screen:
                        self._converse()
            except (KeyboardInterrupt, EOFError):  # Ctrl-C; Ctrl-D instead of an answer
                self._chat.patience = GOODBYE_TIME  # what a script has said ahead need not be heard any more
            went_well = self._by_hand or (not self._screen.ended and (self._leaving or self._connected))
            self._leave()
            return 0 if self._joined and went_well else 1
        finally:
            self._screen.mute()

    @property
    def _connected(self) -> bool:
        """Whether we are, as far as it has been shown."""
        return self._status.phase is Phase.CONNECTED

    @property
    def _is_hopeful(self) -> bool:
        """Whether we are connected, or will be without anybody's doing."""
        return self._status.phase is not Phase.OFFLINE

    # ---- the main thread ----

    def _join(self, login: Login) -> bool:
        """Connect, and ask again until it works, where there is somebody to ask."""
        self._chat.keeps_reconnecting = login.reconnect
        while True:
            self._login = login
            self._chat.connect(login.name, login.server)
            answer = self._await_answer()
            if answer.phase is Phase.CONNECTED or not self._by_hand:
                return answer.phase is Phase.CONNECTED
            if answer.blame is Blame.PASSWORD:
                self._chat.password = ask_password()
            else:
                login = ask_again(login, answer.blame)

    def _await_answer(self) -> Status:
        while True:
            try:
                return self._answers.get(timeout=_TICK)
            except Empty:
                continue

    def _converse(self) -> None:
        """Do what is typed, until the user leaves."""
        while not self._leaving and not self._screen.ended and (self._by_hand or self._is_hopeful):
            if not self._by_hand and not self._is_in.wait(_TICK):
                continue  # a script goes on when the connection is back
            keys = self._keyboard.read(_TICK)
            if keys:
                self._attention.pressed()
                self._entitle()
            for typed in self._screen.last() if keys is None else self._screen.typed(keys):
                if not self._leaving:
                    self._obey(typed)
            if keys is None:
                return

    def _obey(self, typed: str) -> None:
        text = clean(typed).strip()
        command, _, rest = text.partition(" ")
        match command.lower():
            case "":
                pass
            case "/quit":
                self._quit(text)
            case "/reconnect":
                self._reconnect(rest.strip())
            case "/who" | "/capture":
                self._enter(text)
            case "/help":
                self._enter(text)
                self._show(Kind.NOTICE, HELP)
            case _:
                self._say(text)

    def _enter(self, text: str) -> bool:
        """Hand it to the chat; where that refuses, there is the UP key to mend it."""
        complaint = self._chat.enter(text)
        if complaint:
            self._show(Kind.TROUBLE, complaint)
        return not complaint

    def _say(self, text: str) -> None:
        """Say it, or tell it to one."""
        self._await_turn()
        if not self._enter(text):
            self._may_send.release()

    def _await_turn(self) -> None:
        """Let a script wait that is faster than the connection, or whose connection is to come back."""
        while not self._by_hand and self._is_hopeful:
            if self._is_in.wait(_TICK) and self._chat.connected and self._may_send.acquire(timeout=_TICK):
                return

    def _quit(self, text: str) -> None:
        self._leaving = True  # before the server hears of it: the end that follows is no trouble
        self._leaving = self._enter(text)

    def _reconnect(self, name: str) -> None:
        if self._connected:
            self._show(Kind.TROUBLE, "You are connected already. /quit leaves.")
        elif name:
            self._login = replace(self._login, name=name)
            self._chat.connect(name, self._login.server)
        else:
            self._chat.reconnect()

    def _leave(self) -> None:
        """Say QUIT and read BYE; where we are still connecting, there is nobody to say it to."""
        self._leaving = True
        if self._status.phase is not Phase.CONNECTING:
            self._chat.close()

    # ---- any thread ----

    def _door(self, update: Update) -> None:
        match update:
            case Line():
                self._show_line(update)
                if update.mine and not self._by_hand:
                    self._may_send.release()
            case Status():
                self._show_status(update)
            case Roster(names) if names and self._new_here:
                self._new_here = False
                self._show(Kind.NOTICE, f"{len(names)} here: {_some(names)}")

    def _show_status(self, status: Status) -> None:
        before, self._status = self._status.phase, status
        if status.phase is not Phase.CONNECTED:
            self._is_in.clear()
        name = harmless(status.name)
        match status.phase:
            case Phase.CONNECTING:
                if status.is_news:
                    self._show(Kind.NOTICE, status.sentence)
                self._screen.prompt("connecting> ", DIM)
            case Phase.WAITING:
                if status.is_news:
                    is_first = self._by_hand and before is Phase.CONNECTED
                    self._show(Kind.TROUBLE, f"{status.story} {AT_ONCE}" if is_first else status.story)
                self._screen.prompt(f"trying again in {status.seconds} s> ", RED)
            case Phase.CONNECTED:
                self._joined = self._new_here = True
                self._may_send = threading.Semaphore(_AHEAD)  # what was not sent gave nothing back
                self._is_in.set()
                self._show(Kind.NOTICE, f"{status.story} {_ends(status)} {_HINT if self._by_hand else ''}".rstrip())
                self._screen.prompt(f"{name}> ", name_style(name))
            case Phase.OFFLINE if self._leaving:
                self._show(Kind.NOTICE, status.sentence)
            case Phase.OFFLINE:
                self._show(Kind.TROUBLE, f"{status.sentence} {self._remedy(status)}".rstrip())
                self._screen.prompt("not connected> ", RED)
        if status.phase in (Phase.CONNECTED, Phase.OFFLINE):
            self._answers.put(status)

    def _remedy(self, status: Status) -> str:
        """What can be done, where it is not asked for anyway."""
        if self._by_hand:
            return AGAIN if self._joined else ""
        return HOW_TO_SAY_IT if status.blame is Blame.PASSWORD else ""

    def _show(self, kind: Kind, text: str) -> None:
        self._show_line(Line(kind, text))

    def _show_line(self, line: Line) -> None:
        if self._by_hand and self._attention.came(line):
            self._screen.show(mark(self._screen.width, self._colour))
        self._screen.show(look(line, self._screen.width, self._colour), line.kind is Kind.TROUBLE)
        self._entitle()

    def _entitle(self) -> None:
        """Count in the window's title what is unread."""
        count = self._attention.count
        self._screen.title(f"({count}) {harmless(self._status.name)} - chatkit" if count else "")


def _ends(status: Status) -> str:
    """Say both ends of the connection."""
    own, server = (write_address(end) if end else "?" for end in (status.own, status.server))
    return f"Your address is {own}, the server's {server}."


def _some(names: tuple[str, ...]) -> str:
    """Name a few of many users."""
    more = f" and {len(names) - _NAMED} more (/who lists all)" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
