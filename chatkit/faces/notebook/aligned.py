"""Rows of cells as text in columns, as a terminal shows a table."""

from collections.abc import Sequence

BETWEEN = "  "


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Give each column the width of its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(BETWEEN.join(map(str.ljust, row, widths)).rstrip() for row in rows)
