"""Three servers that wait in three ways, the crowd that measures them, and the plot of what it found."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chatkit.errors import MachineError
from chatkit.faces.notebook import class_sizes
from chatkit.faces.notebook.class_sizes import FOLDER, SERVERS, measure
from chatkit.faces.notebook.crowd import Crowd, Lost
from chatkit.faces.plots.broadcast_cost import broadcast_cost
from chatkit.net.conformance import judge
from chatkit.net.event import Address
from chatkit.net.server import Server
from chatkit.teach.figures import THREADS, Figure, Figures
from tests.peer import Peer
from tests.programs import Program

EACH = pytest.mark.parametrize("name", SERVERS)


@contextmanager
def running(name: str) -> Iterator[tuple[Address, Program]]:
    """One of the servers, as a student starts it."""
    with closing(Program(sys.executable, str(FOLDER / f"{name}_server.py"))) as program:
        yield ("127.0.0.1", int(program.wait_for(r"listening on port (\d+)")[1])), program


def sleeper(address: Address) -> socket.socket:
    """Somebody who joins and reads nothing; its buffer is small, so that less has to be said."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(address)
    sock.sendall(b"JOIN sleeper\n")
    return sock


# ---- the servers ----


@EACH
def test_each_server_keeps_every_rule(name: str) -> None:
    with running(name) as (address, _):
        report = judge(address)
    assert report.passed, report.broken


@EACH
def test_who_does_not_read_is_cut_off_and_the_others_hear_why(name: str) -> None:
    with running(name) as (address, _), Peer(address, "bob") as bob, sleeper(address):
        bob.until("JOINED sleeper")
        for number in range(2000):
            bob.send(f"SAY {'x' * 7900}\nPING {number}\n")
            if (line := bob.line()).startswith("LEFT"):
                break
        assert line == "LEFT sleeper too slow\n"


@EACH
def test_ctrl_c_ends_a_server_without_a_traceback(name: str) -> None:
    with running(name) as (address, program), Peer(address, "ann"):
        program.interrupt()
        program.end()
        assert "Traceback" not in program.seen


# ---- the crowd ----


def test_a_crowd_grows_and_each_hears_each_line_once(server: Server) -> None:
    with Crowd(server.address) as crowd:
        assert (crowd.grow(3), crowd.grow(60), len(server.users)) == (3, 60, 60)
        assert 0 < crowd.say(3) < 30


def test_who_hears_a_line_twice_is_an_error(server: Server) -> None:
    with Crowd(server.address) as crowd, Peer(server.address, "another") as another:
        crowd.grow(3)
        another.send("SAY what nobody expects\nPING x\n")
        another.until("PONG x")
        with pytest.raises(Lost, match="heard .*what nobody expects"):
            crowd.say(1)


def test_who_is_turned_away_is_an_error_with_the_reason() -> None:
    with Server(0) as server, Crowd(server.address) as crowd:
        for visitor in (crowd._come(), crowd._come()):
            visitor.send("JOIN same")
        crowd.visitors[1].send("QUIT")
        with pytest.raises(Lost, match="was hung up on"):
            crowd._until(lambda: False, "heard")


# ---- what is measured ----


def test_a_class_is_measured_at_each_server() -> None:
    figures = measure((3, 12))
    assert (figures.servers, figures.sizes, figures.remarks) == (SERVERS, (3, 12), ())
    assert all(row.cost > 0 for row in figures.rows)
    if Path("/proc/self/status").exists():
        assert [figures.at(name, 12).threads for name in SERVERS] == [15, 1, 1]


def test_what_does_not_fit_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_sizes, "most_clients", lambda: 5)
    monkeypatch.setattr(class_sizes, "SERVERS", (THREADS,))
    figures = measure((3, 12))
    assert (figures.sizes, figures.remarks) == ((3,), ("12 clients do not fit: a process may have 5 here.",))
    assert "12 clients do not fit" in repr(figures) and "12 clients do not fit" in broadcast_cost(figures).alt_text


def test_a_server_that_cannot_be_measured_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_sizes, "SERVERS", ("no_such",))
    with pytest.raises(MachineError, match="no_such: .*No such file"):
        measure((3,))


def test_measuring_leaves_no_limit_of_this_process_changed() -> None:
    resource = pytest.importorskip("resource")
    before, threads = resource.getrlimit(resource.RLIMIT_NOFILE), threading.active_count()
    measure((3,))
    assert (resource.getrlimit(resource.RLIMIT_NOFILE), threading.active_count()) == (before, threads)


# ---- the plot ----

TWO = Figures(
    tuple(
        Figure(name, size, size * each, 1, 1)
        for name, each in (("threads", 1e-5), ("asyncio", 2e-5))
        for size in (10, 1000)
    )
)


def test_the_plot_says_in_words_what_a_line_costs() -> None:
    words = broadcast_cost(TWO).alt_text
    assert "threads: a line to 10 clients takes 0.1 ms, one to 1,000 takes 10 ms, 100 times as long." in words
    assert "asyncio: a line to 10 clients takes 0.2 ms, one to 1,000 takes 20 ms" in words


def test_one_size_is_a_point_and_none_is_nothing() -> None:
    assert broadcast_cost(Figures(TWO.rows[:1])).words == "threads: a line to 10 clients takes 0.1 ms."
    assert broadcast_cost(Figures(())).words == "Nothing was measured."


def test_servers_differ_in_shape_and_dashes_and_not_in_hue_alone() -> None:
    first, second = broadcast_cost(TWO).axis.lines
    assert first.get_marker() != second.get_marker() and first.get_linestyle() != second.get_linestyle()
