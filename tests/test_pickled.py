"""Bytes that are obeyed, and the same bytes for a reader who obeys none."""

import pickle

import pytest

from chatkit.faces.notebook.eve_views import HOSTS
from chatkit.faces.notebook.pickled import SENTENCE, load_at_ann, read_as_text, with_a_surprise
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from tests.needs import needs_lan

NOT_HERE = StandIn(HOSTS, "It is locked.")


def test_a_list_arrives_as_a_list() -> None:
    assert load_at_ann(NOT_HERE, pickle.dumps(["ann"])) == "ann's program prints the list of users: ['ann']\n"


def test_a_surprise_is_called_where_it_is_loaded_and_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    surprise = with_a_surprise()
    assert load_at_ann(NOT_HERE, surprise).splitlines()[0] == SENTENCE
    assert "no message: " in read_as_text(surprise)
    assert capsys.readouterr() == ("", "")


@needs_lan
def test_on_a_lan_it_is_the_same() -> None:
    with Lan(*HOSTS) as lan:
        assert load_at_ann(lan, with_a_surprise()).splitlines()[0] == SENTENCE


def test_a_line_is_read() -> None:
    assert read_as_text(b"USERS 1 ann\n") == "Users(count=1, names=('ann',))"
