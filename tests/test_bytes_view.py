import re
from dataclasses import replace

import pytest

from chatkit.errors import MisuseError
from chatkit.faces.notebook.bytes_view import show_bytes
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Flag, Segment

ANN, SERVER = ("10.0.0.1", 40000), ("10.0.0.9", 9898)


def talk(*payloads: bytes) -> Conversation:
    segments = [Segment(1, 0.0, ANN, SERVER, 100, 0, Flag.SYN)]
    seq = 101
    for frame, payload in enumerate(payloads, start=2):
        segments.append(Segment(frame, 0.0, ANN, SERVER, seq, 1, Flag.ACK | Flag.PSH, payload=payload))
        seq += len(payload)
    return Conversation(tuple(segments))


def test_it_says_the_frame_and_the_place_and_marks_the_bytes() -> None:
    assert str(show_bytes(talk(b"JOIN ann\n", b"SAY hello, bob\n"), "hello, bob")).splitlines() == [
        '"hello, bob" lies in frame 3, from 10.0.0.1:40000 to 10.0.0.9:9898: bytes 4 to 13 of 15, counted from 0.',
        "offset  bytes                                             text",
        "     0  53 41 59 20[68 65 6c 6c 6f 2c 20 62 6f 62]0a      SAY [hello, bob].",
    ]


def test_columns_stand_below_each_other_in_every_row() -> None:
    view = show_bytes(talk(b"SAY " + b"x" * 40 + b"\n"), "x" * 40)
    rows = str(view).splitlines()[2:]
    assert [row[58:].strip("[]") for row in rows] == ["SAY [xxxxxxxxxxxx", "x" * 16, "x" * 12 + "]."]


def test_a_page_has_the_same_columns() -> None:
    view = show_bytes(talk(b"SAY " + b"x" * 40 + b"\n"), "x" * 40)
    rows = re.sub("<[^>]*>", "", view._repr_html_()).splitlines()[1:]
    assert [row[58:] for row in rows] == ["SAY " + "x" * 12, "x" * 16, "x" * 12 + "."]


def test_a_sentence_that_is_cut_by_a_segment_is_shown_in_both() -> None:
    view = str(show_bytes(talk(b"SAY hel", b"lo\n"), "hello"))
    assert '"hel" lies in frame 2' in view
    assert '"lo" lies in frame 3' in view


def test_bytes_are_counted_and_not_characters() -> None:
    assert "bytes 4 to 8 of 10" in str(show_bytes(talk("SAY café\n".encode()), "café"))


def test_a_sentence_that_is_not_there_is_said_to_be_missing() -> None:
    view = show_bytes(talk(b"SAY hello\n"), "password")
    assert str(view) == '"password" is not in this conversation, between 10.0.0.1:40000 and 10.0.0.9:9898.'
    assert "is not in this conversation" in view._repr_html_()


def test_many_places_are_cut_to_a_few_and_counted() -> None:
    view = str(show_bytes(talk(*[b"SAY ha\n"] * 8), "ha"))
    assert view.count("lies in frame") == 5
    assert "3 more places" in view


def test_a_page_escapes_what_was_captured() -> None:
    page = show_bytes(talk(b"SAY <script>alert(1)</script>\n"), "<script>")._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nothing_cannot_be_looked_for() -> None:
    with pytest.raises(MisuseError, match="no sentence"):
        show_bytes(talk(b"SAY hello\n"), "")


def test_it_says_what_kind_of_evidence_it_shows() -> None:
    told = replace(talk(b"SAY hello\n"), source="RECORDED, not caught here")
    assert str(show_bytes(told, "hello")).endswith("(RECORDED, not caught here)")
    assert "(RECORDED, not caught here)" in show_bytes(told, "hello")._repr_html_()
