"""What happens on a wire in words: a line for each step, for lists, and for those who do not see the picture."""

from collections.abc import Iterator

from chatkit.faces.wire.scene import Arrow, Page, Part, Step
from chatkit.lan.log import Fate
from chatkit.tcp.conversation import States
from chatkit.tcp.judge import Judgement
from chatkit.tcp.segment import Flag, at
from chatkit.tcp.visible import visible

TEXT_LIMIT = 40  # columns of payload
MARGIN = 11  # columns for the number of a frame

_ORDINARY = {Judgement.OPENING, Judgement.NEW_DATA, Judgement.PURE_ACK, Judgement.CLOSING, Judgement.RESET}
_MISSED = {Judgement.AFTER_GAP, Judgement.ACKED_UNSEEN}  # of the capture, not of TCP


def tell(page: Page, relative: bool = True) -> Iterator[str]:
    """Everything on the page, line by line, with the states of both ends where they change."""
    known = dict(page.before)
    for step in page.steps:
        if step.skipped:
            yield f"{' ' * MARGIN}{skipped(step)}"
        yield row(step, page.start, relative) + _changes(step, known)


def row(step: Step, start: float, relative: bool = True) -> str:
    """One step in one line."""
    when = clock(step.time - start)
    if step.call:
        return f"{' ' * MARGIN}{when}  {step.call.host.name} calls {step.call.words} in {step.call.thread}"
    assert step.arrow
    arrow, number = step.arrow, f"frame {step.arrow.segment.frame}".ljust(MARGIN)
    if step.part is Part.ARRIVES:
        return f"{number}{when}  arrives at {arrow.receiver.name}, from {arrow.sender.name}"
    parts = [f"{arrow.sender.name} → {arrow.receiver.name}", flags(arrow), numbers(arrow, relative)]
    parts += [data(arrow, TEXT_LIMIT), remark(arrow), ending(arrow)]
    return f"{number}{when}  " + "  ".join(filter(None, parts))


def flags(arrow: Arrow) -> str:
    """The segment's control bits."""
    return str(arrow.segment.flags) or "no flags"


def numbers(arrow: Arrow, relative: bool) -> str:
    """`seq 1 ack 88`; no ack without the ACK flag."""
    seq, ack = arrow.relative if relative else (arrow.segment.seq, arrow.segment.ack)
    return f"seq {seq} ack {ack}" if Flag.ACK in arrow.segment.flags else f"seq {seq}"


def data(arrow: Arrow, limit: int) -> str:
    """How much payload, and what; empty where there is none."""
    size = arrow.segment.size
    return f"{size} byte{'s' * (size != 1)} {visible(arrow.segment.payload, limit)}" if size else ""


def remark(arrow: Arrow) -> str:
    """What is unusual about it."""
    words = [verdict.value for verdict in Judgement if verdict in arrow.judgements - _ORDINARY - _MISSED]
    if arrow.fate not in (Fate.DELIVERED, Fate.DROPPED):
        words.append(arrow.fate.value)
    return ", ".join(words)


def ending(arrow: Arrow) -> str:
    """Why it has not arrived; empty where it has."""
    if arrow.arrived is not None:
        return ""
    if arrow.fate is Fate.DROPPED:
        return f"dropped by {arrow.rule}" if arrow.rule else "dropped"
    return "on its way" if arrow.is_on_its_way else "no sign of arrival"


def skipped(step: Step) -> str:
    """How many pure ACKs are left out before the step."""
    return f"{step.skipped} pure ACK{'s' * (step.skipped != 1)} not shown"


def clock(seconds: float) -> str:
    """A time since the beginning."""
    return f"{seconds:.4f} s" if abs(seconds) >= 1 else f"{seconds * 1000:.3f} ms"


def summary(page: Page) -> str:
    """What a picture of the page shows."""
    segments = {step.arrow.segment.frame for step in page.steps if step.arrow}
    calls = sum(1 for step in page.steps if step.call)
    hosts = ", ".join(host.name for host in page.hosts) or "nobody"
    said = f" and {calls} socket calls" if calls else ""
    return f"{len(segments)} segments{said} between {hosts}, time running down. {page.source}".strip()


def _changes(step: Step, known: dict[int, States]) -> str:
    """`; ann is SYN-SENT`: what has changed by this step. It is noted in `known`."""
    if not step.arrow:
        return ""
    arrow, talk = step.arrow, step.arrow.talk
    now = list(known[talk.number])
    sender, receiver = (0, 1) if arrow.is_from_client else (1, 0)
    if step.part is not Part.ARRIVES:
        now[sender] = arrow.left[sender]
    if step.part is not Part.LEAVES and arrow.landed:
        now[receiver] = arrow.landed[receiver]
    ends = zip((talk.client, talk.server), known[talk.number], now, strict=True)
    known[talk.number] = States(*now)
    changed = [f"{end.name} is {new}" for end, old, new in ends if new != old and new.known]
    return "; " + ", ".join(changed) if changed else ""


def address_of(arrow: Arrow) -> str:
    """`10.0.0.2:45562 → 10.0.0.1:9898`."""
    return f"{at(arrow.segment.source)} → {at(arrow.segment.destination)}"
