"""A question as HTML, piece by piece. What was captured and typed comes from anybody: every text is escaped."""

from collections.abc import Callable
from html import escape

from ipywidgets import Button

from chatkit.tcp.conversation import Conversation
from chatkit.teach.card import card
from chatkit.teach.feedback import Feedback
from chatkit.teach.hints import Hint
from chatkit.teach.kind import ORDER
from chatkit.teach.question import Question

STYLE = """<style>
.ck-question {
  box-sizing: border-box; max-width: 940px; margin: 4px 4px 12px; padding: 12px 16px; overflow: hidden;
  border: 1px solid var(--jp-border-color2, #bdbdbd); border-radius: 8px;
  background: var(--jp-layout-color1, transparent); color: var(--jp-ui-font-color1, inherit);
}
.ck-question .widget-html, .ck-question .widget-html-content {
  height: auto; min-height: 0; margin: 0; width: 100%; overflow: visible; overflow-wrap: anywhere;
  line-height: 1.5; font-size: var(--jp-ui-font-size1, 13px); color: inherit;
}
.ck-question .ck-prompt { font-size: 1.15em; max-width: 46em; margin: 2px 0 4px; }
.ck-question .ck-faint { color: var(--jp-ui-font-color2, inherit); font-size: 0.92em; }
.ck-answer { flex-flow: row wrap; align-items: flex-end; gap: 10px; margin: 8px 0 2px; overflow: visible; }
.ck-answer > .widget-text { display: block; width: 190px; height: auto; margin: 0; }
.ck-answer > .widget-text > label {
  display: block; width: auto; height: auto; text-align: left; line-height: 1.5;
  color: var(--jp-ui-font-color2, inherit);
}
.ck-answer > .widget-text > input { width: 100%; }
.ck-answer > .widget-button { width: auto; margin: 0; border-radius: 4px; }
.ck-answer > .ck-options { display: block; width: 100%; height: auto; margin: 0; }
.ck-options .widget-radio-box { max-height: none; overflow: visible; margin: 0; }
.ck-options .widget-radio-box label {
  height: auto; line-height: 1.5; margin: 3px 0; white-space: normal; font-size: 1.05em; cursor: pointer;
  display: flex; flex-direction: row-reverse; justify-content: flex-end; align-items: center; gap: 8px;
}
.ck-options .widget-radio-box input { margin: 0; flex: none; position: static; }
.ck-question .ck-case { max-width: 52em; margin: 0 0 4px; }
.ck-question .ck-pieces { margin: 4px 0; padding-left: 2.2em; font-family: var(--jp-code-font-family, monospace); }
.ck-question .ck-predicted { margin: 4px 0; padding-left: 14px; border-left: 2px solid currentColor; }
.ck-hint { margin: 8px 0; padding-left: 14px; border-left: 2px dotted currentColor; }
.ck-hint > p { margin: 0; max-width: 52em; }
.ck-hint > pre {
  margin: 6px 0 0; padding: 0; overflow-x: auto; white-space: pre; overflow-wrap: normal;
  font-size: 0.85em; line-height: 1.4; color: inherit; background: none;
}
</style>"""


def prompt(question: Question, before: str = "") -> str:
    """What is asked, on whatever capture."""
    name = f'<div class="ck-faint">{escape(question.id)}, level {question.level}</div>'
    return f'{name}<div class="ck-prompt">{escape(before)}{escape(question.prompt)}</div>'


def case(question: Question, talk: Conversation | None) -> str:
    """What is asked about in this very conversation, and the pieces that are to be put in order."""
    if talk is None:
        return ""
    offers = question.offers_on(talk) if question.kind is ORDER else ()
    rows = "".join(f"<li>{escape(option.text)}</li>" for option in offers)
    pieces = f'<ol class="ck-pieces" type="A">{rows}</ol>' if rows else ""
    said = " ".join(part for part in (question.case(talk), question.frame_is) if part)
    return (f'<div class="ck-case">{escape(said)}</div>' if said else "") + pieces


def kept(prediction: str) -> str:
    """What a student expects."""
    if not prediction:
        return '<div class="ck-faint">Nothing is kept yet. A wrong guess teaches more than none.</div>'
    return f'<div role="status">Kept: <b>{escape(prediction)}</b>. Now look.</div>'


def predicted(prediction: str, remark: str) -> str:
    """What the student had expected, beside what was observed."""
    return f'<div class="ck-predicted">You predicted: <b>{escape(prediction)}</b>{escape(remark)}</div>'


def button(words: str, tooltip: str, clicked: Callable[..., None], is_primary: bool = False) -> Button:
    """A button below a question."""
    made = Button(description=words, tooltip=tooltip)
    made.button_style = "primary" if is_primary else ""
    made.on_click(clicked)
    return made


def judged_on(feedback: Feedback) -> str:
    """What the answer is judged on."""
    return f'<div class="ck-faint">{escape(feedback.judged_on)}</div>'


def verdict(feedback: Feedback) -> str:
    """How it was judged."""
    return card(feedback)


def hints(rungs: tuple[Hint, ...]) -> str:
    """The hints that were asked for."""
    return "".join(_hint(rung) for rung in rungs)


def hint_button(rungs: tuple[Hint, ...], shown: int) -> str:
    """What the button says that shows the next of them."""
    if shown >= len(rungs):
        return "No more hints"
    return "Show the solution" if rungs[shown].is_solution else f"Hint {shown + 1} of {len(rungs)}"


def trouble(sentence: str) -> str:
    """What went wrong."""
    return f'<div role="alert">{escape(sentence)}</div>'


def _hint(hint: Hint) -> str:
    figure = f"<pre>{escape(hint.figure)}</pre>" if hint.figure else ""
    return f'<div class="ck-hint"><p><b>{escape(hint.title)}.</b> {escape(hint.text)}</p>{figure}</div>'
