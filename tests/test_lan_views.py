"""What notebooks show of a LAN, and what they show without one."""

import sys
from collections.abc import Iterator

import pytest

from chatkit.capture.recorded import recorded
from chatkit.errors import CaptureError, MachineError
from chatkit.faces.notebook.classroom import Classroom
from chatkit.faces.notebook.lan_views import (
    ask_kernel,
    conversation_of,
    ladder_of,
    output_of,
    seen,
    sniffing,
    talk_by_hand,
    wire_log,
)
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.lan.lan import Lan
from chatkit.lan.rules import drop
from chatkit.lan.tcp_info import TcpInfo
from tests.needs import needs_lan, needs_linux, needs_live_capture

STAND_IN = StandIn(("server", "ann", "bob", "eve"), "Not here.")


@pytest.fixture
def room() -> Iterator[Classroom]:
    room = Classroom()
    yield room
    room.close()


@pytest.fixture
def lan(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> Lan:
    monkeypatch.delenv("CHATKIT_CAPTURE", raising=False)
    lan = room.start_lan("server", "ann", "bob", "eve")
    assert isinstance(lan, Lan)
    return lan


@needs_lan
def test_the_log_names_what_was_lost_and_by_which_rule(room: Classroom, lan: Lan) -> None:
    ann, bob = (room.join(name, room._server or room.start_server(lan)) for name in ("ann", "bob"))
    lan.wire.add(drop(nth=1, sent_by="ann", carrying_data=True))
    ann.say("<b>lost</b>")
    bob.wait_for("lost")
    log = wire_log(lan, "lan-loss")
    assert "who has 10.0.0.1 says 10.0.0.2" in repr(log.first(1))
    rows = repr(log.with_text("<b>lost")).splitlines()[1:]
    [said, told] = [[row for row in rows if words in row] for words in ("SAY <b>lost", "SAID ann <b>lost")]
    assert "ann  nobody" in said[0] and "dropped by drop(nth=1, sent_by='ann'" in said[0]
    assert "ann  server" in said[1] and "delivered" in said[1] and "server  bob" in told[0]
    assert "SAY &lt;b&gt;lost" in log._repr_html_() and "<b>" not in log._repr_html_()
    assert str(ladder_of("ann", seen(lan, "lan-loss"))).count("SAY <b>lost") == len(said)  # 2, if nothing was late
    assert seen(lan, "eve-on-switch", at="eve").segments == ()


def test_without_a_lan_the_recorded_log_stands_in_and_says_so() -> None:
    log = wire_log(STAND_IN, "lan-loss")
    assert len(log.passages) == len(recorded("lan-loss"))
    assert "RECORDED" in repr(log) and "RECORDED" in log._repr_html_()
    assert "dropped by drop(nth=1, sent_by='ann', carrying_data=True)" in repr(log.last(6))
    assert [p.sender for p in log.with_text("is this lost?").passages] == ["ann", "ann", "server"]


@pytest.mark.parametrize("name", ["lan-chat", "lan-loss", "lan-delay"])
def test_each_recorded_log_has_a_line_for_each_frame_and_the_sender_is_true(name: str) -> None:
    numbers = {"server": 1, "ann": 2, "bob": 3, "eve": 4}
    for passage in wire_log(STAND_IN, name).passages:
        assert passage.data[6:12] == bytes((2, 0, 0, 0, 0, numbers[passage.sender]))


def test_what_is_recorded_shows_what_the_notebook_says_of_it() -> None:
    loss, delay = seen(STAND_IN, "lan-loss"), seen(STAND_IN, "lan-delay")
    assert str(ladder_of("ann", loss)).count("SAY is this lost?") == 2
    opened = conversation_of("bob", delay).handshake
    assert opened and 0.2 <= opened.rtt < 0.25
    assert seen(STAND_IN, "eve-on-switch", at="eve").segments == ()
    assert conversation_of("ann", seen(STAND_IN, "eve-on-hub", at="eve")).find(b"the key is under the mat")


def test_a_conversation_is_found_by_the_name_that_joins_in_it() -> None:
    capture = recorded("lan-delay")
    assert conversation_of("bob", capture) is capture.conversations[2]  # the newest
    with pytest.raises(CaptureError, match="nobody joins as carol"):
        conversation_of("carol", capture)


@needs_linux
def test_the_kernel_tells_of_a_chat_and_of_one_that_has_left_it_says_why_not(room: Classroom) -> None:
    ann = room.join("ann", room.start_server())
    assert isinstance(ask_kernel(ann), TcpInfo)
    ann.disconnect()
    assert ask_kernel(ann) == "There is no connection."


def test_a_program_gets_what_is_typed_and_gives_what_it_prints() -> None:
    host = STAND_IN["ann"]
    code = "import sys; print(input()); print('oops', file=sys.stderr)"
    assert output_of(host, sys.executable, "-c", code, typed="hello\n").splitlines() == ["hello", "oops"]


@pytest.mark.parametrize("has_nc", [True, False])
def test_three_lines_by_hand_are_a_chat(room: Classroom, monkeypatch: pytest.MonkeyPatch, has_nc: bool) -> None:
    if not has_nc:
        monkeypatch.setattr("shutil.which", lambda program: None)
    answers = talk_by_hand(STAND_IN["bob"], room.start_server(), "JOIN dave\nWHO\nQUIT\n").splitlines()
    assert answers[1:] == ["WELCOME dave", "USERS 1 dave", "USERS 1 dave", "BYE"]


@needs_lan
def test_a_program_in_a_host_sees_the_interfaces_of_that_host_only(lan: Lan) -> None:
    lines = output_of(lan["ann"], "cat", "/proc/net/dev").splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo", "eth0"]
    with pytest.raises(MachineError):
        output_of(lan["ann"], "no-such-program")


@needs_lan
def test_scapy_sniffs_inside_a_host(room: Classroom, lan: Lan) -> None:
    server = room.start_server(lan)
    ann, _ = room.join("ann", server), room.join("bob", server)
    with sniffing(lan, "bob", server) as sniffer:
        ann.say("can scapy hear me?")
    assert 'Raw  "SAID ann can scapy hear me?\\n"' in repr(sniffer)
    assert "on eth0 of the host bob" in repr(sniffer)
    assert sniffer.packets[0].load == b"SAID ann can scapy hear me?\n"


@needs_live_capture
def test_scapy_sniffs_on_loopback_each_packet_once(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "loopback")
    server = room.start_server()
    ann, _ = room.join("ann", server), room.join("bob", server)
    with sniffing(STAND_IN, "bob", server) as sniffer:
        ann.say("can scapy hear me?")
    assert repr(sniffer).count("SAY can scapy") == repr(sniffer).count("SAID ann can scapy") == 1


def test_where_scapy_may_not_sniff_it_reads_what_was_recorded(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_CAPTURE", "recorded")
    with sniffing(STAND_IN, "bob", room.start_server()) as sniffer:
        pass
    assert "RECORDED" in repr(sniffer)
    assert len(sniffer.packets) == len(recorded("first-words"))
