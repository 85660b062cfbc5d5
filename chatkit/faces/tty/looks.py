"""How a line of the chat looks in a terminal: who speaks has a colour, and the words say it without.

    14:02  bob: hello
    14:03  bob to you: psst
    14:03  * carl joined
    14:04  ! Not sent: not connected.
           bob: said before you came
"""

import textwrap
from dataclasses import replace

from chatkit.faces.colours import colour_of
from chatkit.faces.tty.rows import rows
from chatkit.faces.tty.screen_text import BOLD, DIM, RED, YELLOW, columns, harmless, hue, isolate, styled
from chatkit.faces.updates import Kind, Line

_INDENT = " " * len("14:02  ")
_WIDEST_MARK = 60  # columns


def look(line: Line, width: int = 0, colour: bool = False) -> str:
    """Give the rows for a line of the chat: at most `width` columns wide, or one row however long for 0."""
    label = _label(line)
    first, *others = map(isolate, _wrap(harmless(line.text), columns(label), width - len(_INDENT)))
    shown = f"\n{_INDENT}".join([styled(label, _label_style(line), colour) + first, *others])
    clock = styled(f"{line.clock:5}", DIM, colour)
    return f"{clock}  {styled(shown, DIM, colour) if line.kind in (Kind.NOTICE, Kind.PAST) else shown}"


def mark(width: int, colour: bool = False) -> str:
    """Give the row that stands above the first unread line."""
    return styled(" new ".center(min(width or _WIDEST_MARK, _WIDEST_MARK), "-"), YELLOW, colour)


def name_style(name: str) -> str:
    """Give the style of a name, the same wherever it stands."""
    return f"{BOLD};{hue(colour_of(name).terminal)}"


def _label(line: Line) -> str:
    match line.kind:
        case Kind.NOTICE:
            return "* "
        case Kind.TROUBLE:
            return "! "
    return f"{replace(line, name=isolate(harmless(line.name))).speaker}: "


def _label_style(line: Line) -> str:
    match line.kind:
        case Kind.NOTICE | Kind.PAST:
            return ""
        case Kind.TROUBLE:
            return RED
    return name_style(line.name)


def _wrap(text: str, indent: int, width: int) -> list[str]:
    """Break between words; the first row begins after `indent` columns.

    A long word is left whole to the terminal, so that an address can be clicked, if it is all ASCII: then it has no
    blank with which to imitate somebody else's line.
    """
    if width < 1:
        return [text]
    if width <= indent:
        return ["", *rows(text, width)]
    if not text.isascii():
        return list(rows(text, width, taken=indent))
    wrapped = textwrap.wrap(text, width, initial_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return [wrapped[0][indent:], *wrapped[1:]] if wrapped else [text]
