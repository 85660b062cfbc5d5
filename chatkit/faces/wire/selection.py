"""Those steps of a scene that somebody wants to see, page by page.

    shown = Selection(scene, Choice(talk=0))        of one conversation
    shown.page(0, 40).steps                         its first forty steps

Pure ACKs that are not wanted are counted, and arrivals stand where they come.
"""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from itertools import islice
from math import inf

from chatkit.faces.wire.scene import Arrow, Kind, Page, Part, Scene, Step
from chatkit.tcp.conversation import States


@dataclass(frozen=True)
class Choice:
    """What somebody wants to see of a scene."""

    talk: int | None = None  # None: all conversations
    kinds: frozenset[Kind] = field(default_factory=lambda: frozenset(Kind))


class Selection:
    """Those steps of a scene that are wanted; it grows with the scene."""

    def __init__(self, scene: Scene, choice: Choice | None = None) -> None:
        self.scene, self.choice = scene, choice or Choice()
        self._rows: list[tuple[int, int]] = []  # (place in the scene, pure ACKs left out before it)
        self._seen = self._skipped = 0
        self._generation = scene.generation
        self.grow()

    def grow(self) -> int:
        """Take in what the scene has got; give how many steps there are now."""
        if self._generation != self.scene.generation:
            self._rows, self._seen, self._skipped = [], 0, 0
            self._generation = self.scene.generation
        for position in range(self._seen, len(self.scene.entries)):
            kind, talk, _ = self.scene.entries[position]
            if self.choice.talk not in (None, talk):
                continue
            if kind in self.choice.kinds:
                self._rows.append((position, self._skipped))
                self._skipped = 0
            else:
                self._skipped += kind is Kind.PURE_ACK
        self._seen = len(self.scene.entries)
        return len(self._rows)

    def page(self, start: int = 0, stop: int | None = None) -> Page:
        """The steps from `start` to before `stop`, and between them the arrivals of what was on its way."""
        rows = self._rows[start:stop]
        steps = [replace(self.scene.step(position), skipped=skipped) for position, skipped in rows]
        talks = {step.talk.number for step in steps if step.talk}
        if steps:
            until = inf if stop is None or stop >= len(self) else self.scene.step(self._rows[stop][0]).time
            for arrow in self.scene.late(sorted(talks), steps[0].time, until):
                if arrow.kind in self.choice.kinds:
                    _insert(steps, arrow)
        before = {talk: self._before(talk, rows[0][0]) for talk in talks}
        start_time = self.scene.step(0).time if self.scene.entries else 0.0
        return Page(tuple(steps), before, start_time, self.scene.source)

    def _before(self, talk: int, position: int) -> States:
        """What the ends of a conversation were in before the step at this place of the scene."""
        for place in range(position - 1, -1, -1):
            if self.scene.entries[place].talk == talk and (arrow := self.scene.step(place).arrow):
                return arrow.landed or arrow.left
        return self.scene.before(talk)

    def place_after(self, position: int) -> int:
        """How many steps there are here up to this place of the scene."""
        return bisect_right(self._rows, (position, len(self.scene.entries)))

    def position_of(self, place: int) -> int:
        """Where in the scene the step at this place stands; after its end where there is none."""
        return self._rows[place][0] if place < len(self._rows) else len(self.scene.entries)

    def messages(self, most: int) -> list[tuple[int, Arrow]]:
        """The first segments with data, and after how many steps each is shown."""
        entries = self.scene.entries
        places = (place for place, (position, _) in enumerate(self._rows, 1) if entries[position].kind is Kind.DATA)
        steps = ((place, self.scene.step(self._rows[place - 1][0])) for place in islice(places, most))
        return [(place, step.arrow) for place, step in steps if step.arrow]

    def __len__(self) -> int:
        return len(self._rows)


def _insert(steps: list[Step], arrow: Arrow) -> None:
    """Put the arrival after all that had happened by then."""
    assert arrow.arrived is not None
    place = bisect_right([step.time for step in steps], arrow.arrived)
    position = steps[max(0, place - 1)].position
    steps.insert(place, Step(position, arrow.arrived, Part.ARRIVES, arrow))
