"""Feedback as HTML. The sentences quote what was typed and captured, so all is escaped.

Text and ground are those of the page, light or dark; each verdict's hue has at least 3 to 1 contrast on both (WCAG 2.2,
1.4.11), and its word and sign say the same.
"""

from html import escape
from typing import TYPE_CHECKING, Protocol

from chatkit.tcp.style import NO_FORMULAS

if TYPE_CHECKING:
    from chatkit.teach.feedback import Feedback
    from chatkit.teach.verdict import Verdict

_HUES = {
    "missing": "#7f858d",
    "capture unfit": "#b07a00",
    "not yet": "#d0497a",
    "almost": "#3b82d6",
    "right": "#2c9a58",
}
_LOOKS = (
    "margin:8px 0;padding:8px 14px;border-left:6px solid {hue};border-radius:4px;line-height:1.5;max-width:52em;"
    "background:rgba(127,127,127,.1);color:var(--jp-ui-font-color1,inherit)"
)


class Told(Protocol):
    """What a student is told, about an answer or about a function."""

    @property
    def verdict(self) -> "Verdict":
        """How it was judged."""

    @property
    def heading(self) -> str:
        """The verdict in words."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The reasons."""


def card(feedback: Told) -> str:
    """The verdict and its reasons."""
    verdict = feedback.verdict
    heading = f'<span aria-hidden="true">{verdict.sign}</span> {escape(_capital(feedback.heading))}'
    sentences = "".join(f"<div>{escape(sentence)}</div>" for sentence in feedback.sentences)
    looks = _LOOKS.format(hue=_HUES[verdict.word])
    return (
        f'<div class="{NO_FORMULAS}" role="status" style="{looks}">'
        f'<div style="font-weight:600">{heading}</div>{sentences}</div>'
    )


def page(feedback: "Feedback") -> str:
    """The same, with what it was judged on, and with the ladder that shows where to look."""
    ladder = feedback.ladder()
    picture = ladder._repr_html_() if ladder else ""
    return f'{card(feedback)}<div style="font-size:90%;margin:4px 0">{escape(feedback.judged_on)}</div>{picture}'


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
