"""A drawing on a page: it scrolls where the page is too narrow for it, and says the same in words.

What is drawn comes from the wire, so anybody's words may be in it: no formula is made of them.
"""

from html import escape

from chatkit.tcp.style import NO_FORMULAS


def figure(svg: str, words: str, min_width: int, summary: str = "The same in words") -> str:
    """The drawing, at least `min_width` pixels wide, and the words below it, to be opened."""
    details = f"<details><summary>{summary}</summary><pre>{escape(words)}</pre></details>"
    return f'<figure class="{NO_FORMULAS}" style="margin:0">{scrolled(svg, min_width)}{details}</figure>'


def scrolled(svg: str, min_width: int) -> str:
    """The drawing alone, at least so many pixels wide: narrower, and its words are too small to read."""
    return f'<div style="overflow-x:auto"><div style="min-width:{min_width}px">{svg}</div></div>'
