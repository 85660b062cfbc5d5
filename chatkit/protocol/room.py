"""The rules of the room: who may say what, and who hears it.

The room is a value that is told what happened (somebody came, a line was heard, somebody is gone, time passed) and that
writes what follows into its postbag. It has no socket, no thread and no clock: `now` is a number of seconds that only
ever grows. So the same rules run under threads, in a test, or one line at a time in your head.
"""

from collections import Counter
from collections.abc import Callable
from hmac import compare_digest

from chatkit.errors import MisuseError, ProtocolError
from chatkit.protocol import messages as m
from chatkit.protocol.history import History
from chatkit.protocol.limits import Limits
from chatkit.protocol.member import Address, Claim, Member, State
from chatkit.protocol.messages import Code, encode, error_line, users_lines
from chatkit.protocol.names import BadName, clean_name, fold
from chatkit.protocol.postbag import Postbag
from chatkit.protocol.text import quote

GREETING = "type JOIN and a name, then SAY and a text; WHO lists the users, QUIT ends"
MAX_JOIN_TRIES = 10
MAX_WRONG_PASSWORDS = 3
MAX_HELD_LINES = 100
MAX_HELD_BYTES = 65536


class Room:
    """The rules of one chat; everything it has to say is in `bag`, everything that happened in `minutes`.

    `history` is how many of the last messages a newcomer hears. `capture_link` gives the URL under which the client at
    an address finds the capture of its own connection; None: no captures are offered.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        password: str | None = None,
        greeting: str = GREETING,
        *,
        history: int = 0,
        capture_link: Callable[[Address], str] | None = None,
    ) -> None:
        self.bag: Postbag[Member] = Postbag()
        self.minutes: list[tuple[Member, m.Reply]] = []  # Joined, Said, Left, Error, for whoever keeps a log
        self.closing: list[Member] = []  # who began to close since the last look
        self._limits = limits or Limits()
        if password == "":
            raise MisuseError("an empty password: nobody could say it")
        encode(m.Pass(password or ""))  # raises MisuseError where PASS cannot carry it
        self._password = password
        self._history = History(history, self._limits.outbox)
        self._capture_link = capture_link
        self._hello = encode(m.Hello(m.VERSION, greeting))
        self._everybody: dict[Member, None] = {}
        self._joined: dict[str, Member] = {}  # by folded name, in the order of joining
        self._names: dict[str, str] = {}  # the same, as they are written
        self._per_address: Counter[str] = Counter()
        self._claimants: list[Member] = []

    @property
    def names(self) -> list[str]:
        """The names of all who joined, the first first."""
        return list(self._names.values())

    # ---- what may happen ----

    def enter(self, address: Address, now: float) -> Member:
        """Somebody connected."""
        member = Member(address, came=now, heard=now)
        self.bag.to(member, self._hello)
        if 0 < self._limits.max_clients <= len(self._everybody):
            self.fail(member, Code.FULL, f"all {self._limits.max_clients} places are taken, try again later", now)
        elif 0 < self._limits.max_per_address <= self._per_address[address[0]]:
            self.fail(member, Code.FULL, f"{self._limits.max_per_address} connections from one address at most", now)
        else:
            self._everybody[member] = None
            self._per_address[address[0]] += 1
        return member

    def hear(self, member: Member, line: bytes, now: float) -> None:
        """A member sent a line, given without its LF."""
        member.heard, member.pinged = now, False
        if member.claim:
            self._hold(member, member.claim, line, now)
        elif line and member.state is not State.CLOSING:
            self._try_to_obey(member, line, now)
        if self._claimants:
            self._refuse_claims_on(member, now)  # unless the line was its last: then they were granted

    def leave(self, member: Member, reason: str, now: float) -> None:
        """A member is gone, or is to go with nothing more said to it: the others hear why."""
        if member.state is not State.CLOSING:
            self._close(member, reason, now)

    def end(self, member: Member, now: float) -> None:
        """The stream of a member ended in good order: it leaves once all that it said is obeyed."""
        if member.claim:
            member.claim.has_ended = True
        else:
            self.leave(member, "closed without QUIT", now)

    def forget(self, member: Member) -> None:
        """The connection of a member is closed; its place is free."""
        if member in self._everybody:
            del self._everybody[member]
            self._per_address[member.address[0]] -= 1

    def fail(self, member: Member, code: Code, text: str, now: float) -> None:
        """A member gets an error that ends it."""
        if member.state is not State.CLOSING:
            self._say_error(member, code, text)
            self._close(member, code.replace("-", " "), now)

    def tick(self, now: float) -> None:
        """Time passed; call it a few times a second."""
        for member in list(self._everybody):
            if member.claim and now >= member.claim.until:
                self._replace(member.claim.holder, now)
            elif member.state is State.NEW and 0 < self._limits.join_time < now - member.came:
                self.fail(member, Code.JOIN_TIMEOUT, f"no JOIN within {self._limits.join_time:g} seconds", now)
            elif member.state is State.JOINED:
                self._watch_silence(member, now - member.heard, now)

    def close(self, text: str) -> None:
        """The room closes: everybody hears BYE."""
        for member in self._everybody:
            if member.state is not State.CLOSING:
                self.bag.to(member, encode(m.Bye(text)))
                self._mark_closing(member, text)
        self._joined.clear()
        self._names.clear()

    # ---- one line ----

    def _try_to_obey(self, member: Member, line: bytes, now: float) -> None:
        try:
            self._obey(member, m.decode_request(line), now)
        except ProtocolError as error:
            if error.code == Code.TOO_LONG:
                self.fail(member, Code.TOO_LONG, error.text, now)
            else:
                self._say_error(member, error.code, error.text)

    def _obey(self, member: Member, request: m.Request, now: float) -> None:
        match request:
            case m.Say(text) if member.state is State.JOINED:  # first, because it comes most often
                self._say(member, text)
            case m.Ping(token):
                self.bag.to(member, encode(m.Pong(token)))
            case m.Pong():
                pass  # it was life, and that is noted
            case m.Quit(text):
                self._quit(member, text, now)
            case m.Join() | m.Pass() if member.state is State.JOINED:
                raise ProtocolError(Code.ALREADY_JOINED, f"you joined as {member.name}; QUIT first")
            case m.Pass(secret):
                member.secret = secret
            case m.Join(name):
                self._join(member, name, now)
            case _ if member.state is State.NEW:
                raise ProtocolError(Code.NOT_JOINED, "JOIN and a name come first")
            case m.Tell(name, text):
                self._tell(member, name, text)
            case m.Who():
                self.bag.to(member, users_lines(self.names))
            case m.Capture():
                self._link_capture(member)

    def _say(self, member: Member, text: str) -> None:
        """Hand a text on; both words of the line were checked when they came, so it needs no second look."""
        self.minutes.append((member, m.Said(member.name, text)))
        self.bag.to_all(f"SAID {member.name} {text}\n".encode(), but=member)
        self._history.add(member.name, text)

    def _tell(self, member: Member, name: str, text: str) -> None:
        listener = self._joined.get(fold(name))
        if listener is None:
            raise ProtocolError(Code.NO_SUCH_NAME, f"nobody here is called {quote(name)}; WHO lists the users")
        self.bag.to(listener, encode(m.Told(member.name, text)))

    def _link_capture(self, member: Member) -> None:
        if self._capture_link is None:
            raise ProtocolError(Code.NO_CAPTURE, "this server offers no captures")
        self.bag.to(member, encode(m.Captured(self._capture_link(member.address))))

    def _quit(self, member: Member, text: str, now: float) -> None:
        self.bag.to(member, encode(m.Bye()))
        member.said_quit = True
        self._close(member, text, now)

    # ---- joining ----

    def _join(self, member: Member, name: str, now: float) -> None:
        member.join_tries += 1
        try:
            self._check_password(member)
            self._take_name(member, clean_name(name), now)
        except BadName as error:
            self._refuse_join(member, ProtocolError(Code.BAD_NAME, str(error)), now)
        except ProtocolError as error:
            self._refuse_join(member, error, now)

    def _refuse_join(self, member: Member, error: ProtocolError, now: float) -> None:
        self._say_error(member, error.code, error.text)
        if member.wrong_passwords >= MAX_WRONG_PASSWORDS:
            self._close(member, "wrong password", now)
        elif member.join_tries >= MAX_JOIN_TRIES:
            self.fail(member, Code.TOO_MANY_TRIES, f"{MAX_JOIN_TRIES} JOINs failed, that is all", now)

    def _check_password(self, member: Member) -> None:
        if self._password is None:
            return
        if not member.secret:
            raise ProtocolError(Code.PASSWORD_NEEDED, "PASS and the room's password come before JOIN")
        if not compare_digest(member.secret.encode(), self._password.encode()):
            member.wrong_passwords += 1
            raise ProtocolError(Code.WRONG_PASSWORD, f"that is not the room's password ({MAX_WRONG_PASSWORDS} tries)")

    def _take_name(self, member: Member, name: str, now: float) -> None:
        """Let the member in, or wait for the holder of the name to show life, or refuse."""
        holder = self._joined.get(fold(name))
        if holder is None:
            self._let_in(member, name)
        elif holder.address[0] == member.address[0]:
            member.claim = Claim(name, holder, until=now + self._limits.takeover)
            self._claimants.append(member)
            self.bag.to(holder, encode(m.Ping("still-there")))
        else:
            raise _name_taken(name)

    def _let_in(self, member: Member, name: str) -> None:
        member.name, member.state, member.secret = name, State.JOINED, ""
        self._joined[fold(name)], self._names[fold(name)] = member, name
        self.minutes.append((member, m.Joined(name)))
        self.bag.to_all(encode(m.Joined(name)))
        self.bag.to(member, encode(m.Welcome(name)) + users_lines(self.names) + self._history.lines())
        self.bag.start_listening(member)

    # ---- two who want one name ----

    def _hold(self, claimant: Member, claim: Claim, line: bytes, now: float) -> None:
        """Keep a line for later; one who sends too many does not get to wait."""
        claim.held_lines.append(line)
        if len(claim.held_lines) > MAX_HELD_LINES or sum(map(len, claim.held_lines)) > MAX_HELD_BYTES:
            self._refuse_claim(claimant, claim, now)

    def _refuse_claims_on(self, holder: Member, now: float) -> None:
        """The holder of a name showed life."""
        for claimant, claim in self._claims_on(holder):
            self._refuse_claim(claimant, claim, now)

    def _refuse_claim(self, claimant: Member, claim: Claim, now: float) -> None:
        self._drop_claim(claimant)
        self._refuse_join(claimant, _name_taken(claim.name), now)
        self._hear_held(claimant, claim, now)

    def _replace(self, holder: Member, now: float) -> None:
        """The holder of a name stayed silent: it goes, and with it the reason to wait."""
        self.bag.to(holder, encode(m.Bye("you were silent, and your own address asked for your name")))
        self._close(holder, "replaced from the same address", now)

    def _grant_claims_on(self, former_holder: Member, now: float) -> None:
        """The name is free: the first of those who waited gets it, the others wait for that one."""
        for claimant, claim in self._claims_on(former_holder):
            self._drop_claim(claimant)
            self._take_name(claimant, claim.name, now)
            self._hear_held(claimant, claim, now)

    def _hear_held(self, claimant: Member, claim: Claim, now: float) -> None:
        for line in claim.held_lines:
            self.hear(claimant, line, now)
        if claim.has_ended:
            self.end(claimant, now)

    def _claims_on(self, holder: Member) -> list[tuple[Member, Claim]]:
        return [(who, who.claim) for who in self._claimants if who.claim and who.claim.holder is holder]

    def _drop_claim(self, claimant: Member) -> None:
        if claimant.claim:
            claimant.claim = None
            self._claimants.remove(claimant)

    # ---- closing ----

    def _watch_silence(self, member: Member, silence: float, now: float) -> None:
        if 0 < self._limits.idle < silence:
            self.fail(member, Code.IDLE, f"nothing heard for {self._limits.idle:g} seconds", now)
        elif 0 < self._limits.ping_after < silence and not member.pinged:
            member.pinged = True
            self.bag.to(member, encode(m.Ping("still-there")))

    def _close(self, member: Member, reason: str, now: float) -> None:
        """Nothing more is obeyed of this member; the others hear that it left."""
        if member.state is State.JOINED:
            del self._joined[fold(member.name)], self._names[fold(member.name)]
            self.bag.stop_listening(member)
            self.bag.to_all(encode(m.Left(member.name, reason)))
        self._mark_closing(member, reason)
        self._grant_claims_on(member, now)

    def _mark_closing(self, member: Member, reason: str) -> None:
        member.state = State.CLOSING
        self._drop_claim(member)
        self.minutes.append((member, m.Left(member.name, reason)))
        self.closing.append(member)

    def _say_error(self, member: Member, code: str, text: str) -> None:
        self.minutes.append((member, m.Error(code, text)))
        self.bag.to(member, error_line(code, text))


def _name_taken(name: str) -> ProtocolError:
    return ProtocolError(Code.NAME_TAKEN, f"{quote(name)} is here already, choose another name")
