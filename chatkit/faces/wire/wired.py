"""The scene of a LAN's wire, which knows when each frame left and arrived, what it dropped, and what was forged.

It can be looked at while it goes on: `look` takes in what has come since, and only that.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from operator import attrgetter
from typing import Protocol

from chatkit.capture.dissect import segment_in
from chatkit.capture.frame import Frame
from chatkit.faces.wire.calls import Heard, call_of
from chatkit.faces.wire.scene import Arrow, Call, Entry, Host, Kind, Scene, Step, Talk, kind_of, part_of
from chatkit.faces.wire.scene import Part as P
from chatkit.faces.wire.wire_story import Record, Story
from chatkit.lan.log import Fate, Passage
from chatkit.tcp.bits import ACK, SYN
from chatkit.tcp.conversation import Conversation, States
from chatkit.tcp.segment import Endpoint, Segment

SETTLED = 0.02  # seconds: what is younger may still have to be put in order with what other ports bring
PATIENCE = 30.0  # seconds after which nobody waits for an arrival any more


class WireLog(Protocol):
    """What a wire has logged."""

    def since(self, number: int) -> Iterator[Passage]:
        """Give those after the first so many."""


class Addressed(Protocol):
    """A host of a LAN."""

    @property
    def address(self) -> str:
        """Its IP address."""


class Wired(Scene):
    """What the log of a wire tells, and the calls that the programs tell of: `heard` may grow meanwhile.

    With a port, only what has it is seen, and its frames are counted alone: as a capture of that port numbers them.
    """

    def __init__(
        self,
        log: WireLog,
        hosts: Mapping[str, Addressed],
        heard: Sequence[Heard] = (),
        port: int | None = None,
    ) -> None:
        self.source = "the wire of a private LAN" + (f", port {port}" if port else "")
        self.entries = []
        self._port = port
        self._log, self._heard = log, heard
        self._hosts = {hosts[name].address: Host(name, hosts[name].address) for name in hosts}
        self._stories: list[Story] = []
        self._newest: dict[frozenset[Endpoint], Story] = {}
        self._records: list[Record] = []
        self._passages: dict[int, Passage] = {}  # by the number that its frame has here
        self._calls: list[Call] = []
        self._read = self._told = 0  # of the log, and of what was heard
        self._flying: list[_Flight] = []
        self._young: list[_Happening] = []  # known, and not settled
        self.look()

    @property
    def talks(self) -> list[Talk]:
        return [story.talk for story in self._stories]

    def step(self, position: int) -> Step:
        entry = self.entries[position]
        if entry.kind is Kind.CALL:
            call = self._calls[entry.place]
            return Step(position, call.time, P.CALL, call=call)
        arrow = self._records[entry.place].arrow()
        return Step(position, arrow.sent, part_of(arrow), arrow)

    def late(self, talks: Iterable[int], start: float, stop: float) -> list[Arrow]:
        found = [late for talk in talks for late in self._stories[talk].late_between(start, stop)]
        return [late.arrow() for late in sorted(found, key=attrgetter("arrived"))]

    def before(self, talk: int) -> States:
        return self._stories[talk].before

    def conversation(self, talk: Talk) -> Conversation:
        return Conversation((record.segment for record in self._stories[talk.number].records), self.source)

    def frame(self, arrow: Arrow) -> Frame:
        passage = self._passages[arrow.segment.frame]
        return Frame(arrow.segment.frame, passage.nanoseconds, passage.data)

    def look(self, everything: bool = False) -> bool:
        now = time.time()
        self._young += [*self._departures(), *self._arrivals(now), *self._calls_heard()]
        self._young.sort(key=attrgetter("time", "rank"))
        until = inf if everything else now - SETTLED
        settled = bisect_left(self._young, until, key=attrgetter("time"))
        ripe, self._young = self._young[:settled], self._young[settled:]
        for happening in ripe:
            self._take(happening)
        return bool(ripe)

    # ---- what has happened ----

    def _departures(self) -> Iterator["_Happening"]:
        for passage in self._log.since(self._read):
            self._read += 1
            segment = segment_in(Frame(passage.number, passage.nanoseconds, passage.data))
            if segment and self._port in (None, segment.source[1], segment.destination[1]):
                flight = _Flight(passage)
                self._flying.append(flight)
                yield _Happening(segment.time, 0, flight, segment)

    def _arrivals(self, now: float) -> list["_Happening"]:
        came = [happening for flight in self._flying for happening in self._landings(flight)]
        self._flying = [flight for flight in self._flying if not flight.is_over(now)]
        return came

    def _landings(self, flight: "_Flight") -> Iterator["_Happening"]:
        """What of it has been handed to whom it is for; a hub, and a switch that has not learned, hand it to others."""
        passage = flight.passage
        for host, nanoseconds, data in passage.deliveries[flight.known :]:
            flight.known += 1
            segment = segment_in(Frame(passage.number, passage.nanoseconds, data))
            if segment and self._host(segment.destination).name == host:
                flight.landed += 1
                yield _Happening(nanoseconds / 1e9, 1, flight, segment)

    def _calls_heard(self) -> Iterator["_Happening"]:
        heard = self._heard[self._told :]
        self._told += len(heard)
        for one in heard:
            yield _Happening(one.event.when, 2, heard=one)

    # ---- taking it in, in the order of time ----

    def _take(self, happening: "_Happening") -> None:
        flight, segment = happening.flight, happening.segment
        if happening.heard:
            self._add_call(happening.heard)
        elif flight and segment and happening.rank == 0:
            segment = self._numbered(segment, flight.passage)
            story = self._story(segment)
            flight.record = story.leaves(segment, flight.passage)
            flight.record.is_given_up = flight.is_given_up
            kind = kind_of(int(segment.flags), segment.size)
            self.entries.append(Entry(kind, story.talk.number, len(self._records)))
            self._records.append(flight.record)
        elif flight and segment and flight.record:
            segment = replace(segment, frame=flight.record.segment.frame)
            flight.record.story.arrives(flight.record, segment, happening.time)

    def _numbered(self, segment: Segment, passage: Passage) -> Segment:
        """Give it its number: in the log, or among those of the port, which are counted in the order of time."""
        number = passage.number if self._port is None else len(self._passages) + 1
        self._passages[number] = passage
        return replace(segment, frame=number)

    def _add_call(self, heard: Heard) -> None:
        if call := call_of(heard, self.talks):
            self.entries.append(Entry(Kind.CALL, call.talk.number if call.talk else -1, len(self._calls)))
            self._calls.append(call)
            self.has_calls = True

    def _story(self, segment: Segment) -> Story:
        pair = frozenset((segment.source, segment.destination))
        story = self._newest.get(pair)
        if story is None or story.is_left_by(segment):
            story = self._newest[pair] = Story(self._talk(segment), segment)
            self._stories.append(story)
        return story

    def _talk(self, first: Segment) -> Talk:
        is_answer = int(first.flags) & SYN and int(first.flags) & ACK
        ends = (first.destination, first.source) if is_answer else (first.source, first.destination)
        return Talk(len(self._stories), self._host(ends[0]), self._host(ends[1]), ends, first.time)

    def _host(self, endpoint: Endpoint) -> Host:
        return self._hosts.setdefault(endpoint[0], Host(endpoint[0], endpoint[0]))


@dataclass(slots=True, eq=False)
class _Flight:
    """A passage that is being watched."""

    passage: Passage
    known: int = 0  # of its deliveries
    landed: int = 0  # of these, to whom it is for
    is_given_up: bool = False
    record: Record | None = None  # once its departure has been taken in

    def is_over(self, now: float) -> bool:
        """Whether nothing more is to be waited for."""
        if self.passage.fate is Fate.DROPPED:
            return True
        if self.passage.nanoseconds / 1e9 < now - PATIENCE:
            self.is_given_up = True
            if self.record:
                self.record.is_given_up = True
            return True
        return bool(self.landed) and self.passage.fate is not Fate.DUPLICATED


@dataclass(frozen=True, slots=True)
class _Happening:
    """A departure, an arrival, or a call, to be taken in when all that came before it is known."""

    time: float
    rank: int  # 0 a departure, 1 an arrival, 2 a call: of those at one time, the order
    flight: _Flight | None = None
    segment: Segment | None = None
    heard: Heard | None = None
