"""What is shown of a scene: which steps are wanted, how far they have been played, and which one is open.

    film = Film(scene, rows=10)
    film.press(Press.NEXT)
    film.page()                 what is to be drawn now

It knows no widget and no thread: callbacks change it, the painter asks it.
"""

from enum import Enum

from chatkit.faces.wire.picture import Look
from chatkit.faces.wire.reel import Reel
from chatkit.faces.wire.scene import Kind, Page, Scene, Step, lifelines
from chatkit.faces.wire.selection import Choice, Selection

MOST_ROWS = 40
MOST_LIFELINES = 6  # that stand there before anything happens on them
SLOW = 1.0  # seconds for a step


class Press(Enum):
    """The buttons of a film."""

    FIRST = "First"
    BACK = "Back"
    PLAY = "Play"
    NEXT = "Next"
    LAST = "Last"


class Film:
    """A scene that is played; a live one goes on at its end, and is followed from there."""

    def __init__(self, scene: Scene, rows: int, is_live: bool = False) -> None:
        self.scene, self.is_live = scene, is_live
        self.selection = Selection(scene)
        self.reel = Reel(None if is_live else SLOW)
        self.chosen: Step | None = None  # the step that is open
        self._rows = rows
        self._before = 0  # steps that had been shown before those that are new
        if is_live:
            self.reel.play()
        else:
            self.reel.go(rows, self.length)

    @property
    def place(self) -> int:
        """So many steps have been shown."""
        return self.reel.place

    @property
    def length(self) -> int:
        """So many steps there are by now."""
        return len(self.selection)

    @property
    def runs(self) -> bool:
        """Whether more is to be shown without anybody's doing."""
        return self.reel.is_playing and (self.is_live or self.place < self.length)

    @property
    def is_slow(self) -> bool:
        """Whether it can be followed step by step."""
        return self.reel.pace is not None or not self.reel.is_playing

    # ---- what people do ----

    def press(self, button: Press) -> None:
        """Go on, stay, or go to another place; what was open is closed."""
        self.chosen = None
        match button:
            case Press.FIRST:
                self.reel.go(1, self.length)
            case Press.BACK:
                self.reel.go(max(1, self.place - 1), self.length)
            case Press.NEXT:
                self.reel.go(self.place + 1, self.length)
            case Press.LAST:
                self.reel.go(self.length, self.length)
                if self.is_live:
                    self.reel.play()
            case Press.PLAY if self.reel.is_playing:
                self.reel.pause()
            case Press.PLAY:
                self._play()

    def go(self, place: int) -> None:
        """Show it up to this step, and open that."""
        self.reel.go(place, self.length)
        steps = self.selection.page(self.place - 1, self.place).steps if self.place else ()
        self.chosen = steps[0] if steps else None

    def choose(self, step: Step) -> None:
        """Open a step, and stay."""
        self.chosen = step
        self.reel.pause()

    def want(self, choice: Choice, pace: float | None) -> None:
        """Play what is wanted now at this pace, from about the same place of the scene."""
        self.reel.set_pace(pace)
        if choice != self.selection.choice:
            at = self.selection.position_of(max(0, self.place - 1))
            self.selection = Selection(self.scene, choice)
            self.reel.place = min(max(self.selection.place_after(at), self._rows), self.length)

    def _play(self) -> None:
        """Go on; a film that has come to its end begins again."""
        if not self.is_live and self.place == self.length:
            self.reel.go(0, self.length)
        self.reel.play()

    # ---- what is to be seen ----

    def advance(self) -> bool:
        """Take in what is new, and move on to where it has to be by now; tell whether there was something new."""
        has_news = self.is_live and self.scene.look()
        self._before = self.place
        self.reel.advance(self.selection.grow())
        if not self.runs:
            self.reel.pause()
        return has_news

    def stop(self) -> None:
        """Take in the rest, and follow nothing any more."""
        if self.is_live:
            self.scene.look(everything=True)
            self.reel.advance(self.selection.grow())
        self.is_live = False
        self.reel.pause()

    def page(self) -> Page:
        """The last rows; and what has come since the last time, also where that is more."""
        return self.selection.page(
            max(0, self.place - MOST_ROWS, min(self._before, self.place - self._rows)), self.place
        )

    def paper(self) -> Page:
        """As many of the last rows as a picture holds: on paper it does not matter when it was painted last."""
        return self.selection.page(max(0, self.place - MOST_ROWS), self.place)

    def look(self, relative: bool, styled: bool = True) -> Look:
        """How it is to be drawn."""
        number = self.selection.choice.talk
        talks = self.scene.talks if number is None else self.scene.talks[number : number + 1]
        hosts = lifelines(talks[: 2 * MOST_LIFELINES])
        is_followed = self.reel.is_playing and self.reel.pace is not None
        return Look(
            relative=relative,
            chosen=self.chosen.key if self.chosen else None,
            fresh=self.selection.position_of(self._before) if is_followed else None,
            styled=styled,
            hosts=tuple(hosts) if len(hosts) <= MOST_LIFELINES else (),
            has_calls=self.scene.has_calls and Kind.CALL in self.selection.choice.kinds,
        )
