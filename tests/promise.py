"""The promise (PROTOCOL.md, section 13), judged on what each client wrote down.

A witness comes into the empty room, says nothing, and stays until all others are gone or the server stops. So what it
heard is the one order, and what each of the others heard has to be an unbroken stretch of it:

    witness   JOINED ann   SAID ann 1   JOINED bob   SAID bob 2   SAID ann 3   LEFT ann   LEFT bob
    ann                  [              JOINED bob   SAID bob 2              ]               less her own
    bob                                            [              SAID ann 3   LEFT ann ]    less his own

`judge` is a function of the recordings and of nothing else. It gives sentences: none, if the promise was kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

ROOM_VERBS = {"JOINED", "SAID", "LEFT"}


@dataclass(slots=True)
class Recording:
    """What one connection said and heard; if it shares its name with another, it waited for the answer to its JOIN."""

    name: str
    said: list[str] = field(default_factory=list)  # the texts of its SAYs; no text comes twice in the whole run
    heard: list[str] = field(default_factory=list)  # whole lines, without LF
    read: int = 0  # so many of `said` the server has read for sure: a PING behind them was answered

    @property
    def joined(self) -> bool:
        """Whether it knows that it was let in."""
        return f"WELCOME {self.name}" in self.heard

    @property
    def heard_bye(self) -> bool:
        """Whether it heard all that it should: BYE is the last line."""
        return bool(self.heard) and _verb(self.heard[-1]) == "BYE"


@dataclass(slots=True)
class Stay:
    """What the one order says of one who was in the room: from `begin`, its JOINED, to `end`, its LEFT."""

    begin: int
    end: int
    present: set[str]  # who was there right after it came
    texts: list[str] = field(default_factory=list)


def judge(witness: Recording, others: list[Recording]) -> list[str]:
    """Give a sentence for each way in which the promise was broken; `others` in the order in which they came."""
    if broken := [*_judge_witness(witness)]:
        return broken
    order = [line for line in witness.heard if _verb(line) in ROOM_VERBS]
    stays, broken = _read(order, witness.name)
    namesakes = Counter(recording.name for recording in others)
    for recording in others:
        # One that does not know whether it was let in has a name of its own.
        mine = stays.get(recording.name, []) if recording.joined or namesakes[recording.name] == 1 else []
        broken += _judge_one(recording, mine.pop(0) if mine else None, order)
    return broken + [f"{name} was heard of too often" for name, rest in stays.items() if rest]


def _judge_one(recording: Recording, stay: Stay | None, order: list[str]) -> Iterator[str]:
    yield from _judge_picture(recording, stay)
    if stay:
        yield from _judge_speaker(recording, stay)
        yield from _judge_listener(recording, stay, order)
    elif recording.joined:
        yield f"{recording.name} was let in, and the others heard no JOINED"


# ---- the one order ----


def _judge_witness(witness: Recording) -> Iterator[str]:
    if witness.heard[1:3] != [f"WELCOME {witness.name}", f"USERS 1 {witness.name}"] or witness.said:
        yield f"the witness has to be the first in the room, and to say nothing: {witness.heard[:3]}"
    if not witness.heard_bye:
        yield f"the witness has to stay to its BYE: {witness.heard[-1:]}"
    yield from _judge_picture(witness, Stay(0, 0, {witness.name}))


def _read(order: list[str], witness: str) -> tuple[dict[str, list[Stay]], list[str]]:
    """Read the order as the story of who was in the room, and complain where it cannot be one."""
    stays: dict[str, list[Stay]] = defaultdict(list)
    present, broken = {witness}, []
    for number, line in enumerate(order):
        verb, name, text = _words(line)
        if (verb == "JOINED") is (name in present):
            broken.append(f"{line!r}, and {name} is {'' if name in present else 'not '}in the room")
        elif verb == "JOINED":
            present.add(name)
            stays[name].append(Stay(number, len(order), set(present)))
        elif verb == "LEFT" and name != witness:
            present.remove(name)
            stays[name][-1].end = number
        elif name == witness:
            broken.append(f"{line!r}, of the witness")
        else:
            stays[name][-1].texts.append(text)
    return stays, broken


# ---- one who speaks ----


def _judge_speaker(recording: Recording, stay: Stay) -> Iterator[str]:
    """All that the server read of it was heard once, in its order; of the rest, what was heard came next."""
    for number, (text, said) in enumerate(zip_longest(stay.texts, recording.said)):
        if text is None and number >= recording.read:
            return
        if text != said:
            yield f"{recording.name} said {_short(said)} as number {number}, and {_short(text)} was heard"
            return


# ---- one who listens ----


def _judge_listener(recording: Recording, stay: Stay, order: list[str]) -> Iterator[str]:
    """It heard the order from its own coming on, without a gap; if it heard BYE, up to its own going."""
    own = f"SAID {recording.name} "
    expected = [line for line in order[stay.begin + 1 : stay.end] if not line.startswith(own)]
    heard = [line for line in recording.heard if _verb(line) in ROOM_VERBS]
    for line, wanted in zip_longest(heard, expected):
        if line is None and not recording.heard_bye:
            return  # it was cut off
        if line != wanted:
            yield f"{recording.name} heard {_short(line)}, and {_short(wanted)} was next"
            return


def _judge_picture(recording: Recording, stay: Stay | None) -> Iterator[str]:
    """Nobody is heard before USERS, or who is not there; nothing private comes twice, and nothing after BYE."""
    picture, told, is_over = _Picture(stay.present if stay else set()), set[str](), False
    for line in recording.heard:
        verb, name, text = _words(line)
        if is_over or not picture.can_be(verb, name, text) or (verb == "TOLD" and text in told):
            yield f"{recording.name} heard {_short(line)}, and for it {sorted(picture.present)} were in the room"
            return
        is_over = verb == "BYE"
        told |= {text} if verb == "TOLD" else set()


class _Picture:
    """Who is in the room, as one client hears of it; nobody, until the first list is complete."""

    def __init__(self, truth: set[str]) -> None:
        self.present: set[str] = set()
        self._truth = truth
        self._listing: list[str] = []

    def can_be(self, verb: str, name: str, text: str) -> bool:
        """Take one line, and tell whether it can be true."""
        match verb:
            case "USERS":
                return self._list(int(name), text.split())
            case "JOINED":
                is_right = bool(self.present) and name not in self.present
                self.present.add(name)
                return is_right
            case "LEFT":
                is_right = name in self.present
                self.present.discard(name)
                return is_right
            case "SAID" | "TOLD":
                return name in self.present
        return True

    def _list(self, count: int, names: list[str]) -> bool:
        self._listing += names
        if len(self._listing) < count:
            return True
        is_right = sorted(self._listing) == sorted(self.present or self._truth)
        self.present, self._listing = set(self._listing), []
        return is_right


# ---- lines ----


def _words(line: str) -> tuple[str, str, str]:
    """Give the verb, the name (of USERS: the number) and the rest."""
    verb, _, rest = line.partition(" ")
    name, _, text = rest.partition(" ")
    return verb, name, text


def _verb(line: str) -> str:
    return line.partition(" ")[0]


def _short(line: str | None) -> str:
    return "nothing" if line is None else repr(line[:60])
