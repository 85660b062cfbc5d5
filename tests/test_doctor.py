"""The doctor: what is found on this machine, and how far the way to a chat server leads."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatkit import Server, doctor
from chatkit.doctor import machine
from chatkit.doctor.finding import Finding, table
from chatkit.doctor.reach import reach
from chatkit.errors import MisuseError
from chatkit.net.host import DEFAULT_PORT
from chatkit.net.tls import fingerprint
from tests.needs import needs_linux, needs_root
from tests.sealed_peer import SealedPeer, server_tls
from tests.strangers import says, stranger_that, waits_for_the_end

ROOT = Path(__file__).parent.parent
SHORT = 0.3  # seconds of patience with what never answers


def blocked(findings: list[Finding]) -> tuple[str, str]:
    """The step at which the way ends, and why."""
    assert all(finding.ok for finding in findings[:-1]) and not findings[-1].ok
    return findings[-1].what, findings[-1].detail


# ---- the way to a server ----


def test_a_chat_server_is_reached_in_three_steps() -> None:
    with Server(0) as server:
        findings = reach(f"127.0.0.1:{server.address[1]}")
    assert [finding.what for finding in findings] == ["name", "connection", "greeting"]
    assert all(finding.ok for finding in findings)
    assert "the three-way handshake took" in findings[1].detail and "HELLO chat/1" in findings[2].detail


def test_a_server_that_seals_is_reached_and_says_whom_to_trust() -> None:
    with Server(0, tls=server_tls()) as server:
        with SealedPeer(server.address) as peer:
            seen = fingerprint(peer.sock.getpeercert(True))
        findings = reach(f"127.0.0.1:{server.address[1]}", SHORT)
    assert [(finding.what, finding.ok) for finding in findings] == [
        (step, True) for step in ("name", "connection", "TLS", "greeting")
    ]
    assert f"chat 127.0.0.1:{server.address[1]}` and behind it" in findings[2].detail and seen in findings[2].detail
    assert "HELLO chat/1" in findings[3].detail


def test_behind_the_handshake_of_tls_another_kind_of_server_is_recognised_too() -> None:
    def mail(connection: socket.socket) -> None:
        with server_tls().wrap_socket(connection.dup(), server_side=True) as sealed:
            sealed.sendall(b"220 mail ready\r\n")

    with stranger_that(mail) as address:
        step, why = blocked(reach(address, SHORT))
    assert step == "greeting" and 'It said "220 mail ready" instead of HELLO chat/1' in why


def test_a_name_that_nobody_knows_is_not_found() -> None:
    step, why = blocked(reach("no-such-host.invalid:9898"))
    assert step == "name" and 'No computer called "no-such-host.invalid" was found' in why


def test_where_nobody_listens_the_connection_is_refused() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        step, why = blocked(reach(f"127.0.0.1:{holder.getsockname()[1]}"))
    assert step == "connection" and "Nobody listens" in why and "--open" in why


def test_where_nothing_answers_the_doctor_says_how_to_tell_firewall_from_wifi() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        fill_the_backlog(listener, stack)
        step, why = blocked(reach(f"127.0.0.1:{listener.getsockname()[1]}", SHORT))
    assert step == "connection" and "did not answer within 0.3 seconds" in why and "`ping 127.0.0.1`" in why


def fill_the_backlog(listener: socket.socket, stack: ExitStack) -> None:
    """Connect until the system answers no more SYN: then a firewall that drops would look the same."""
    for _ in range(8):
        client = stack.enter_context(socket.socket())
        client.settimeout(SHORT)
        try:
            client.connect(listener.getsockname())
        except TimeoutError:
            return
    pytest.fail("the backlog never filled up")


@needs_linux
@needs_root
def test_where_no_way_leads_there_that_is_said() -> None:
    program = "from chatkit.doctor import main; raise SystemExit(main(['--server', '192.0.2.1:9898']))"
    answer = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    said = " ".join(answer.stdout.split())  # it is wrapped
    assert answer.returncode == 1 and "192.0.2.1 port 9898 cannot be reached from here" in said


STRANGERS = [
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), 'It said "SSH-2.0-OpenSSH_9.2" instead of HELLO chat/1'),
    (says(b"220 mail \xff ready\n"), "instead of HELLO chat/1"),
    (says(b"220 half a line"), 'It said "220 half a line" instead of HELLO chat/1'),
    (says(b"x" * 10_000), "instead of HELLO chat/1"),
    (says(b"HELLO chat/2 welcome\n"), 'It speaks "chat/2" and this program chat/1'),
    (says(b"ERROR full 1024 people are here\n"), "lets nobody in now: 1024 people are here"),
    (says(b""), "It closed the connection without a word"),
    (waits_for_the_end, "It said nothing for 0.3 seconds"),
]


@pytest.mark.parametrize("does, why", STRANGERS, ids=[why for _, why in STRANGERS])
def test_another_kind_of_server_is_recognised_by_what_it_says(
    does: Callable[[socket.socket], object], why: str
) -> None:
    with stranger_that(does) as address:
        step, detail = blocked(reach(address, SHORT))
    assert step == "greeting" and why in detail


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(MisuseError):
        reach("127.0.0.1:99999")


# ---- this machine ----


def test_every_no_comes_with_its_remedy() -> None:
    findings = machine.examine()
    assert len({finding.what for finding in findings}) == len(findings)
    assert all(finding.detail for finding in findings)


def test_the_port_of_the_chat_is_taken_by_somebody_who_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(machine, "DEFAULT_PORT", listener.getsockname()[1])
        finding = machine.chat_port()
    assert not finding.ok and str(os.getpid()) in finding.detail and "serve --port" in finding.detail


def test_a_free_port_is_free() -> None:
    finding = machine.chat_port()
    assert finding.what == f"port {DEFAULT_PORT}" and (finding.ok or "taken" in finding.detail)


def test_too_few_descriptors_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))  # as macOS has it
    finding = machine.descriptors()
    assert not finding.ok and "ulimit -n" in finding.detail


def test_a_console_that_is_not_utf8_is_noticed() -> None:
    program = "from chatkit.doctor.machine import console; print(console().ok, console().detail)"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "cp1252"}, capture_output=True
    )
    assert answer.stdout.startswith(b"False it is cp1252, not UTF-8. Type: ")


def test_a_display_that_does_not_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    assert not machine.display().ok


# ---- what is printed ----

MISSING = Finding("Tk", False, "sudo apt install python3-tk")
THERE = Finding("Python", True, "3.11", needed=True)
NEEDED = Finding("notebooks", False, "copy chatkit into a folder of yours", needed=True)


def test_the_table_wraps_its_last_column_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert table([THERE, MISSING]) == "Python  yes  3.11\nTk      NO   sudo apt install python3-tk"
    assert table([NEEDED]).splitlines()[1].startswith(" " * len("notebooks  NO   "))


@pytest.mark.parametrize(
    "findings, code, verdict",
    [
        ([THERE], 0, "with everything they can do."),
        ([THERE, MISSING], 0, "but not everything does: see Tk."),
        ([THERE, MISSING, NEEDED], 1, "cannot run chatkit yet: see Tk, notebooks."),
    ],
)
def test_the_verdict_is_one_line_and_the_exit_code(
    findings: list[Finding],
    code: int,
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    assert doctor.main([]) == code
    assert capsys.readouterr().out.endswith(verdict + "\n")


def test_the_verdict_on_a_server_says_whether_it_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    with Server(0) as server:
        assert doctor.main(["--server", f"127.0.0.1:{server.address[1]}"]) == 0
    assert capsys.readouterr().out.endswith("is reached from here.\n")
    with stranger_that(says(b"")) as address:
        assert doctor.main(["--server", address]) == 1
    assert capsys.readouterr().out.endswith("is not reached from here: see the last row.\n")


# ---- exercises ----


@pytest.mark.parametrize(
    ("answer", "ok", "said"),
    [
        ([[1, 3, 17], []], True, "all 3 that ask about a capture, on your own"),
        ([[1, 3], [17]], False, "2 of 3 that ask about a capture can be done on your own; 17 on recorded ones, until "
                                "there is a private LAN here: see that row"),
        ([[], [1, 17]], False, "0 of 2 .* until there is a private LAN or live capture here .*serve --capture"),
    ],
)  # fmt: skip
def test_the_doctor_counts_the_exercises_and_says_how_to_unlock_the_rest(
    answer: object, ok: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(machine.HERE), "has", lambda here, part: True)
    monkeypatch.setattr(machine, "ask", lambda python, question: answer)
    finding = machine.exercises()
    assert finding.ok is ok and re.search(said, finding.detail)


def test_without_an_environment_the_exercises_are_not_counted_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(machine.HERE), "has", lambda here, part: False)
    assert "python3 -m chatkit lab" in machine.exercises().detail
