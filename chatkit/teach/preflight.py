"""Which exercises can be done on a machine on captures of one's own: before the lesson, not in it."""

from dataclasses import dataclass

from chatkit.teach.catalogue import questions
from chatkit.teach.question import Way


@dataclass(frozen=True, slots=True)
class Preflight:
    """The exercises, by their numbers."""

    own: tuple[int, ...]  # on a capture of one's own
    recorded: tuple[int, ...]  # only on a recorded one

    @property
    def all(self) -> tuple[int, ...]:
        """All that chatkit has questions for."""
        return tuple(sorted((*self.own, *self.recorded)))


def preflight(has_lan: bool, has_live_capture: bool) -> Preflight:
    """Sort the exercises; one counts as one's own if each of its questions can be asked so."""
    has = {Way.LAN: has_lan, Way.ANY: has_lan or has_live_capture}
    out_of_reach = {question.exercise for question in questions() if not has[question.way]}
    own = {question.exercise for question in questions()} - out_of_reach
    return Preflight(tuple(sorted(own)), tuple(sorted(out_of_reach)))
