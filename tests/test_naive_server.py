"""labs/naive_server.py really has the flaws that it numbers."""

import pickletools
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from chatkit.net.conformance import judge
from chatkit.net.conformance.judging import EVERY_RULE
from chatkit.net.conformance.visit import Visit
from chatkit.net.event import Address
from tests.needs import needs_linux
from tests.peer import TIMEOUT, Peer

NAIVE = Path(__file__).parent.parent / "labs" / "naive_server.py"

Join = Callable[[str], Peer]


@contextmanager
def naive_server() -> Iterator[Address]:
    with subprocess.Popen([sys.executable, NAIVE, "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield "127.0.0.1", int(process.stdout.readline().split()[-1])
        process.kill()  # nothing else ends it


@pytest.fixture
def address() -> Iterator[Address]:
    with naive_server() as address:
        yield address


@pytest.fixture
def join(address: Address) -> Iterator[Join]:
    """Connect and join, and read up to the pickled list of users."""
    with ExitStack() as stack:

        def joined(name: str) -> Peer:
            peer = stack.enter_context(Peer(address))
            peer.expect("HELLO")
            peer.send(f"JOIN {name}\n")
            while not peer.lines.readline().startswith(b"USERS"):
                pass
            return peer

        yield joined


def heard(peer: Peer, start: bytes) -> bytes:
    """Skip lines up to the one that begins so; they may be anything, for they may be pickles."""
    while not (line := peer.lines.readline()).startswith(start):
        assert line, f"the stream ended before {start!r}"
    return line


def test_people_who_type_slowly_notice_nothing(join: Join) -> None:
    ann, bob = join("ann"), join("bob")
    for text in ("hello", "how are you"):
        ann.send(f"SAY {text}\n")
        assert heard(bob, b"SAID") == f"SAID ann {text}\n".encode()


def test_two_messages_in_one_recv_are_said_as_one(join: Join) -> None:
    ann, bob = join("ann"), join("bob")
    ann.send("SAY one\nSAY two\n")
    assert heard(bob, b"SAID") == b"SAID ann one\n"
    assert bob.lines.readline() == b"SAY two\n"  # her command reached him, as if it were her words


def test_a_message_over_1024_bytes_is_cut(join: Join) -> None:
    ann, bob = join("ann"), join("bob")
    ann.send("SAY " + "x" * 2000 + "\n")
    assert len(heard(bob, b"SAID")) < 1100


def test_the_list_of_users_is_a_pickle_on_the_wire(address: Address) -> None:
    with Peer(address) as ann:
        ann.send("JOIN ann\n")
        assert names_in_the_pickle(ann) == ["ann"]


def names_in_the_pickle(peer: Peer) -> list[str]:
    """Read the names in the next pickle without unpickling it."""
    pickled = heard(peer, b"USERS ").removeprefix(b"USERS ")
    while not pickled.endswith(b".\n"):  # a pickle may hold any byte: for ["ann"], its length is 10, an LF
        pickled += peer.lines.readline()
    return [value for _, value, _ in pickletools.genops(pickled) if isinstance(value, str)]


def test_any_name_is_taken_twice(join: Join) -> None:
    ann, twin, bob = join("ann"), join("ann"), join("bob")
    for one in (ann, twin):
        one.send("SAY it is me\n")
        assert heard(bob, b"SAID") == b"SAID ann it is me\n"


def test_who_vanishes_stays_in_the_list(address: Address, join: Join) -> None:
    bob, ann = join("bob"), join("ann")
    ann.close()
    with Peer(address) as carl:
        carl.send("JOIN carl\n")
        heard(bob, b"JOINED carl")
        assert names_in_the_pickle(bob) == ["bob", "ann", "carl"]


def test_who_stands_behind_one_that_vanished_misses_a_message(join: Join) -> None:
    ann, bob, carl = join("ann"), join("bob"), join("carl")
    ann.reset()
    carl.send("SAY one\n")
    heard(carl, b"SAID carl one")
    carl.send("SAY two\n")
    assert heard(bob, b"SAID") == b"SAID carl two\n"


def test_one_client_that_does_not_read_stops_all(address: Address, join: Join) -> None:
    ann, bob = join("ann"), join("bob")
    with client_that_does_not_read(address):
        heard(bob, b"JOINED sleeper")
        bob.sock.settimeout(1.0)
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                ann.send("SAY " + "x" * 1000 + "\n")
                heard(bob, b"SAID")


def client_that_does_not_read(address: Address) -> socket.socket:
    """Give a client whose buffers, and the server's for it, are soon full."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    sock.connect(address)
    sock.sendall(b"JOIN sleeper\n")
    return sock


@pytest.mark.slow
@pytest.mark.timeout(180)  # it answers little, so nearly every rule is waited for
def test_the_judge_refuses_it(address: Address) -> None:
    assert not judge(address, patience=0.2).passed


@pytest.mark.parametrize(
    ("rule", "flaw"),
    [
        ("framing: lines that come glued together", "A recv() was taken for a message"),
        ("framing: half a line at the end is not said", "Half a line was said"),
        ("SAY: the sender does not", "The sender was echoed"),
        ("SAY: spaces arrive as they were sent", "Spaces were stripped"),
        ("names: ANN is ann, in full-width letters too", "Names are not folded"),
        ("USERS follows WELCOME", "After WELCOME comes USERS N and the names"),
        ("others: a client that does not read stops nobody", "One client that does not read stopped the others"),
    ],
)
def test_the_rule_that_it_breaks_names_the_flaw(rule: str, flaw: str) -> None:
    """Its races decide what else goes wrong, so one of five fresh starts has to show the flaw."""
    assert any(flaw in sentence_on(rule) for _ in range(5))


def sentence_on(rule: str) -> str:
    """What the judge says of this rule to a server that nobody has used yet."""
    check = next(one for one in EVERY_RULE if one.sentence == rule)
    with naive_server() as address:
        return check.judge(Visit(address, "0001", password=None, patience=1.0)).sentence


def test_its_flaws_are_numbered_from_one_on() -> None:
    numbers = re.findall(r"# FLAW (\d+): ", NAIVE.read_text("utf-8"))
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert len(numbers) >= 15


@needs_linux
def test_it_listens_on_this_computer_only(address: Address) -> None:
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", address[1]), TIMEOUT):
        pass  # this computer too: a server on all interfaces would answer
