"""Exercise 23: one client of many does not read. Which one, and where does the capture show it?

    check_slow_reader(capture, "carl", 57)       or the port of the client, in place of its name

Nobody but the two ends of a connection is told, and what they are told is the window: TCP's word for "I have no room".
"""

from dataclasses import dataclass

from chatkit.capture.capture import Capture
from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag
from chatkit.teach.code import CodeFeedback, Mistake
from chatkit.teach.typed import Typed, frame_number
from chatkit.teach.verdict import Verdict

SUBJECT = "scale.slow-reader"
WHERE = "Look for an ACK with a window of 0, and who sends it."

QUIET = Mistake(
    "quiet-is-slow",
    "the quiet one is the slow one",
    "Who says nothing may well read all. Look at what it tells the server with its ACKs: its window stays open.",
    (),
)
BUSY = Mistake(
    "busy-is-slow",
    "who says most is the slow one",
    "To send and to receive are two directions. What it sends does not tell whether it reads: its window stays open.",
    (),
)
LAST = Mistake(
    "last-is-slow",
    "the last in the list is the slow one",
    "The order in which they came tells nothing. Look at the window of each: this one's stays open.",
    (),
)
FILLED = Mistake(
    "full-is-closed",
    "the segment that fills the window",
    "That segment came from the server, and filled the window. Who closes it is the client, with an ACK that says 0.",
    (),
)
LATER = Mistake(
    "closed-before",
    "a later word of what was said before",
    "By then the window was closed already. Look for the first ACK of this client whose window is 0.",
    (),
)


@dataclass(frozen=True, slots=True)
class Guest:
    """One client, by the name with which it joined."""

    name: str
    talk: Conversation

    @property
    def port(self) -> int:
        """Its own."""
        return self.talk.client[1]

    @property
    def said(self) -> int:
        """Lines that it said to all."""
        return sum(line.data.upper().startswith(b"SAY ") for line in self.talk.lines(self.talk.client))

    @property
    def received(self) -> int:
        """Bytes that were sent to it."""
        return len(self.talk.stream(self.talk.server))

    @property
    def least_window(self) -> int | None:
        """The smallest that it has told, in bytes; None where the capture does not tell how it is scaled."""
        told = (s for s in self.talk.sent_by(self.talk.client) if not s.flags & Flag.RST)
        windows = [self.talk.window(segment) for segment in told]
        return min((window for window in windows if window is not None), default=None)

    @property
    def closed(self) -> int | None:
        """The frame by which it first says that it has no room; None if it never does."""
        closings = self.talk.zero_windows(self.talk.client)
        return closings[0].closed.frame if closings else None


def guests(capture: Capture) -> tuple[Guest, ...]:
    """All who joined, the first to connect first."""
    joined = ((_name(talk), talk) for talk in capture.conversations)
    return tuple(Guest(name, talk) for name, talk in joined if name)


def _name(talk: Conversation) -> str:
    """What stands after its JOIN; empty if there is none."""
    for line in talk.lines(talk.client):
        verb, _, name = line.data.partition(b" ")
        if verb.upper() == b"JOIN":
            return name.decode(errors="replace")
    return ""


def check_slow_reader(capture: Capture, who: Typed = None, frame: Typed = None) -> CodeFeedback:
    """Judge who it is, by name or port, and the frame that first shows it."""
    everybody = guests(capture)
    slow = [guest for guest in everybody if guest.closed is not None]
    if len(slow) != 1:
        return _said(Verdict.UNFIT, *_why_unfit(everybody, slow))
    try:
        meant, shown = _meant(everybody, who), frame_number(frame)
    except MisuseError as error:
        return _said(Verdict.MISSING, str(error))
    if meant is None:
        return _said(Verdict.MISSING, "Write the name or the port of the client that does not read, and a frame.")
    if meant != slow[0]:
        return _of_wrong_guest(everybody, meant)
    return _of_frame(meant, shown)


def _why_unfit(everybody: tuple[Guest, ...], slow: list[Guest]) -> tuple[str, str]:
    if not everybody:
        return "No client joins in it.", "Capture from before the first of them connects."
    if not slow:
        return "The window of each client stays open in it: all of them read.", "Let one of them not read, for longer."
    return f"{len(slow)} clients do not read in it.", "Let only one of them not read."


def _meant(everybody: tuple[Guest, ...], who: Typed) -> Guest | None:
    """The guest of this name or port; None if nothing was typed. Raises MisuseError for one who is not there."""
    text = "" if who is None else str(who).strip()
    if not text:
        return None
    for guest in everybody:
        if text.casefold() in (guest.name.casefold(), str(guest.port)):
            return guest
    there = ", ".join(f"{guest.name} ({guest.port})" for guest in everybody)
    raise MisuseError(f"{quote(text)} is none of the clients; there are {there}.")


def _of_wrong_guest(everybody: tuple[Guest, ...], meant: Guest) -> CodeFeedback:
    """A mistake has a name only if no other explains the same guest."""
    explains = {
        QUIET: min(everybody, key=lambda guest: guest.said),
        BUSY: max(everybody, key=lambda guest: guest.said),
        LAST: everybody[-1],
    }
    made = [mistake for mistake, guest in explains.items() if guest == meant]
    said = f"{meant.name} reads: its window is never less than {meant.least_window} bytes."
    if len(made) == 1:
        return _said(Verdict.ALMOST, said, made[0].explanation, named=made[0])
    return _said(Verdict.NOT_YET, said, WHERE)


def _of_frame(slow: Guest, frame: int | None) -> CodeFeedback:
    if frame is None:
        return _said(Verdict.MISSING, f"{slow.name} is right. Which frame first shows it? Write its number, too.")
    if frame == slow.closed:
        why = "Its window is 0: the system has no room for more, because the program takes nothing out."
        return _said(Verdict.RIGHT, f"{slow.name} does not read, and frame {frame} is the first to say so.", why)
    said = f"{slow.name} is right, but frame {frame} is not the first that shows it."
    for judgement, mistake in ((Judgement.ZERO_WINDOW, LATER), (Judgement.WINDOW_FULL, FILLED)):
        if frame in {segment.frame for segment in slow.talk.judged(judgement)}:
            return _said(Verdict.ALMOST, said, mistake.explanation, named=mistake)
    return _said(Verdict.NOT_YET, said, WHERE)


def _said(verdict: Verdict, *sentences: str, named: Mistake | None = None) -> CodeFeedback:
    return CodeFeedback(SUBJECT, verdict, sentences, named)
