"""A `ServerStory` as HTML, piece by piece. Names come from anybody: every one is escaped, and isolated with <bdi>."""

from html import escape

from chatkit.faces.widgets.server_story import SPAN, Guest, ServerStory
from chatkit.net.host import write_address

MAX_ROWS = 100  # of users; the count above is of all
WIDTH, HEIGHT = 480, 56  # of the graph, which is stretched to the panel's width
BAR = WIDTH // SPAN

STYLE = """<style>
.ck-chat.ck-server { max-width: 760px; }
.ck-server pre {
  margin: 0; white-space: pre-wrap; overflow-wrap: break-word; word-break: normal; font-size: 0.95em; color: inherit;
}
.ck-server .ck-top > .widget-hbox { gap: 6px; }
.ck-server .ck-part { margin: 10px 0 2px; font-weight: 600; }
.ck-server .ck-scrolled { overflow-x: auto; }
.ck-server table { border-collapse: collapse; }
.ck-server th, .ck-server td { text-align: left; padding: 1px 16px 1px 0; white-space: nowrap; }
.ck-server th { font-weight: normal; color: var(--ck-faint); }
.ck-server td.ck-count { text-align: right; }
.ck-server svg { display: block; width: 100%; height: 56px; border-bottom: 1px solid var(--ck-faint); }
.ck-server .ck-axis { display: flex; justify-content: space-between; color: var(--ck-faint); font-size: 0.9em; }
</style>"""


def head(story: ServerStory) -> str:
    """Whether it listens, and where."""
    at = f"● listening on <code>{escape(write_address(story.address))}</code>" if story.address else "○ stopped"
    kind = "connected" if story.address else "offline"
    return f'<div class="ck-head"><b>Chat server</b> <span class="ck-state ck-{kind}" role="status">{at}</span></div>'


def to_type(words: str) -> str:
    """What has to be typed to get in."""
    return f"<pre>{escape(words)}</pre>" if words else ""


def trouble(sentence: str) -> str:
    """Why something was not done, or nothing at all."""
    return f'<div class="ck-trouble" role="alert">{escape(sentence)}</div>' if sentence else ""


def users(story: ServerStory) -> str:
    """Who is connected, from where, and which thread reads what they send."""
    guests = list(story.guests.values())
    joined = sum(bool(guest.name) for guest in guests)
    title = f'<div class="ck-part">Users ({joined})</div>'
    if not guests:
        return f"{title}nobody is connected"
    heads = "".join(f'<th scope="col">{words}</th>' for words in ("Name", "Address", "Thread that reads", "Messages"))
    rows = "".join(map(_row, guests[:MAX_ROWS]))
    more = f"<div>and {len(guests) - MAX_ROWS} more</div>" if len(guests) > MAX_ROWS else ""
    return f'{title}<div class="ck-scrolled"><table><tr>{heads}</tr>{rows}</table></div>{more}'


def graph(story: ServerStory, now: float) -> str:
    """The messages of the last minute, a bar for each second, the latest on the right."""
    counts = story.per_second(now)
    most = max(counts)
    words = f"{counts[-1]} in the last second; at most {most} in one; {sum(counts)} in the last {SPAN} s"
    bars = "".join(_bar(place, count, most) for place, count in enumerate(counts) if count)
    return (
        f'<div class="ck-part">Messages to the room, per second</div>{words}'
        f'<svg role="img" aria-label="Messages per second: {words}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none" fill="currentColor">'
        f"<title>Messages per second</title><desc>{words}</desc>{bars}</svg>"
        f'<div class="ck-axis"><span>{SPAN} s ago</span><span>now</span></div>'
    )


def log(story: ServerStory) -> str:
    """The last lines of the log, the newest last."""
    dropped = story.count - len(story.lines)
    older = f"{dropped} older lines are not shown\n" if dropped else ""
    lines = escape("\n".join(story.lines)) or "nothing has happened yet"
    return f'<div class="ck-part">Log</div><pre role="log" aria-live="polite" aria-label="Log">{older}{lines}</pre>'


def _row(guest: Guest) -> str:
    name = f"<bdi>{escape(guest.name)}</bdi>" if guest.name else "<i>not joined</i>"
    cells = f"<td>{name}</td><td>{escape(write_address(guest.address))}</td><td>{escape(guest.thread) or '…'}</td>"
    return f'<tr>{cells}<td class="ck-count">{guest.messages}</td></tr>'


def _bar(place: int, count: int, most: int) -> str:
    height = max(2, HEIGHT * count / most)
    return (
        f'<rect x="{place * BAR}" y="{HEIGHT - height:.1f}" width="{BAR - 1}" height="{height:.1f}" fill-opacity=".7"/>'
    )
