"""python3 -m chatkit ladder."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from chatkit.capture.recorded import FOLDER
from chatkit.errors import CaptureError
from chatkit.faces.laddering import main
from tests.figures import ENDS
from tests.talks import Ends, caught

WORDS = str(FOLDER / "first-words.pcap")


def test_each_conversation_of_the_file_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([WORDS]) == 0
    printed = capsys.readouterr().out
    assert printed.count("<CTL=SYN>") == 2
    assert 'SAY hello, bob\\n"' in printed


def test_numbers_are_relative_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    main([WORDS, "--relative", "--frames"])
    assert "<SEQ=0><CTL=SYN>" in capsys.readouterr().out


def test_only_the_port_that_is_asked_for_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Ends(1, 2, ("192.0.2.1", 5000), ("192.0.2.2", 80))
    path = caught([*ENDS.chat(), *other.chat()]).save(tmp_path / "two.pcap")
    main([str(path), "--port", "80"])
    printed = capsys.readouterr().out
    assert "192.0.2.2:80" in printed
    assert "192.0.2.2:9898" not in printed


def test_a_drawing_is_written_for_each_conversation(tmp_path: Path) -> None:
    main([WORDS, "--out", str(tmp_path / "words.svg")])
    drawings = sorted(tmp_path.iterdir())
    assert [path.name for path in drawings] == ["words-2.svg", "words.svg"]
    for path in drawings:
        ElementTree.parse(path)


@pytest.mark.parametrize(
    ("arguments", "said"), [([WORDS, "--port", "7"], "on port 7"), (["missing.pcap"], "cannot be read")]
)
def test_what_is_not_there_is_said(arguments: list[str], said: str) -> None:
    with pytest.raises(CaptureError, match=said):
        main(arguments)
