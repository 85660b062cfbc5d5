"""Exercise 23: answers about what the student has measured. No number is right for everybody: all come from `figures`.

check_measured("largest", figures, 1000)       how many clients did the server with threads serve?
check_measured("deliveries", figures, 999)     how often was one line sent in the largest class?
check_measured("threads", figures, 1003)       how many threads had the server with threads then?
check_measured("fastest", figures, "selector") which server delivered most in a second, in the largest class of all?
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatkit.errors import MisuseError
from chatkit.protocol.text import quote
from chatkit.teach.code import CodeFeedback, Mistake
from chatkit.teach.figures import ASYNCIO, THREADS, Figures
from chatkit.teach.typed import Typed, count
from chatkit.teach.verdict import Verdict

ALIKE = 0.8  # of the fastest: whoever reaches that is as fast, for a computer does other things meanwhile

Found = frozenset[str]  # answers, as text


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked about the figures."""

    id: str
    asks: str
    right: Callable[[Figures], Found]
    why: str
    mistakes: tuple[tuple[Mistake, Callable[[Figures], Found]], ...]
    where: str
    is_number: bool = True


def _found(*numbers: int) -> Found:
    return frozenset(map(str, numbers))


# ---- what the figures say ----


def _largest(figures: Figures) -> int:
    return figures.largest(THREADS)


def _threads(figures: Figures) -> Found:
    """Those that read, one that accepts, one that writes, and perhaps the main thread."""
    clients = _largest(figures)
    counted = figures.at(THREADS, clients).threads
    return _found(clients + 2, clients + 3, *([counted] if counted else []))


def _fastest(figures: Figures) -> Found:
    rates = _rates(figures)
    return frozenset(server for server, rate in rates.items() if rate >= ALIKE * max(rates.values()))


def _rates(figures: Figures) -> dict[str, float]:
    return {server: figures.at(server, figures.sizes[-1]).rate for server in figures.servers}


# ---- mistakes ----

THREADS_DIE = Mistake(
    "threads-die-at-100",
    "threads die at 100",
    "Your own server had more: look at the row of the largest class, and its column of threads.",
    (),
)
READERS_ONLY = Mistake(
    "readers-only",
    "only the threads that read are counted",
    "So many wait for what clients say. One more accepts, and one writes to all.",
    (),
)
ONE_THREAD = Mistake(
    "one-thread",
    "one thread does it all",
    "That is so with a selector, and with asyncio. The server with threads has one for each client.",
    (),
)
TCP_BROADCASTS = Mistake(
    "tcp-broadcasts",
    "one send reaches all",
    "A TCP connection has two ends: who is to hear a line has to be sent it on a connection of its own.",
    (),
)
SENDER_TOO = Mistake(
    "sender-hears-itself",
    "the sender hears itself",
    "In chat/1 who says a line is spared it.",
    (),
)
SQUARE = Mistake(
    "everybody-to-everybody",
    "everybody sends to everybody",
    "So many it would be if each of them said a line. Here one did.",
    (),
)
ASYNC = Mistake(
    "async-is-always-faster",
    "async is always faster",
    "Not here: compare the deliveries per second in the rows of the largest class.",
    (),
)
PARALLEL = Mistake(
    "threads-are-parallel",
    "many threads send at the same time",
    "The threads read; one writes to all. Compare the deliveries per second in the rows of the largest class.",
    (),
)


def _unless_right(server: str) -> Callable[[Figures], Found]:
    return lambda figures: frozenset({server}) - _fastest(figures)


ASKED = (
    Asked(
        "largest", "how many clients the server with threads has served at once",
        lambda figures: _found(_largest(figures)), "A thread that waits costs memory, and hardly any time.",
        ((THREADS_DIE, lambda figures: _found(100) if _largest(figures) > 100 else frozenset()),),
        "Look for the last row of the server with threads.",
    ),
    Asked(
        "threads", "how many threads the server with threads had in its largest class",
        _threads, "One for each client, one that accepts, one that writes; and the main thread.",
        (
            (READERS_ONLY, lambda figures: _found(_largest(figures))),
            (ONE_THREAD, lambda _: _found(1)),
            (THREADS_DIE, lambda _: _found(100)),
        ),
        "Look for the last row of the server with threads, and its column of threads.",
    ),
    Asked(
        "deliveries", "how often one line was sent in the largest class that all have served",
        lambda figures: _found(figures.sizes[-1] - 1), "Once for each of the others.",
        (
            (TCP_BROADCASTS, lambda _: _found(1)),
            (SENDER_TOO, lambda figures: _found(figures.sizes[-1])),
            (SQUARE, lambda figures: _found(figures.sizes[-1] ** 2, figures.sizes[-1] * (figures.sizes[-1] - 1))),
        ),
        "Multiply the deliveries per second by the seconds per line.",
    ),
    Asked(
        "fastest", "the server with the most deliveries per second in the largest class that all have served",
        _fastest, "On another computer, or on another day, it may be another one.",
        ((ASYNC, _unless_right(ASYNCIO)), (PARALLEL, _unless_right(THREADS))),
        "Compare the deliveries per second in the rows of the largest class.", is_number=False,
    ),
)  # fmt: skip


def check_measured(id: str, figures: Figures, answer: Typed = None) -> CodeFeedback:
    """Judge an answer about the figures. Raises MisuseError for an unknown id."""
    asked = next((asked for asked in ASKED if asked.id == id), None)
    if asked is None:
        raise MisuseError(f"{quote(id)} is not asked; there are {', '.join(each.id for each in ASKED)}")
    if not figures.sizes or not figures.of(THREADS):
        return _said(asked, Verdict.UNFIT, "Not all servers were measured. Measure again, while nothing else runs.")
    try:
        given = _read(asked, figures, answer)
    except MisuseError as error:
        return _said(asked, Verdict.MISSING, str(error))
    if not given:
        return _said(asked, Verdict.MISSING, f"Write {asked.asks}.")
    return _judged(asked, figures, given)


def _judged(asked: Asked, figures: Figures, given: str) -> CodeFeedback:
    right = asked.right(figures)
    if given in right:
        return _said(asked, Verdict.RIGHT, f"{given} is {asked.asks}{_others(right - {given}, asked)}.", asked.why)
    said = f"{given} is not {asked.asks}."
    for mistake, gives in asked.mistakes:
        if given in gives(figures):
            return _said(asked, Verdict.ALMOST, said, mistake.explanation, named=mistake)
    return _said(asked, Verdict.NOT_YET, said, asked.where)


def _others(others: Found, asked: Asked) -> str:
    """Who else is as fast; numbers that mean the same are not listed."""
    return f", with {' and '.join(sorted(others))} close to it" if others and not asked.is_number else ""


def _read(asked: Asked, figures: Figures, answer: Typed) -> str:
    """The answer as text, empty if there is none. Raises MisuseError."""
    if asked.is_number:
        number = count(answer)
        return "" if number is None else str(number)
    name = "" if answer is None else str(answer).strip().casefold()
    if name and name not in figures.servers:
        raise MisuseError(f"{quote(name)} was not measured; there are {', '.join(figures.servers)}.")
    return name


def _said(asked: Asked, verdict: Verdict, *sentences: str, named: Mistake | None = None) -> CodeFeedback:
    return CodeFeedback(f"scale: {asked.id}", verdict, sentences, named)
