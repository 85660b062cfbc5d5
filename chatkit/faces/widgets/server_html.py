"""A `ServerStory` as HTML, piece by piece. Names come from anybody: every one is escaped, and isolated with <bdi>."""

from html import escape

from chatkit.faces.widgets.server_story import SPAN, Guest, ServerStory
from chatkit.net.host import write_address

MAX_ROWS = 100  # of users; the count above is of all
WIDTH, HEIGHT, HEAD = 480, 76, 16  # of the graph
BAR = WIDTH // SPAN

STYLE = """<style>
.ck-chat.ck-server { max-width: 760px; }
.ck-server pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.95em; color: inherit; }
.ck-server .ck-part { margin: 8px 0 2px; font-weight: 600; }
.ck-server .ck-scrolled { overflow-x: auto; }
.ck-server table { border-collapse: collapse; }
.ck-server th, .ck-server td { text-align: left; padding: 1px 16px 1px 0; vertical-align: top; }
.ck-server th { font-weight: normal; color: var(--ck-faint); }
.ck-server svg { display: block; max-width: 100%; height: auto; }
.ck-server .ck-count { text-align: right; }
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
    words = f"{counts[-1]} in the last second, at most {most}, {sum(counts)} in the last {SPAN} s"
    bars = "".join(_bar(place, count, most) for place, count in enumerate(counts) if count)
    return (
        f'<div class="ck-part">Messages to the room, per second</div>'
        f'<svg role="img" aria-label="Messages per second: {words}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" fill="currentColor" font-family="system-ui, sans-serif" font-size="12">'
        f'<text x="0" y="11">{words}</text>{bars}'
        f'<path d="M0 {HEIGHT - 0.5}H{WIDTH}" stroke="currentColor" stroke-opacity=".5"/></svg>'
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
    height = max(2, (HEIGHT - HEAD) * count / most)
    return (
        f'<rect x="{place * BAR}" y="{HEIGHT - height:.1f}" width="{BAR - 1}" height="{height:.1f}" fill-opacity=".7"/>'
    )
