"""Exercise 8: a student's framing is fed every cut, glued lines, halves of characters, and judged by what it gives.

    def lines_of(pieces: Iterable[bytes]) -> Iterator[str]

takes the pieces of a stream as recv() gave them, and yields each whole line as text, without its LF and a CR before
that. The pieces end with the iterator: an empty one ends nothing.
"""

from dataclasses import dataclass, replace

from chatkit.teach.code import CodeFeedback, Endless, LinesOf, Mistake, NoLines, Run, run
from chatkit.teach.framing_mistakes import MISTAKES
from chatkit.teach.framing_steps import STEPS, Case, Step
from chatkit.teach.verdict import Verdict

SUBJECT = "framing"
_SHOWN = 160  # characters of what was given or seen


def check_framing(lines_of: LinesOf | None) -> CodeFeedback:
    """Judge a framing; the feedback tells the steps that went well, then the first that did not."""
    if not callable(lines_of):
        return CodeFeedback(
            SUBJECT, Verdict.MISSING, (f"lines_of has to be a function; it is {_cut(repr(lines_of))}.",)
        )
    done: list[str] = []
    for step in STEPS:
        for case in step.cases:
            seen = run(lines_of, case.pieces)
            if not case.is_met_by(seen):
                return _Failure(lines_of, tuple(done), step, case, seen).feedback()
        done.append(f"{Verdict.RIGHT.sign} {step.title}")
    streams = sum(len(step.cases) for step in STEPS)
    return CodeFeedback(SUBJECT, Verdict.RIGHT, (*done, f"lines_of is right, on all {streams} streams."))


@dataclass(frozen=True, slots=True)
class _Failure:
    """The first case in which something else was seen than expected."""

    lines_of: LinesOf
    done: tuple[str, ...]
    step: Step
    case: Case
    seen: Run

    def feedback(self) -> CodeFeedback:
        """Why it failed, with the name of the mistake if it has one."""
        match self.seen.error:
            case NotImplementedError() as error:
                return self._say(Verdict.MISSING, f"There is still to do: {_cut(str(error)) or 'lines_of'}")
            case NoLines() as error:
                return self._say(Verdict.MISSING, f"Given {_shown(self.case.pieces)}, {_cut(str(error))}.")
            case Endless() as error:
                said = f"Given {_shown(self.case.pieces)}, it did not end: {error}, and was stopped."
                return self._say(Verdict.NOT_YET, self._title, said)
        if named := self._named():
            shown = self._where_it_shows(named)
            return shown._say(Verdict.ALMOST, shown._title, shown._story(), named.explanation, named=named)
        return self._say(Verdict.NOT_YET, self._title, self._story())

    @property
    def _title(self) -> str:
        return f"{Verdict.NOT_YET.sign} {self.step.title}"

    def _story(self) -> str:
        """What was given, seen and expected."""
        given, want = f"Given {_shown(self.case.pieces)}, it", _shown(self.case.lines)
        if self.seen.error:
            gave = f"gave {_shown(self.seen.lines)} and then " if self.seen.lines else ""
            return f"{given} {gave}raised {_exception(self.seen.error)}. Expected was {want}."
        if self.case.asked and self.seen.lines == self.case.lines:
            return f"{given} {_delay(self.case, self.case.asked, self.seen)}."
        return f"{given} gave {_shown(self.seen.lines)}. Expected was {want}."

    def _named(self) -> Mistake | None:
        """The mistake that does the same here, and in the most other cases; None where two do."""
        suspects = [mistake for mistake in MISTAKES if self._is_made_by(mistake)]
        if len(suspects) < 2:
            return suspects[0] if suspects else None
        cases = [(case, run(self.lines_of, case.pieces)) for step in STEPS for case in step.cases]
        likeness = {mistake.id: max(_likeness(model, cases) for model in mistake.models) for mistake in suspects}
        best = [mistake for mistake in suspects if likeness[mistake.id] == max(likeness.values())]
        return best[0] if len(best) == 1 else None

    def _where_it_shows(self, mistake: Mistake) -> "_Failure":
        """The same failure, or that in the step which shows the mistake best."""
        for step in STEPS:
            for case in step.cases if step.id == mistake.shows_in else ():
                failure = replace(self, step=step, case=case, seen=run(self.lines_of, case.pieces))
                if not case.is_met_by(failure.seen) and failure._is_made_by(mistake):
                    return failure
        return self

    def _is_made_by(self, mistake: Mistake) -> bool:
        """Whether the mistake, in one of the ways to make it, does the same here."""
        return any(self.case.tells_alike(run(model, self.case.pieces), self.seen) for model in mistake.models)

    def _say(self, verdict: Verdict, *sentences: str, named: Mistake | None = None) -> CodeFeedback:
        said = tuple(sentence for sentence in (*self.done, *sentences) if sentence)
        return CodeFeedback(SUBJECT, verdict, said, named)


def _likeness(model: LinesOf, cases: list[tuple[Case, Run]]) -> int:
    """In how many cases the model does what was seen."""
    return sum(case.tells_alike(run(model, case.pieces), seen) for case, seen in cases)


def _delay(case: Case, wanted: tuple[int, ...], seen: Run) -> str:
    """Which line came when, and when it could have."""
    for line, could, did in zip(case.lines, wanted, seen.asked, strict=True):
        if could != did:
            return f"gave {line!r} after piece {did}, though its LF came in piece {could}"
    raise AssertionError("a delay that is none")


def _exception(error: BaseException) -> str:
    said = _cut(str(error)).rstrip(".")
    return type(error).__name__ + (f" ({said})" if said else "")


def _shown(values: tuple[object, ...]) -> str:
    """As a list in Python; a long one is cut."""
    return _cut(repr(list(values)))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
