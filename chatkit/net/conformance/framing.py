"""A stream of bytes becomes lines, whatever pieces it comes in."""

from chatkit.net.conformance.probe import Broken, Probe, listed
from chatkit.net.conformance.rule import Rule, heard_only, never_heard, same
from chatkit.net.conformance.visit import Visit
from chatkit.protocol.text import quote

_BOM = b"\xef\xbb\xbf"


def glued(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    texts = [visit.marked(word) for word in ("one", "two", "three")]
    data = "".join(f"SAY {text}\n" for text in texts).encode()
    ann.send_raw(data)
    heard = _heard_after(ann, bob, f"SAID {ann.name} {texts[-1]}")
    wanted = [f"SAID {ann.name} {text}" for text in texts]
    if heard != wanted:
        raise Broken(
            f"a recv() was taken for a message: {quote(data)}, sent in one piece, reached bob as {listed(heard)}; "
            "only LF ends a line, and one recv() may bring several"
        )


def byte_by_byte(visit: Visit) -> None:
    text = visit.marked("slowly")
    _send_in_pieces(
        visit,
        [bytes([byte]) for byte in f"SAY {text}\n".encode()],
        text,
        "a recv() was taken for a message: a line that came byte by byte was not put together; bytes are kept until LF",
    )


def cut_inside_a_character(visit: Visit) -> None:
    text = visit.marked("naïve 😀")
    line = f"SAY {text}\n".encode()
    cuts = [line.index("ï".encode()) + 1, line.index("😀".encode()) + 2]
    _send_in_pieces(
        visit,
        [line[: cuts[0]], line[cuts[0] : cuts[1]], line[cuts[1] :]],
        text,
        "bytes were decoded or obeyed before the line was whole: it was cut inside ï and 😀; split at LF, decode then",
    )


def a_line_and_a_half(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    texts = [visit.marked(word) for word in ("whole", "half")]
    ann.send_raw(f"SAY {texts[0]}\nSAY ha".encode(), f"{texts[1][2:]}\n".encode())
    heard = _heard_after(ann, bob, f"SAID {ann.name} {texts[1]}")
    bug = "a recv() was taken for a message: a line and a half in one piece, and then the rest, were not said as two"
    heard_only(heard, [f"SAID {ann.name} {text}" for text in texts], bug)


def crlf(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    text = visit.marked("hi")
    ann.send_raw(f"SAY {text}\r\n".encode())
    line = bob.get(f"SAID {ann.name}", "a CR before LF is dropped, but a line that ended with CR LF did not reach bob")
    same(line, f"SAID {ann.name} {text}", "a CR before LF is dropped, but it was kept and said")


def bom(visit: Visit) -> None:
    ann = visit.connect()
    ann.get("HELLO", "a client that connected was not greeted")
    ann.send_raw(_BOM + visit.pass_line + f"JOIN {visit.marked('ann')}\n".encode())
    ann.get("WELCOME", "a byte order mark before the first line was taken for a part of it")


def empty_lines(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.fence()
    ann.send_raw(b"\n\r\n")
    never_heard(ann.fence(), "ERROR", "an empty line is ignored")
    if not ann.is_obeyed():
        raise Broken(
            "an empty line ended the connection; it is ignored: a stream ends with b'' from recv(), not with LF"
        )


def half_a_line_at_the_end(visit: Visit) -> None:
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send_raw(f"SAY {visit.marked('whole')}\n".encode())
    bob.get(f"SAID {ann.name}", "what ann said did not reach bob")
    ann.send_raw(f"SAY {visit.marked('half')}".encode())
    ann.half_close()
    heard = bob.until(f"LEFT {ann.name}")
    bug = "half a line was said: ann's stream ended before its LF came, so it is thrown away"
    never_heard(heard, f"SAID {ann.name}", bug)


RULES = (
    Rule("framing: lines that come glued together", "3", glued),
    Rule("framing: a line that comes byte by byte", "3", byte_by_byte),
    Rule("framing: a line and a half", "3", a_line_and_a_half),
    Rule("framing: a cut inside a UTF-8 character", "3", cut_inside_a_character),
    Rule("framing: CR LF ends a line as LF does", "3", crlf),
    Rule("framing: a byte order mark at the start is dropped", "3", bom),
    Rule("framing: an empty line is ignored", "3", empty_lines),
    Rule("framing: half a line at the end is not said", "3", half_a_line_at_the_end),
)


def _heard_after(ann: Probe, bob: Probe, last: str) -> list[str]:
    """Give what bob hears of ann up to this line, or until the server has handled all that ann sent."""
    heard = bob.until(last)
    ann.fence()
    return [line for line in heard + bob.fence() if not line.startswith(("USERS", "JOINED"))]


def _send_in_pieces(visit: Visit, pieces: list[bytes], text: str, bug: str) -> None:
    """Ann sends the pieces of one line; bob has to hear its text, once."""
    ann, bob = visit.join("ann"), visit.join("bob")
    ann.send_raw(*pieces)
    heard = _heard_after(ann, bob, f"SAID {ann.name} {text}")
    heard_only(heard, [f"SAID {ann.name} {text}"], bug)
