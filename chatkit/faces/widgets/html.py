"""A chat's `Screen` as HTML, piece by piece.

Names and texts come from anybody: every one is escaped, and isolated with <bdi>, so that a right-to-left text cannot
reorder what stands beside it. Colours follow the theme of the notebook; none is the only sign of anything.
"""

from html import escape

from chatkit.faces.colours import colour_of
from chatkit.faces.updates import Blame, Kind, Line, Phase, Status
from chatkit.faces.widgets.screen import Screen
from chatkit.net.event import Address
from chatkit.net.host import write_address
from chatkit.protocol.names import fold

MAX_NAMES = 100  # in the list of users; the count above it is of all

_DOTS = {  # the shapes differ too
    Phase.CONNECTED: "●",
    Phase.CONNECTING: "◐",
    Phase.WAITING: "◔",
    Phase.OFFLINE: "○",
}


def head(screen: Screen) -> str:
    """Who you are, whether you are connected, and the addresses of both ends."""
    phase = screen.status.phase
    who = _name(screen.name) if screen.name else "<b>Chat</b>"
    state = f'<span class="ck-state ck-{phase.name.lower()}" role="status">{_DOTS[phase]} {phase.value}</span>'
    return f'<div class="ck-head">{who} {state}</div>{_ends(screen.status)}'


def log(screen: Screen) -> str:
    """The chat box, the newest line last, with a mark above the first unread one."""
    older = f'<div class="ck-notice">{screen.dropped} older lines are not shown</div>' if screen.dropped else ""
    new_at = max(0, screen.new_from - screen.dropped) if screen.unread.marked else None
    lines = "".join(_new(screen) * (at == new_at) + _line(line) for at, line in enumerate(screen.lines))
    nothing = "" if lines else '<div class="ck-notice">Nobody has said anything yet.</div>'
    return f'<div class="ck-lines" role="log" aria-live="polite" aria-label="Messages">{older}{lines}{nothing}</div>'


def users(screen: Screen) -> str:
    """The list of users, with their number."""
    items = "".join(f"<li>{_name(name)}{_you(name, screen)}</li>" for name in screen.names[:MAX_NAMES])
    more = f"<li>and {len(screen.names) - MAX_NAMES} more</li>" if len(screen.names) > MAX_NAMES else ""
    return f'<b>Users ({len(screen.names)})</b><ul aria-label="Users">{items}{more}</ul>'


def trouble(screen: Screen) -> str:
    """Why something was not done, when we try again, or nothing at all."""
    alert = ' role="alert"' * screen.status.is_news  # a countdown is not read aloud each second
    waiting = f'<div class="ck-trouble ck-remark"{alert}>{escape(screen.waiting)}</div>' if screen.waiting else ""
    if not screen.trouble:
        return waiting
    remark = " ck-remark" * (screen.trouble == screen.status.sentence and screen.status.blame is Blame.NOTHING)
    return f'{waiting}<div class="ck-trouble{remark}" role="alert">{escape(screen.trouble)}</div>'


def _new(screen: Screen) -> str:
    return f'<div class="ck-new" role="separator">{screen.unread.count} new</div>'


def _line(line: Line) -> str:
    time = f'<span class="ck-time">{line.clock}</span>' if line.clock else ""
    match line.kind:
        case Kind.NOTICE:
            return f'<div class="ck-notice"><bdi>{escape(line.text)}</bdi> {time}</div>'
        case Kind.TROUBLE:
            return f'<div class="ck-trouble">{escape(line.text)} {time}</div>'
    classes = "ck-line ck-hue" + " ck-mine" * line.mine + " ck-private" * (line.kind is Kind.TOLD)
    classes += " ck-past" * (line.kind is Kind.PAST)
    private = ' <span class="ck-time">private</span>' if line.kind is Kind.TOLD else ""
    you = ' <span class="ck-time">you</span>' if line.mine and line.kind is Kind.SAID else ""
    speaker = f"{_name(line.name, line.speaker)}{you}{private} {time}"
    return f'<div class="{classes}" style="{_hues(line.name)}"><div>{speaker}</div><bdi>{escape(line.text)}</bdi></div>'


def _name(name: str, shown: str = "") -> str:
    return f'<bdi class="ck-name ck-hue" style="{_hues(name)}">{escape(shown or name)}</bdi>'


def _hues(name: str) -> str:
    colour = colour_of(name)
    return f"--on-light:{colour.on_light};--on-dark:{colour.on_dark}"


def _you(name: str, screen: Screen) -> str:
    return ' <span class="ck-time">you</span>' if fold(name) == fold(screen.name) else ""


def _ends(status: Status) -> str:
    if not (status.own and status.server):
        return ""
    seal = f' <span title="{escape(str(status.seal))}">{escape(status.seal.version)}</span>' if status.seal else ""
    own, server = _address(status.own), _address(status.server)
    return f'<div class="ck-ends"><span>you {own}</span> <span>→ server {server}</span>{seal}</div>'


def _address(address: Address) -> str:
    return f"<code>{escape(write_address(address))}</code>"
