"""serve: a server as a user starts it, in a process of its own."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chatkit.faces import serve_options
from chatkit.faces.serve import invitation
from chatkit.net.host import addresses
from chatkit.protocol.limits import Limits
from tests.needs import needs_linux, needs_nc, needs_old_python
from tests.peer import Peer
from tests.programs import PATIENCE, ROOT, Program, chatkit, environment, serving


@pytest.fixture
def server() -> Iterator[tuple[Program, int]]:
    program, port = serving()
    with program:
        yield program, port


def ends_well(program: Program) -> bool:
    return program.end() == 0 and "Traceback" not in program.seen


def test_it_says_that_connections_are_allowed_and_what_to_type(server: tuple[Program, int]) -> None:
    program, port = server
    assert "Connections are allowed from this computer only" in program.seen
    assert f"    python3 -m chatkit chat 127.0.0.1:{port}\n    nc 127.0.0.1 {port}\n" in program.seen
    assert "\x1b" not in program.seen


def test_it_prints_name_and_address_of_who_joins_and_leaves_and_why(server: tuple[Program, int]) -> None:
    program, port = server
    with Peer(("127.0.0.1", port), "ann") as ann:
        own = "{}:{}".format(*ann.sock.getsockname())
        program.wait_for(rf"\d\d:\d\d:\d\d  {own} +ann joined$")
        ann.send("BLA\n")
        program.wait_for(rf"{own} +ann was refused \(unknown-verb\): ")
        ann.send("SAY a secret\nQUIT see you\n")
        program.wait_for(rf"{own} +ann left: see you$")
    with Peer(("127.0.0.1", port), "bob"):
        pass
    program.wait_for("bob left: closed without QUIT")
    assert "secret" not in program.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_say_bye_and_free_the_port_at_once(server: tuple[Program, int], number: int) -> None:
    program, port = server
    with Peer(("127.0.0.1", port), "ann") as ann, Peer(("127.0.0.1", port)) as unnamed:
        unnamed.expect("HELLO")
        program.interrupt(number)
        ann.until("BYE the server is closing")
        unnamed.expect("BYE the server is closing")
        assert ann.rest() == unnamed.rest() == ""
    assert ends_well(program)
    assert re.search(r"ann left: the server is closing\n(.*\n)*Stopped: every socket is closed", program.seen)
    with chatkit("serve", "--port", str(port)) as again:
        again.wait_for(f"server on port {port}")


def test_an_impatient_second_ctrl_c_neither_hangs_nor_cuts_the_goodbye_short(server: tuple[Program, int]) -> None:
    program, port = server
    with Peer(("127.0.0.1", port), "ann") as ann:
        for _ in range(50):
            program.interrupt()
        ann.until("BYE")
        program.wait_for("ann left")
        program.interrupt()
    assert ends_well(program)


def test_it_ends_quietly_when_whoever_read_its_log_is_gone() -> None:
    words = [sys.executable, "-m", "chatkit", "serve", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout and process.stderr
        port = int(process.stdout.readline().rstrip(".\n").split()[-1])
        while "Ctrl-C" not in process.stdout.readline():
            pass
        process.stdout.close()
        with Peer(("127.0.0.1", port), "ann") as ann:
            ann.until("BYE")
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 0


def test_open_shows_the_addresses_that_others_type_and_the_warning() -> None:
    program, port = serving("--open")
    with program:
        for address in addresses():
            assert f"    nc {address} {port}\n" in program.seen
        assert "Nothing is encrypted: whoever captures\nthere can read along" in program.seen
        with Peer(((addresses() or ["127.0.0.1"])[0], port), "ann"):
            program.wait_for("ann joined")


def test_the_usual_port_is_not_worth_typing() -> None:
    text = invitation(True, ["192.0.2.7", "198.51.100.7"], 9898)
    assert re.findall("^    .*", text, re.MULTILINE) == [
        "    python3 -m chatkit chat 192.0.2.7",
        "    nc 192.0.2.7 9898",
        "    python3 -m chatkit chat 198.51.100.7",
        "    nc 198.51.100.7 9898",
        "    python3 -m chatkit chat 127.0.0.1",
        "    nc 127.0.0.1 9898",
    ]
    assert all(len(line) <= 80 for line in text.splitlines()), "a terminal has 80 columns"


@needs_linux
def test_a_port_that_is_taken_is_one_sentence_that_names_who_has_it(server: tuple[Program, int]) -> None:
    program, port = server
    with chatkit("serve", "--port", str(port)) as second:
        assert second.end() == 1
        assert second.seen.count("\n") == 1
        assert f"Port {port} is taken by " in second.seen
        assert f"-m chatkit serve --port 0 (pid {program.process.pid})" in second.seen
        assert f"(kill {program.process.pid}), or choose another port (--port)." in second.seen


REFUSED = [
    (("--rate", "-1"), "argument --rate: '-1' is not allowed, numbers from 0 (no limit) are"),
    (("--rate", "nan"), "argument --rate: 'nan' is not allowed"),
    (("--idle", "inf"), "argument --idle: 'inf' is not allowed"),
    (("--join-time", "soon"), "argument --join-time: 'soon' is not allowed"),
    (("--max-clients", "1.5"), "argument --max-clients: '1.5' is not allowed, whole numbers from 0 (no limit) are"),
    (("--max-per-address", "-1"), "argument --max-per-address: '-1' is not allowed"),
    (("--outbox", "1" * 20), "argument --outbox: "),
    (("--port", "65536"), "argument --port: '65536' is no port, allowed are 0 to 65535"),
    (("--port", "-1"), "argument --port: '-1' is no port"),
    (("--port", "٣"), "argument --port: '٣' is no port"),
    (("--capture", "--port=4000", "--capture-port=4000"), "--capture-port: 4000 is the port of the chat"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_an_option_that_cannot_be_meant_is_refused(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        serve_options.parse(list(words))
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


def test_without_options_the_limits_are_the_documented_ones() -> None:
    assert serve_options.limits(serve_options.parse([])) == Limits()


def test_each_option_is_a_limit_and_0_means_none() -> None:
    words = ["--join-time=0", "--idle=90.5", "--max-clients=0", "--max-per-address=3", "--rate=0.5", "--outbox=7"]
    limits = serve_options.limits(serve_options.parse(words))
    assert limits == Limits(
        join_time=0, idle=90.5, ping_after=45.25, max_clients=0, max_per_address=3, rate=0.5, outbox=7
    )


def test_the_help_tells_each_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        serve_options.parse(["--help"])
    text = capsys.readouterr().out
    for default in ("(9898)", "(60)", "(600)", "(1024)", "(256)", "(100)", "(1048576)"):
        assert default in text


@needs_linux
def test_too_few_descriptors_are_said_at_the_start() -> None:
    words = f"ulimit -n 64; exec {sys.executable} -m chatkit serve --port 0"
    with Program("sh", "-c", words) as program:
        program.wait_for("Only about 32 clients fit: the system allows a process 64 open files")


@needs_linux
def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one() -> None:
    words = f"ulimit -Sn 64; exec {sys.executable} -m chatkit serve --port 0 --max-clients 100"
    with Program("sh", "-c", words) as program:
        program.wait_for("Ctrl-C ends it")
        assert "clients fit" not in program.seen


@needs_linux
def test_a_log_on_a_full_disk_costs_lines_and_not_the_chat() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"exec {sys.executable} -m chatkit serve --port {port} >/dev/full"
    with Program("sh", "-c", command) as program:
        program.wait_for("The log cannot be printed: No space left on device. The chat goes on.")
        with Peer(("127.0.0.1", port), "ann") as ann:
            ann.send("QUIT\n")
            ann.until("BYE")
        program.interrupt()
        program.end()
        assert program.seen.count("The log cannot be printed") == 1


def test_a_password_comes_from_the_environment_and_is_never_printed() -> None:
    program, port = serving(env={"CHATKIT_PASSWORD": "open sesame"})
    with program:
        assert "The room has a password" in program.seen
        with Peer(("127.0.0.1", port)) as ann:
            ann.send("JOIN ann\nPASS open sesame\nJOIN ann\n")
            ann.until("ERROR password-needed")
            ann.until("WELCOME ann")
        program.interrupt()
        program.end()
        assert "sesame" not in program.seen


@needs_nc
def test_nc_is_a_client_and_the_greeting_tells_a_person_what_to_type(server: tuple[Program, int]) -> None:
    _, port = server
    with Program("nc", "127.0.0.1", str(port)) as ann, Program("nc", "127.0.0.1", str(port)) as bob:
        ann.wait_for("^HELLO chat/1 type JOIN and a name, then SAY and a text; WHO lists the users, QUIT ends$")
        ann.type("join ann\n")
        ann.wait_for("^WELCOME ann$")
        bob.type("JOIN bob\n")
        bob.wait_for("^USERS 2 ann bob$")
        ann.wait_for("^JOINED bob$")
        ann.type("say hello, bob\n")
        bob.wait_for("^SAID ann hello, bob$")
        bob.type("TELL ann psst\nQUIT\n")
        ann.wait_for("^TOLD bob psst$")
        ann.wait_for("^LEFT bob$")
        bob.wait_for("^BYE$")


@needs_nc
def test_nc_reads_bye_when_the_server_is_stopped(server: tuple[Program, int]) -> None:
    program, port = server
    with Program("nc", "127.0.0.1", str(port)) as ann:
        ann.type("JOIN ann\n")
        ann.wait_for("USERS 1 ann")
        program.interrupt()
        ann.wait_for("^BYE the server is closing$")
        assert ann.end() == 0
    assert ends_well(program)


def test_the_script_that_students_read_first_serves_from_any_folder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = str(ROOT / "labs" / "server.py")
    with Program(sys.executable, "-c", f"import os, runpy, sys; os.chdir('/'); sys.argv = ['', '{port}']; "
                 f"runpy.run_path({script!r})") as program:  # fmt: skip
        program.wait_for(f"Connections are allowed, on 127.0.0.1 port {port}")
        with Peer(("127.0.0.1", port), "ann") as ann:
            program.wait_for("^chat-accept +accepted +127.0.0.1")
            program.wait_for("^chat-postman +joined +127.0.0.1:.* ann")
            program.interrupt()
            program.interrupt()
            ann.until("BYE the server is closing")
        assert ends_well(program)
        assert "MainThread     stopped" in program.seen


@needs_old_python
def test_the_script_says_in_a_sentence_that_python_is_too_old() -> None:
    with Program("pypy3", "labs/server.py") as program:
        assert program.end() == 1
        assert program.seen.startswith("chatkit needs Python 3.11 or newer; this is 3.")


def test_the_script_says_in_a_sentence_that_its_port_is_taken(server: tuple[Program, int]) -> None:
    _, port = server
    with Program(sys.executable, "labs/server.py", str(port)) as program:
        assert program.end() == 1
        assert program.seen.startswith(f"Port {port} is taken")
        assert program.seen.count("\n") == 1
