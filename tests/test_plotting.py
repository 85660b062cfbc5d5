"""python3 -m chatkit plot."""

from pathlib import Path

import pytest

from chatkit.capture.recorded import FOLDER
from chatkit.errors import CaptureError, MachineError, MisuseError
from chatkit.faces.plotting import KINDS, main
from tests.figures import ENDS
from tests.talks import Ends, caught

LOST = str(FOLDER / "one-segment-lost.pcap")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_written_and_what_it_shows_is_printed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lost.png"
    assert main([LOST, "--kind", kind, "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "sends to 10.0.0.2:9000." in capsys.readouterr().out


def test_a_page_with_the_picture_is_written(tmp_path: Path) -> None:
    out = tmp_path / "lost.html"
    main([LOST, "--out", str(out)])
    assert out.read_text("utf-8").count("<svg") == 1


def test_without_a_number_it_is_the_conversation_with_most_payload(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = Ends(1, 2, ("192.0.2.1", 5000), ("192.0.2.2", 80)).chat(said=b"x" * 900)
    path = str(caught([*ENDS.chat(), *long]).save(tmp_path / "two.pcap"))
    main([path, "--out", str(tmp_path / "a.svg")])
    assert "what 192.0.2.1:5000 sends" in capsys.readouterr().out
    main([path, "--conversation", "1", "--sender", "server", "--out", str(tmp_path / "a.svg")])
    assert "what 192.0.2.2:9898 sends" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["--port", "7", "--out", "a.png"], CaptureError, "on port 7"),
        (["--conversation", "2", "--out", "a.png"], CaptureError, "numbers 1 to 1"),
        (["--out", "missing/a.png"], MachineError, "missing/a.png cannot be written"),
        (["--out", "a.doc"], MisuseError, "png, .svg, .pdf, not as 'a.doc'"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments: list[str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        main([LOST, *arguments])
