"""TLS below the chat: nothing above notices, and nobody can cut, change or hold up what it carries."""

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

import pytest
import trustme

from chatkit.errors import Refused
from chatkit.faces import checking
from chatkit.net import sealed
from chatkit.net.client import Client, Gone
from chatkit.net.conformance import enduring, judge, sealing
from chatkit.net.conformance.rule import Rule
from chatkit.net.conformance.visit import Visit
from chatkit.net.event import Address, Event, What
from chatkit.net.host import parse_address, write_address
from chatkit.net.sealed import MAX_WAITING, PIECE, Sealed
from chatkit.net.server import Server
from chatkit.net.tls import client_context, log_keys
from chatkit.net.tls_trouble import Unsealed
from chatkit.protocol import messages as m
from chatkit.protocol.limits import Limits
from tests.key_updates import key_updates
from tests.needs import needs_linux, needs_nc, needs_openssl
from tests.peer import TIMEOUT, Peer
from tests.planted.sealed import NoCloseNotify, SealedStall, SealsWhereItAccepts
from tests.planted.sound import SoundServer
from tests.sealed_peer import SealedPeer, authority, client_tls, server_tls, stranger_tls
from tests.strangers import stranger_that

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(port=0, tls=server_tls()) as server:
        yield server


class Stranger:
    """The other end of one Sealed: an SSLObject whose records the test carries by hand."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.sock = socket.create_connection(listener.getsockname(), TIMEOUT)
            accepted, peer = listener.accept()
        self.sealed = Sealed(accepted, peer, server_tls())

    def shake_hands(self, piece: int = 65536) -> None:
        """Do it while the other end reads, in pieces of that many bytes."""
        reading = threading.Thread(target=self.sealed._shake_hands)
        reading.start()
        while not self._step():
            self.send(self.outgoing.read(), piece)
            self.incoming.write(self.sock.recv(65536))
        self.send(self.outgoing.read(), piece)
        reading.join(TIMEOUT)
        assert self.sealed.seal

    def send(self, sealed: bytes, piece: int = 65536) -> None:
        for start in range(0, len(sealed), piece):
            self.sock.sendall(sealed[start : start + piece])

    def records_of(self, plain: bytes) -> bytes:
        self.tls.write(plain)
        return self.outgoing.read()

    def read(self) -> bytes:
        """Give what comes to the end of the stream, which has to be a sealed one."""
        while data := self.sock.recv(65536):
            self.incoming.write(data)
        plain = b""
        while piece := self.tls.read(65536):
            plain += piece
        return plain

    def pour(self, sealed: bytes) -> None:
        """Send as much of it as the other end reads, and FIN without close_notify."""
        with contextlib.suppress(OSError):  # the other end has had enough
            self.sock.sendall(sealed)
            self.sock.shutdown(socket.SHUT_WR)

    def drain(self) -> None:
        """Read to the end of the stream, and understand nothing."""
        with contextlib.suppress(OSError):
            while self.sock.recv(65536):
                pass

    def _step(self) -> bool:
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()
        self.sealed.close()


@pytest.fixture(params=VERSIONS, ids=lambda version: version.name)
def stranger(request: pytest.FixtureRequest) -> Iterator[Stranger]:
    with Stranger(stranger_tls(request.param)) as stranger:
        yield stranger


def listening(server: Server, what: What) -> "SimpleQueue[Event]":
    events: SimpleQueue[Event] = SimpleQueue()
    server.subscribe(lambda event: events.put(event) if event.what is what else None)
    return events


# ---- bytes and records ----


@pytest.mark.parametrize("piece", [1, 7, 65536])
def test_handshake_and_records_may_come_in_any_pieces(stranger: Stranger, piece: int) -> None:
    stranger.shake_hands(piece)
    stranger.send(stranger.records_of(b"one\n") + stranger.records_of(b"two\n"), piece)
    received = b""
    while len(received) < 8:
        received += stranger.sealed.receive()
    assert received == b"one\ntwo\n"


def test_of_records_that_come_glued_none_stays_behind(stranger: Stranger) -> None:
    stranger.shake_hands()
    stranger.send(b"".join(stranger.records_of(b"x") for _ in range(100)))
    received = b""
    while len(received) < 100:
        received += stranger.sealed.receive()
    assert received == b"x" * 100


def test_what_was_sent_before_the_handshake_goes_with_its_end(stranger: Stranger) -> None:
    assert stranger.sealed.send_some(b"HELLO") == 5
    stranger.sealed.finish()
    stranger.shake_hands()
    assert stranger.read() == b"HELLO"


def test_too_much_before_the_handshake_is_an_error(stranger: Stranger) -> None:
    with pytest.raises(Unsealed, match="before the handshake"):
        for _ in range(100):
            stranger.sealed.send_some(bytes(PIECE // 10))


def test_a_half_closed_connection_still_reads_also_if_a_record_was_half_there(stranger: Stranger) -> None:
    stranger.shake_hands()
    record = stranger.records_of(b"late")
    assert stranger.sealed._unseal(record[:10]) == b""
    stranger.sealed.finish()
    stranger.send(record[10:])
    assert stranger.sealed.receive() == b"late"
    assert stranger.read() == b""


def test_whoever_gets_less_than_all_calls_again_and_every_byte_arrives_once(stranger: Stranger) -> None:
    stranger.shake_hands()
    data = bytes(range(256)) * 40_000  # far more than the buffers of both systems
    rest, most = memoryview(data), 0
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(stranger.read()))
    while sent := stranger.sealed.send_some(rest):
        rest = rest[sent:]
    assert rest, "the system took everything: this proves nothing"
    reader.start()
    while rest:
        rest = rest[stranger.sealed.send_some(rest) :]
        most = max(most, len(stranger.sealed._waiting))
    stranger.sealed.finish()
    reader.join(4 * TIMEOUT)
    assert received == [data]
    assert most < MAX_WAITING


def test_a_record_that_was_changed_on_the_way_ends_the_connection(stranger: Stranger) -> None:
    stranger.shake_hands()
    stranger.send(stranger.records_of(b"before"))
    changed = bytearray(stranger.records_of(b"SAY I owe you 1 euro\n"))
    changed[-5] ^= 1
    stranger.send(bytes(changed))
    assert stranger.sealed.receive() == b"before"
    with pytest.raises(Unsealed, match="not what the other end sealed"):
        stranger.sealed.receive()


def test_a_record_that_comes_twice_ends_the_connection(stranger: Stranger) -> None:
    stranger.shake_hands()
    record = stranger.records_of(b"SAY pay 1 euro\n")
    stranger.send(record)
    assert stranger.sealed.receive() == b"SAY pay 1 euro\n"
    stranger.send(record)
    with pytest.raises(Unsealed):
        stranger.sealed.receive()


def test_an_end_is_an_end_only_if_it_was_sealed(stranger: Stranger) -> None:
    stranger.shake_hands()
    stranger.sock.shutdown(socket.SHUT_WR)
    with pytest.raises(Unsealed, match="close_notify"):
        stranger.sealed.receive()


def test_a_sealed_end_is_the_end_of_the_stream(stranger: Stranger) -> None:
    stranger.shake_hands()
    with pytest.raises(ssl.SSLWantReadError):
        stranger.tls.unwrap()
    stranger.send(stranger.outgoing.read())
    assert stranger.sealed.receive() == b""


@pytest.mark.parametrize(
    ("reads", "end"),
    [(True, "close_notify"), (False, "asks for answers and does not read them")],
    ids=["reads them", "reads nothing"],
)
def test_who_asks_for_new_keys_without_end_has_to_read_the_answers(reads: bool, end: str, tmp_path: Path) -> None:
    tls = stranger_tls()
    log_keys(tls, tmp_path / "keys")
    with Stranger(tls) as stranger:
        stranger.shake_hands()
        stranger.sealed._reader.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        flood = b"".join(islice(key_updates(tmp_path / "keys"), 25_000))
        threads = [threading.Thread(target=stranger.pour, args=(flood,))]
        threads += [threading.Thread(target=stranger.drain)] if reads else []
        for thread in threads:
            thread.start()
        with pytest.raises(Unsealed, match=end):
            stranger.sealed.receive()
        assert len(stranger.sealed._waiting) < MAX_WAITING + 2 * PIECE  # the answers to one read are the most too much
        stranger.sealed.wake()
        for thread in threads:
            thread.join(TIMEOUT)


def test_an_end_waits_a_moment_for_the_fin_of_tcp(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "FIN_TIME", TIMEOUT)
    stranger.shake_hands()
    reader = threading.Thread(target=stranger.sealed.receive)
    reader.start()
    with pytest.raises(ssl.SSLWantReadError):
        stranger.tls.unwrap()
    stranger.send(stranger.outgoing.read() + b"to be ignored")
    reader.join(0.1)
    assert reader.is_alive()
    stranger.sock.shutdown(socket.SHUT_WR)
    reader.join(TIMEOUT / 2)
    assert not reader.is_alive()


@needs_linux
def test_time_wait_stays_with_the_clients(server: Server) -> None:
    for _ in range(20):
        Client("ann", server.address, tls=client_tls()).quit()
    port = f":{server.address[1]:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    assert {row[3] for row in rows if row[2].endswith(port)} == {"06"}  # TIME_WAIT
    assert {row[3] for row in rows if row[1].endswith(port)} == {"0A"}  # LISTEN


def test_waking_is_no_error(stranger: Stranger) -> None:
    stranger.shake_hands()
    stranger.sealed.wake()
    assert stranger.sealed.receive() == b""


# ---- the chat ----


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_client_that_is_not_ours_joins_talks_and_leaves(server: Server, version: ssl.TLSVersion) -> None:
    with SealedPeer(server.address, "ann", stranger_tls(version)) as ann, SealedPeer(server.address, "bob") as bob:
        ann.until("JOINED bob")
        bob.send("SAY hello é 😀\nQUIT\n")
        assert ann.line() == "SAID bob hello é 😀\n"
        bob.until("BYE")
        assert bob.rest() == ""  # a sealed end: without close_notify this would raise


def test_the_longest_texts_go_both_ways(server: Server) -> None:
    heard: SimpleQueue[object] = SimpleQueue()
    text = "é" * 4000
    with Client("ann", server.address, tls=client_tls(), listener=heard.put):
        with Client("bob", server.address, tls=client_tls()) as bob:
            for _ in range(20):
                bob.say(text)
        messages = list(iter(lambda: heard.get(timeout=TIMEOUT), m.Left("bob")))
    assert [message for message in messages if isinstance(message, m.Said)] == [m.Said("bob", text)] * 20


def test_many_who_talk_at_once_are_heard_in_one_order(server: Server) -> None:
    heard: dict[str, list[str]] = {name: [] for name in ("ann", "bob", "cem")}
    done = {name: threading.Event() for name in heard}

    def note(name: str) -> Callable[[object], None]:
        def hear(message: object) -> None:
            if isinstance(message, m.Said):
                heard[name].append(f"{message.name} {message.text}")
                if len(heard[name]) == 600:
                    done[name].set()

        return hear

    clients = [Client(name, server.address, tls=client_tls(), listener=note(name)) for name in heard]
    speakers = [threading.Thread(target=lambda c=c: [c.say(str(n)) for n in range(300)]) for c in clients]  # type: ignore[misc]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    assert all(event.wait(TIMEOUT) for event in done.values())
    for client in clients:
        client.close()
    for name, lines in heard.items():
        for other in heard.keys() - {name}:
            assert [line for line in lines if line.startswith(other)] == [f"{other} {n}" for n in range(300)]


def test_a_client_that_does_not_read_is_cut_off_and_nobody_waits_for_it() -> None:
    with Server(port=0, tls=server_tls(), limits=Limits(outbox=100_000, rate=0)) as server:
        left = listening(server, What.LEFT)
        with SealedPeer(server.address, "slow"), SealedPeer(server.address, "ann") as ann:
            for _ in range(3000):
                ann.send("SAY " + "x" * 7990 + "\n")
                if not left.empty():
                    break
            assert left.get(timeout=TIMEOUT).text == "too slow"
            assert ann.until("LEFT slow") == "LEFT slow too slow"


def test_a_cut_stream_is_not_taken_for_a_goodbye(server: Server) -> None:
    with SealedPeer(server.address, "ann") as ann, SealedPeer(server.address, "bob") as bob:
        bob.cut()
        assert "close_notify" in ann.until("LEFT bob")


def test_a_reset_is_told_as_without_tls(server: Server) -> None:
    with SealedPeer(server.address, "ann") as ann, SealedPeer(server.address, "bob") as bob:
        bob.reset()
        assert ann.until("LEFT bob") == "LEFT bob connection lost (connection reset by peer)"


def test_a_server_that_stops_under_load_seals_its_goodbye() -> None:
    with Server(port=0, tls=server_tls(), limits=Limits(rate=0)) as server, SealedPeer(server.address, "ann") as ann:
        gone: SimpleQueue[Gone] = SimpleQueue()
        bob = Client(
            "bob", server.address, tls=client_tls(), listener=lambda x: gone.put(x) if isinstance(x, Gone) else None
        )
        for number in range(500):
            bob.say(str(number))
        server.stop()
        assert gone.get(timeout=TIMEOUT).reason == "The server said BYE: the server is closing."
        ann.until("BYE the server is closing")
        assert ann.rest() == ""
        bob.close()


@pytest.mark.parametrize(
    ("last", "reason"),
    [("BYE see you\n", "The server said BYE: see you."), ("SAID bob half", "TLS was cut short: ")],
    ids=["after BYE", "in the middle"],
)
def test_a_client_tells_a_goodbye_from_a_cut_stream(last: str, reason: str) -> None:
    def serve(plain: socket.socket) -> None:
        sock = server_tls().wrap_socket(plain, server_side=True)
        sock.sendall(b"HELLO chat/1 hi\nWELCOME ann\nUSERS 1 ann\n" + last.encode())
        while sock.recv(65536).find(b"JOIN") < 0:
            pass
        sock.shutdown(socket.SHUT_WR)  # FIN, without close_notify
        sock.close()

    gone: SimpleQueue[Gone] = SimpleQueue()
    with stranger_that(serve) as place:
        address = ("127.0.0.1", int(place.partition(":")[2]))
        with Client("ann", address, tls=client_tls(), listener=lambda x: gone.put(x) if isinstance(x, Gone) else None):
            assert gone.get(timeout=TIMEOUT).reason.startswith(reason)


# ---- those who do not speak TLS, or do not end its handshake ----


SILENT = (b"", b"\x16\x03\x01\x00\xf8\x01\x00")  # nothing; the begin of a ClientHello


@pytest.mark.parametrize("sent", SILENT, ids=["nothing", "half a ClientHello"])
def test_who_does_not_end_the_handshake_is_ended_by_the_join_time_and_holds_up_nobody(sent: bytes) -> None:
    with Server(port=0, tls=server_tls(), limits=Limits(join_time=0.3)) as server:
        left = listening(server, What.LEFT)
        with Peer(server.address) as silent, SealedPeer(server.address, "ann"):
            silent.send(sent)
            assert left.get(timeout=TIMEOUT).text == "join timeout"
            assert silent.rest() == ""


def test_who_sends_the_handshake_byte_by_byte_is_ended_by_the_join_time() -> None:
    tls = stranger_tls()
    incoming, hello = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        tls.wrap_bio(incoming, hello, server_hostname="127.0.0.1").do_handshake()
    with Server(port=0, tls=server_tls(), limits=Limits(join_time=0.3)) as server:
        left = listening(server, What.LEFT)
        with Peer(server.address) as slow:
            data = iter(hello.read())
            while left.empty():
                slow.send(bytes([next(data)]))
                time.sleep(0.01)  # more than the join time in all
            assert left.get().text == "join timeout"


def test_many_half_open_handshakes_do_not_keep_others_out(server: Server) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(100):
            crowd.enter_context(Peer(server.address))
        with SealedPeer(server.address, "ann") as ann:
            ann.send("PING x\n")
            assert ann.line() == "PONG x\n"


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b"JOIN ann\n", '"JOIN"'),
        (b"PASS tulip\n", '"PASS"'),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", '"GET"'),
        (bytes(range(128, 256)), ""),
    ],
)
def test_whoever_speaks_no_tls_gets_a_hint_and_no_word_of_it_is_kept(server: Server, sent: bytes, seen: str) -> None:
    left = listening(server, What.LEFT)
    with Peer(server.address) as peer:
        peer.send(sent)
        assert peer.rest().startswith("ERROR needs-tls this port speaks TLS")
    text = left.get(timeout=TIMEOUT).text
    assert text.startswith("no TLS: it began with") and seen in text and "tulip" not in text


@needs_nc
def test_nc_reads_the_hint(server: Server) -> None:
    address = [str(part) for part in server.address]
    done = subprocess.run(["nc", "-N", *address], input="JOIN ann\n", capture_output=True, text=True, timeout=TIMEOUT)
    assert "--tls" in done.stdout


def s_client(address: Address, version: str, typed: str) -> subprocess.CompletedProcess[str]:
    with trusted() as ca:
        command = ["openssl", "s_client", "-quiet", "-connect", "{}:{}".format(*address), "-CAfile", ca, version]
        command += ["-verify_return_error", "-cipher", "ALL:@SECLEVEL=0"]
        return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=4 * TIMEOUT)


def trusted() -> contextlib.AbstractContextManager[str]:
    return trustme.Blob(authority().pem).tempfile()


@needs_openssl
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_joins_talks_and_leaves(server: Server, version: str) -> None:
    with SealedPeer(server.address, "ann") as ann:
        done = s_client(server.address, version, "JOIN bob\nSAY hello\nQUIT\n")
        ann.until("SAID bob hello")
        ann.until("LEFT bob")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "BYE"


@needs_openssl
def test_openssl_with_an_old_tls_is_refused_and_the_log_says_why(server: Server) -> None:
    left = listening(server, What.LEFT)
    done = s_client(server.address, "-tls1_1", "JOIN bob\n")
    assert done.returncode != 0 and "HELLO" not in done.stdout
    assert left.get(timeout=TIMEOUT).text.startswith("TLS: it speaks no version or cipher that is allowed here")


@needs_openssl
def test_new_keys_in_the_middle_of_a_chat_disturb_nobody(server: Server) -> None:
    with SealedPeer(server.address, "ann") as ann, trusted() as ca:
        command = ["openssl", "s_client", "-connect", "{}:{}".format(*server.address), "-CAfile", ca]
        pipe, both = subprocess.PIPE, subprocess.STDOUT
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=both, text=True) as bob:
            assert bob.stdin and bob.stdout
            for typed, answer in (("JOIN bob\n", "USERS"), ("K\n", "KEYUPDATE"), ("SAY two\n", ""), ("Q\n", "")):
                bob.stdin.write(typed)
                bob.stdin.flush()
                while answer and answer not in (line := bob.stdout.readline()):
                    assert line
        assert ann.until("SAID") == "SAID bob two"


def test_a_plain_client_is_told_what_to_try(server: Server) -> None:
    with pytest.raises(Refused, match="--tls"):
        Client("ann", server.address, timeout=0.3)


@pytest.mark.parametrize("password", [None, "tulip"])
def test_a_sealed_server_keeps_every_rule_of_the_protocol(password: str | None) -> None:
    with Server(port=0, tls=server_tls(), password=password) as server:
        report = judge(server.address, password=password, tls=client_tls())
    assert report.passed, str(report)
    assert {rule.sentence for rule in sealing.RULES} <= {verdict.rule for verdict in report.verdicts}


@pytest.mark.slow
def test_a_sealed_server_keeps_the_slow_rules_too(server: Server) -> None:
    report = judge(server.address, slow=True, tls=client_tls())
    assert report.passed, str(report)


@pytest.mark.parametrize(
    ("kind", "rule", "bug"),
    [
        (SealsWhereItAccepts, sealing.RULES[0], "The handshake belongs into each client's own thread"),
        (NoCloseNotify, sealing.RULES[0], ""),
        (NoCloseNotify, sealing.RULES[1], "ended without close_notify"),
        pytest.param(SealedStall, enduring.RULES[-1], "does not read stopped the others", marks=pytest.mark.slow),
    ],
)
def test_what_is_wrong_about_the_seal_is_named(kind: type[SoundServer], rule: Rule, bug: str) -> None:
    with kind() as server:
        verdict = rule.judge(Visit(server.address, "mark", None, 0.5, client_tls()))
    assert verdict.passed is (not bug) and bug.lower() in verdict.sentence.lower(), verdict


def test_a_judge_who_does_not_trust_the_server_says_so(server: Server) -> None:
    with pytest.raises(Refused, match="nobody here trusts"):
        judge(server.address, tls=client_context())
    with stranger_that(lambda sock: sock.recv(65536) and sock.recv(1)) as place:
        with pytest.raises(Refused, match="handshake of TLS within 0.3 seconds"):
            judge(parse_address(place), tls=client_tls(), patience=0.3)


def test_check_judges_a_sealed_server(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = write_address(server.address)
    (tmp_path / "ca.pem").write_bytes(authority().pem)
    assert checking.main(["server", place, "--ca", str(tmp_path / "ca.pem")]) == 0
    assert "  yes   TLS: the server's end is sealed with close_notify\n" in capsys.readouterr().out
    assert checking.main(["server", place, "--patience", "0.2"]) == 1
    assert "after the handshake of TLS if it seals (--tls)" in capsys.readouterr().out.replace("\n  ", " ")
