"""The scene of a capture that is finished: what arrived, and when, is read from what came after (`tcp.history`).

Only what is shown is looked at closely, so that the first page of a hundred thousand frames is there at once.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from chatkit.capture.capture import Capture
from chatkit.capture.frame import Frame
from chatkit.faces.wire.calls import Heard, call_of
from chatkit.faces.wire.scene import Arrow, Call, Entry, Host, Kind, Scene, Step, Talk, host_names, kind_of, part_of
from chatkit.faces.wire.scene import Part as P
from chatkit.lan.log import Fate
from chatkit.tcp.conversation import Conversation, States
from chatkit.tcp.history import History, follow
from chatkit.tcp.judge import Judgement as J
from chatkit.tcp.judge import Judgements, judge
from chatkit.tcp.segment import Endpoint, Flag, Segment, at

LONG = 2000  # segments: of a longer conversation, only the opening and the close are followed
NEAR = 32  # segments around a SYN, FIN or RST
AHEAD = 200  # segments after one that are looked at to see whether it comes again

_WELCOME = re.compile(rb"(?:^|\n)WELCOME ([^\r\n]{1,80})\r?\n")


def scene_of(capture: Capture, names: Mapping[str, str] | None = None, heard: Iterable[Heard] = ()) -> "Captured":
    """Make the scene of a capture, with the calls that were heard of.

    `names` says what an address, or an endpoint such as "127.0.0.1:9898", is called. The others are called by the name
    that the server of the chat welcomes them by, or else by their address.
    """
    return Captured(capture, dict(names or {}), tuple(heard))


class Captured(Scene):
    """A capture, step by step."""

    def __init__(self, capture: Capture, names: Mapping[str, str], heard: tuple[Heard, ...]) -> None:
        self.source = capture.source
        self._capture, self._names = capture, names
        self._segments = capture.segments
        self._stories: dict[int, _Story] = {}
        self._talks = [self._talk(number, talk) for number, talk in enumerate(capture.conversations)]
        self.entries = self._entries()
        self._calls = [call for one in heard if (call := call_of(one, self._talks))]
        self.has_calls = bool(self._calls)
        self._add_calls()

    @property
    def talks(self) -> list[Talk]:
        return self._talks

    def step(self, position: int) -> Step:
        entry = self.entries[position]
        if entry.kind is Kind.CALL:
            call = self._calls[entry.place]
            return Step(position, call.time, P.CALL, call=call)
        arrow = self._story(entry.talk).arrow(self._segments[entry.place])
        return Step(position, arrow.sent, part_of(arrow), arrow)

    def late(self, talks: Iterable[int], start: float, stop: float) -> list[Arrow]:
        found = [arrow for talk in talks for arrow in self._story(talk).late if start <= (arrow.arrived or 0) < stop]
        return sorted(found, key=lambda arrow: arrow.arrived or 0)

    def before(self, talk: int) -> States:
        history = self._story(talk).history
        return States(history.client_before, history.server_before)

    def frame(self, arrow: Arrow) -> Frame:
        return self._capture.frame(arrow.segment.frame)

    def conversation(self, talk: Talk) -> Conversation:
        return self._capture.conversations[talk.number]

    def _story(self, talk: int) -> "_Story":
        if talk not in self._stories:
            self._stories[talk] = _Story(self._talks[talk], self._capture.conversations[talk])
        return self._stories[talk]

    def _talk(self, number: int, talk: Conversation) -> Talk:
        client, server = talk.endpoints
        by_endpoint = client[0] == server[0]
        name = host_names(self._names, client) or _welcomed(talk)
        called = host_names(self._names, server) or ("server" if name else "")
        ends = _host(client, name, by_endpoint), _host(server, called, by_endpoint)
        return Talk(number, *ends, (client, server), talk.segments[0].time)

    def _entries(self) -> list[Entry]:
        """An entry for each segment, in the order of the capture."""
        talk_of: dict[int, int] = {}
        for number, talk in enumerate(self._capture.conversations):
            talk_of |= dict.fromkeys(talk.segments.rows.tolist(), number)
        rows, flags, sizes = (
            column.tolist() for column in (self._segments.rows, self._segments.flags, self._segments.size)
        )
        return [
            Entry(kind_of(flag, size), talk_of[row], place)
            for place, (row, flag, size) in enumerate(zip(rows, flags, sizes, strict=True))
        ]

    def _add_calls(self) -> None:
        """Put each call where it belongs in time."""
        if not self._calls:
            return
        times = [(segment.time, 0, entry) for segment, entry in zip(self._segments, self.entries, strict=True)]
        calls = [(call.time, 1, _entry(call, place)) for place, call in enumerate(self._calls)]
        self.entries = [entry for _, _, entry in sorted([*times, *calls], key=lambda one: one[:2])]


class _Story:
    """One conversation, followed as far as it is shown."""

    def __init__(self, talk: Talk, conversation: Conversation) -> None:
        self.talk, self.conversation = talk, conversation
        self._verdicts = zip(conversation.segments, judge(conversation.segments), strict=True)
        self._judged: dict[int, Judgements] = {}  # by the number of the frame
        self._place: dict[int, int] = {}
        self._with_data: list[Segment] = []  # of those
        self._missing: set[int] = set()  # the numbers of frames whose data was sent again, unacknowledged

    def arrow(self, segment: Segment) -> Arrow:
        judgements = self._judgements(segment)
        seen = self._seen.get(segment.frame) or self._between
        if segment.frame in self._missing and seen.is_at_once:
            seen = _Seen(seen.left, None, None, False)
        return Arrow(
            segment,
            self.talk,
            sent=segment.time,
            arrived=segment.time if seen.is_at_once else seen.arrived,
            is_at_once=seen.is_at_once,
            fate=Fate.DELIVERED,
            rule="",
            judgements=judgements,
            relative=self.conversation.relative(segment),
            left=seen.left,
            landed=seen.landed,
        )

    @cached_property
    def late(self) -> list[Arrow]:
        """Those that arrive later than they leave."""
        frames = {frame for frame, seen in self._seen.items() if not seen.is_at_once and seen.arrived is not None}
        return [
            self.arrow(moment.segment)
            for moment in self.history.moments
            if moment.sent and moment.segment.frame in frames
        ]

    def _judgements(self, segment: Segment) -> Judgements:
        """Judge as far as the segment, and on for as long as it may be sent again."""
        while segment.frame not in self._place or len(self._place) - self._place[segment.frame] <= AHEAD:
            following = next(self._verdicts, None)
            if following is None:
                break
            self._note(*following)
        return self._judged[segment.frame]

    def _note(self, segment: Segment, verdict: Judgements) -> None:
        self._place[segment.frame] = len(self._place)
        self._judged[segment.frame] = verdict
        if _is_repaired(verdict):
            self._missing.update(s.frame for s in self._with_data[-AHEAD:] if _is_same(s, segment))
        if segment.size:
            self._with_data.append(segment)

    @cached_property
    def history(self) -> History:
        """The states of both ends; of a long conversation without what lies between the opening and the close."""
        segments = self.conversation.segments
        if len(segments) <= LONG:
            return self.conversation.history
        opening, closing = _edges(self.conversation)
        return follow([*segments[:opening], *segments[closing:]], self.conversation.client)

    @cached_property
    def _seen(self) -> dict[int, "_Seen"]:
        """What became of each segment, by the number of its frame."""
        seen: dict[int, _Seen] = {}
        last = 0.0  # an arrival comes after the segment that was sent before it
        for moment in self.history.moments:
            frame, states = moment.segment.frame, States(moment.client, moment.server)
            if moment.sent:
                last = moment.segment.time
                seen[frame] = _Seen(states, states if moment.arrived else None, None, moment.arrived)
            else:
                seen[frame] = _Seen(seen[frame].left, states, last, False)
        return seen

    @cached_property
    def _between(self) -> "_Seen":
        """What holds between the opening and the close of a long conversation, where no state changes."""
        opening, _ = _edges(self.conversation)
        states = self._seen[self.conversation.segments[opening - 1].frame].left
        return _Seen(states, states, None, True)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the capture tells of a segment."""

    left: States
    landed: States | None
    arrived: float | None  # where it is not at once
    is_at_once: bool


def _edges(talk: Conversation) -> tuple[int, int]:
    """How many segments the opening has, and where the close begins."""
    segments = talk.segments
    rows = segments.rows.tolist()
    endings = segments.with_flags(Flag.FIN | Flag.RST).rows.tolist()
    close = max(1, rows.index(endings[0]) - NEAR) if endings else len(rows)
    syns = [row for row in segments.with_flags(Flag.SYN).rows.tolist() if not endings or row < endings[0]]
    opening = min(close, (rows.index(syns[-1]) if syns else 0) + NEAR)
    return opening, close


def _is_repaired(verdict: Judgements) -> bool:
    """Whether the segment brings what had not been acknowledged when it was sent again."""
    return bool(verdict & {J.RETRANSMISSION, J.FAST_RETRANSMISSION}) and J.SPURIOUS_RETRANSMISSION not in verdict


def _is_same(earlier: Segment, later: Segment) -> bool:
    """Whether the later one begins with the bytes that the earlier one brought."""
    return earlier.source == later.source and earlier.first_byte == later.first_byte


def _welcomed(talk: Conversation) -> str:
    """The name by which the server welcomes its client, or nothing."""
    begin = talk.sent_by(talk.server).with_data()[:8]
    found = _WELCOME.search(b"".join(segment.payload for segment in begin))
    name = found[1].decode("utf-8", "replace") if found else ""
    return "".join(letter if letter.isprintable() else "?" for letter in name)  # it comes from the wire


def _host(endpoint: Endpoint, name: str, by_endpoint: bool) -> Host:
    address = at(endpoint) if by_endpoint else endpoint[0]
    return Host(name or address, address)


def _entry(call: Call, place: int) -> Entry:
    return Entry(Kind.CALL, call.talk.number if call.talk else -1, place)
