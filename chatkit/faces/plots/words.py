"""Numbers in words, for the text that stands beside a picture."""

from collections.abc import Sequence

LISTED = 4  # times that are named one by one


def count(number: int, one: str, many: str = "") -> str:
    """`1 segment`, `2,000 segments`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(seconds: float) -> str:
    """`0.0213 s`, as an axis has it."""
    return f"{seconds:.4g} s" if abs(seconds) < 1000 else f"{seconds:,.0f} s"


def duration(seconds: float) -> str:
    """`0.042 ms`, `21.3 ms`, `1.25 s`."""
    return moment(seconds) if abs(seconds) >= 1 else f"{seconds * 1000:.3g} ms"


def at_times(seconds: Sequence[float]) -> str:
    """`at 0.2 s`, `at 0.2 s, 0.4 s and 0.8 s`, and where there are many, `between 0.2 s and 9 s`."""
    if len(seconds) > LISTED:
        return f"between {moment(min(seconds))} and {moment(max(seconds))}"
    *others, last = map(moment, seconds)
    return f"at {', '.join(others)} and {last}" if others else f"at {last}"


def between(numbers: Sequence[int], one: str) -> str:
    """`between 100 and 1,460 bytes`, or `always 1,460 bytes`."""
    low, high = min(numbers), max(numbers)
    return f"between {low:,} and {count(high, one)}" if low < high else f"always {count(high, one)}"


def sentences(*parts: str) -> str:
    """Join those that say something."""
    return " ".join(part for part in parts if part)
