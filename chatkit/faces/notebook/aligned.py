"""Rows of cells as text in columns, as a terminal shows a table."""

from collections.abc import Sequence
from html import escape

from chatkit.tcp.style import NO_FORMULAS

BETWEEN = "  "
_PAPER = "white-space:pre;overflow-x:auto;margin:0;padding:0 8px;background:none;color:inherit"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Give each column the width of its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(BETWEEN.join(map(str.ljust, row, widths)).rstrip() for row in rows)


def unbroken(text: str) -> str:
    """Give the same for a page: where the page is narrow it is scrolled, for JupyterLab would break each row."""
    return f'<pre class="{NO_FORMULAS}" style="{_PAPER}">{escape(text)}</pre>'
