"""No right answer is ever called wrong: conversations by chance, seen from three places, every question, and answers
that somebody else has worked out from tshark's table."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from string import ascii_lowercase

import pytest

from chatkit.capture.capture import Capture
from chatkit.lan.stage import ANN, SERVER
from chatkit.tcp.conversation import Conversation
from chatkit.teach import checker
from chatkit.teach.catalogue import find_question, questions
from chatkit.teach.checker import check
from chatkit.teach.question import Answer as RightAnswer
from chatkit.teach.question import Question
from chatkit.teach.value import Count
from chatkit.teach.verdict import Verdict
from tests import second_opinion
from tests.needs import needs_lan, needs_tshark
from tests.random_talks import ORDERLY, Ending, Evening, Plan, Talk, Trouble, plan, plans, play
from tests.second_opinion import Answer, Known, Opinion, Reader

pytestmark = [needs_lan, needs_tshark, pytest.mark.timeout(400)]

SEED = 7
MANY = 200
MOST_STUCK = 0.05  # of the conversations
LEAST_RIGHT = 10  # times that each question has to be judged right
SHOWN = 10  # failures

FEW = (  # a conversation of each sort
    (Ending.CLIENT, Trouble.NONE),
    (Ending.SERVER, Trouble.ONE_LOST),
    (Ending.CLIENT_HALF, Trouble.REORDERED),
    (Ending.BOTH, Trouble.NONE),
    (Ending.SERVER_UNREAD, Trouble.DUPLICATED),
    (Ending.REFUSED, Trouble.NONE),
)

NEEDS_TROUBLE = {"loss.retransmission", "loss.how-noticed", "loss.syn-backoff", "window.closed"}
STAGED = {  # only an attack brings it about, much data on a long wire, or TLS: they have tests of their own
    "attack.reset", "eavesdropping.path", "congestion.initial-window", "congestion.slow-start", "congestion.held-back",
    "sealing.server-name", "sealing.text-length", "sealing.password",
}  # fmt: skip
NOT_IN_FEW = {*NEEDS_TROUBLE, "payload.find-password"}
NEEDS_WORDS = {  # what the client has to have said
    "payload.find-password": rb"PASS ",
    "payload.find-sentence": rb"SAY ",
    "payload.text-length": rb"SAY .*[^\x00-\x7f]",
}


@dataclass(frozen=True)
class Seen:
    """One conversation, seen from one place."""

    talk: Talk
    view: str | None
    capture: Capture

    def __str__(self) -> str:
        return f"{self.talk}, seen at {self.view or 'the wire'}"


@dataclass(frozen=True)
class Trial:
    """One answer to one question about it."""

    seen: Seen
    id: str
    answer: Answer | None
    frame: int | None
    verdict: Verdict
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.id}: {self.answer!r}, frame {self.frame}; {self.seen}\n    {' '.join(self.sentences)}"


@dataclass(frozen=True)
class Trials:
    """All of them, by what they are to show."""

    evening: Evening
    right: list[Trial] = field(default_factory=list)  # the second opinion's answers
    wrong: list[Trial] = field(default_factory=list)  # other answers, and right ones with a frame that is none
    unfit: list[Trial] = field(default_factory=list)


@pytest.fixture(
    scope="module", params=[pytest.param(0, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.slow)]
)
def trials(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    evening = play(_plans(request.param))
    return _judged(evening, tmp_path_factory.mktemp("views"), Random(SEED))


def test_no_right_answer_is_called_wrong(trials: Trials) -> None:
    failed = [trial for trial in trials.right if trial.verdict is not Verdict.RIGHT]
    assert not failed, _told(failed)


def test_no_wrong_answer_is_called_right(trials: Trials) -> None:
    failed = [trial for trial in trials.wrong if trial.verdict is Verdict.RIGHT]
    assert trials.wrong and not failed, _told(failed)


def test_nearly_every_conversation_comes_to_its_end(trials: Trials) -> None:
    talks = trials.evening.talks
    stuck = [f"{talk}: {talk.stuck}" for talk in talks if talk.stuck]
    assert len(stuck) <= MOST_STUCK * len(talks), "\n".join(stuck)


def test_where_nothing_happens_every_question_has_what_it_needs(trials: Trials) -> None:
    failed = [trial for trial in trials.unfit if _is_plain(trial.seen) and not _lacks_what_it_needs(trial)]
    assert not failed, _told(failed)


def test_what_is_asked_about_states_is_what_the_ladder_shows(trials: Trials) -> None:
    talks = [talk for capture in trials.evening.captures.values() for talk in capture.conversations]
    failed = [repr(talk) for talk in talks if not _agrees_with_ladder(talk)]
    assert talks and not failed, f"{len(failed)} of {len(talks)}: {failed[:SHOWN]}"


def test_each_question_is_judged_right_several_times(trials: Trials) -> None:
    are_many = len(trials.evening.talks) >= MANY
    counts = Counter(trial.id for trial in trials.right if trial.verdict is Verdict.RIGHT)
    expected = {question.id for question in questions()} - STAGED - (set() if are_many else NOT_IN_FEW)
    seldom = {id: counts[id] for id in expected if counts[id] < (LEAST_RIGHT if are_many else 1)}
    assert seldom == {}


def test_a_question_that_is_wrong_by_one_is_found_out(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    def off_by_one(talk: Conversation) -> RightAnswer:
        answer = find_question("data.bytes-sent").right(talk)
        return replace(answer, value=Count(answer.value.number + 1))

    broken = replace(find_question("data.bytes-sent"), right=off_by_one)
    first = next(trial for trial in trials.right if trial.id == "data.bytes-sent")
    monkeypatch.setattr(checker, "find_question", lambda _: broken)
    again = _try(first.seen, broken, first.answer, first.frame)
    assert first.verdict is Verdict.RIGHT and again.verdict is not Verdict.RIGHT


# ---- the trials ----


def _plans(count: int) -> Iterator[Plan]:
    dice = Random(SEED)
    if count:
        yield from plans(dice, count)
    else:
        yield from (plan(dice, 20_000 + at, *sort) for at, sort in enumerate(FEW))


def _judged(evening: Evening, folder: Path, dice: Random) -> Trials:
    trials = Trials(evening)
    for view, capture in evening.captures.items():
        table = second_opinion.read(capture.save(folder / f"{view}.pcapng"))
        for talk in evening.talks:
            if talk.port in table:  # else nothing of it has come to here
                reader = Reader(table[talk.port], _known(talk))
                for question in (question for question in questions() if question.id not in STAGED):
                    _judge(trials, Seen(talk, view, capture), question, reader, dice)
    return trials


def _judge(trials: Trials, seen: Seen, question: Question, reader: Reader, dice: Random) -> None:
    """Answer one question in every way that the second opinion knows, and in ways that it does not."""
    unanswered = check(question.id, seen.capture, client=seen.talk.port)
    talk = unanswered.evidence.conversation
    assert talk and talk.client[1] == seen.talk.port
    if unanswered.verdict is Verdict.UNFIT:
        trials.unfit.append(_try(seen, question, None, None))
    elif opinions := _opinions(talk, question, reader, dice):
        trials.right.extend(_try(seen, question, *opinion) for opinion in opinions)
        trials.wrong.extend(_try(seen, question, *other) for other in _no_opinions(talk, question, opinions, dice))


def _try(seen: Seen, question: Question, answer: Answer | None, frame: int | None) -> Trial:
    feedback = check(question.id, seen.capture, answer, frame, client=seen.talk.port)
    return Trial(seen, question.id, answer, frame, feedback.verdict, feedback.sentences)


def _opinions(talk: Conversation, question: Question, reader: Reader, dice: Random) -> list[Opinion]:
    keys = tuple(option.key for option in question.offers_on(talk))
    opinions = second_opinion.opinion(question.id, reader, question.case(talk), keys, dice)
    return [(_letters(answer, keys) if isinstance(answer, tuple) else answer, frame) for answer, frame in opinions]


def _letters(order: tuple[str, ...], keys: tuple[str, ...]) -> str:
    return "".join(ascii_lowercase[keys.index(key)] for key in order)


def _no_opinions(talk: Conversation, question: Question, opinions: list[Opinion], dice: Random) -> Iterator[Opinion]:
    """An answer that is wrong for certain; and the right one with a frame that is none."""
    answer, frame = opinions[0]
    rights = {answer for answer, _ in opinions}
    match question.kind.name, answer:
        case "one of the options", _:
            keys = [option.key for option in question.offers_on(talk)]
            yield dice.choice([key for key in keys if key not in rights]), frame
        case "the letters in order", str():
            yield answer[::-1], None
        case "a time", float():
            yield answer * 1.5 + 0.001, frame
        case "the number of a frame", _:
            yield talk.segments[0].frame, None
        case _, int() if answer + 7 not in rights:
            yield answer + 7, frame
    if frame is not None:
        yield answer, talk.segments[-1].frame + 1_000_000


def _known(talk: Talk) -> Known:
    """What the programs know, if all went as they had planned."""
    how = {Ending.REFUSED: "refused", Ending.SILENCE: "silence"} | dict.fromkeys(ORDERLY, "fin")
    quiet = talk.plan.trouble is Trouble.NONE and talk.plan.ending is not Ending.BOTH
    if not talk.is_over:
        return Known(None, "", "", quiet)
    return Known(
        sent=bytes(talk.sent[ANN]) if talk.plan.ending in ORDERLY else None,
        closed_first={ANN: "client", SERVER: "server"}.get(talk.closed_first, ""),
        ending=how.get(talk.plan.ending, ""),
        is_quiet=quiet,
    )


# ---- helpers ----


def _is_plain(seen: Seen) -> bool:
    return seen.talk.plan.is_plain and seen.view == ANN and not seen.talk.stuck


def _lacks_what_it_needs(trial: Trial) -> bool:
    words = NEEDS_WORDS.get(trial.id)
    return trial.id in NEEDS_TROUBLE or (words is not None and not re.search(words, trial.seen.talk.sent[ANN]))


def _agrees_with_ladder(talk: Conversation) -> bool:
    """Whether the states that are right for the frame that is asked about are those that a ladder has beside it."""
    question = find_question("order.states")
    if any(need(talk) for need in question.needs):
        return True
    answer = question.right(talk)
    at = [segment.frame for segment in talk.segments].index(answer.frames[0])
    return str(answer.value) == " and ".join(map(str, talk.states[at]))


def _told(trials: list[Trial]) -> str:
    counts = Counter(trial.id for trial in trials)
    first = "\n".join(map(str, trials[:SHOWN]))
    return f"{len(trials)}: {dict(counts)}\n{first}"
