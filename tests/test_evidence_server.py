"""The server's side as evidence: whoever was told a link gets the frames of its own connection, and nobody else's."""

import contextlib
import http.client
import secrets
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatkit.capture.capture import Capture
from chatkit.capture.own_connections import KEPT
from chatkit.errors import CaptureError, MachineError, ProtocolError, Refused
from chatkit.faces import serve
from chatkit.faces.chat_widget import ChatWidget
from chatkit.faces.classroom_ca import Authority
from chatkit.faces.evidence import web
from chatkit.faces.evidence.links import NOT_CAUGHT, NOT_FOUND, Answer, Links
from chatkit.faces.evidence.offer import offer
from chatkit.faces.evidence.web import EvidenceServer
from chatkit.faces.notebook.own_capture import fetch_capture
from chatkit.lan import Lan
from chatkit.net.event import Event, What
from chatkit.net.server import Server
from chatkit.net.tls import pinned_context
from chatkit.protocol.limits import Limits
from chatkit.teach.checker import check
from chatkit.teach.grading import grade
from tests.needs import needs_lan, needs_live_capture, needs_tshark
from tests.peer import TIMEOUT, Peer
from tests.programs import ROOT, environment, serving
from tests.tshark import ask, our_rows, rows

HERE = "127.0.0.1"


@contextlib.contextmanager
def offering(tls: Authority | None = None, **options: object) -> Iterator[Server]:
    """A server in this process, captured on loopback."""
    port = serve._free_port()
    context = tls.server_context(HERE) if tls else None
    with offer(port, tls=context) as offered:
        server = Server(port, capture_link=offered.links.link, tls=context, limits=Limits(rate=0), **options)
        server.subscribe(offered.links.note)
        with server:
            yield server


def link_of(peer: Peer) -> str:
    peer.send("CAPTURE\n")
    return peer.until("CAPTURED").split()[1]


def get(link: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(method, parts.path, headers=headers)
        response = connection.getresponse()
        return response, response.read()


def fetched(link: str) -> Capture:
    response, body = get(link)
    assert response.status == HTTPStatus.OK, body
    return Capture.decode(body)


def bytes_of(capture: Capture) -> bytes:
    """All bytes of the frames, and then each stream put together, for a word may lie across two segments."""
    streams = (talk.stream(end) for talk in capture.conversations for end in talk.endpoints)
    return b"".join((*(frame.data for frame in capture.frames), *streams))


def leave(peer: Peer) -> None:
    peer.send("QUIT\n")
    peer.finish()
    peer.until("BYE")
    assert peer.rest() == ""
    peer.close()


# ---- nobody else's bytes ----


def talk(peers: dict[str, Peer], rounds: int = 5) -> dict[str, set[bytes]]:
    """Let all say, tell and try things with a random word in each; give the words that passed each one's connection."""
    passed: dict[str, set[bytes]] = {name: set() for name in peers}

    def word(*names: str) -> str:
        text = secrets.token_hex(8)
        for name in names:
            passed[name].add(text.encode())
        return text

    for _ in range(rounds):
        for name, peer in peers.items():
            other = next(each for each in peers if each != name)
            peer.send(f"SAY {word(*peers)}\nTELL {other} {word(name, other)}\nPING {word(name)}\nPASS {word(name)}\n")
            peer.send(f"TELL nobody {word(name)}\n{word(name)}\n")
    for name, peer in peers.items():
        end = word(name)
        peer.send(f"PING {end}\n")
        peer.until(f"PONG {end}")
    return passed


def assert_apart(captures: dict[str, Capture], passed: dict[str, set[bytes]]) -> None:
    everything = set().union(*passed.values())
    for name, capture in captures.items():
        seen = {word for word in everything if word in bytes_of(capture)}
        assert seen == passed[name], f"{name}'s capture"


@needs_live_capture
def test_of_three_who_talk_at_once_each_gets_all_that_passed_its_own_connection_and_nothing_else() -> None:
    with offering() as server, contextlib.ExitStack() as stack:
        peers = {name: stack.enter_context(Peer(server.address, name)) for name in ("ann", "bob", "carol")}
        passed = talk(peers)
        links = {name: link_of(peer) for name, peer in peers.items()}
        ports = {name: peer.sock.getsockname()[1] for name, peer in peers.items()}
        for peer in peers.values():
            leave(peer)
        captures = {name: fetched(link) for name, link in links.items()}
    assert_apart(captures, passed)
    for name, capture in captures.items():
        [conversation] = capture.conversations
        assert conversation.client == (HERE, ports[name])
        assert capture.fitness and not capture.fitness.notices
        others = {link.encode()[-32:] for other, link in links.items() if other != name}
        assert not any(secret in bytes_of(capture) for secret in others)


@needs_lan
@needs_tshark
def test_in_a_lan_each_laptop_fetches_its_own_and_tshark_reads_it_as_we_do(tmp_path: Path) -> None:
    with Lan("server", "ann", "bob") as lan, serving_on(lan), LanPeer(lan, "ann") as ann, LanPeer(lan, "bob") as bob:
        passed = talk({"ann": ann, "bob": bob})
        links = {"ann": link_of(ann), "bob": link_of(bob)}
        assert links["ann"].startswith("http://10.0.0.1:9899/")
        leave(ann)
        captures = {name: fetch_capture(links[name], host=lan[name]) for name in links}
        addresses = {name: lan[name].address for name in links}
        with pytest.raises(CaptureError, match="Nothing is found under this link"):
            fetch_capture(links["ann"], host=lan["bob"])
    assert_apart(captures, passed)
    assert captures["ann"].fitness and not captures["ann"].fitness.notices
    for name, capture in captures.items():
        path = capture.save(tmp_path / f"{name}.pcapng")
        assert our_rows(capture) == rows(path)
        assert {tuple(row) for row in ask(path, "ip.src", "ip.dst")} == {
            (addresses[name], "10.0.0.1"),
            ("10.0.0.1", addresses[name]),
        }


@contextlib.contextmanager
def serving_on(lan: Lan) -> Iterator[None]:
    """`serve --open --capture` on the host called server."""
    words = [sys.executable, "-m", "chatkit", "serve", "--open", "--capture"]
    with lan["server"].run(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        yield
        process.terminate()
        assert "every socket is closed" in process.stdout.read()


class LanPeer(Peer):
    """A peer on a host of its own."""

    def __init__(self, lan: Lan, name: str) -> None:
        self.sock = lan[name].connect(("server", 9898), TIMEOUT)
        self.lines = self.sock.makefile("rb")
        self.join(name)


# ---- one secret, one connection ----


@needs_live_capture
def test_a_port_used_again_is_another_connection_with_another_link() -> None:
    with offering() as server:
        port = serve._free_port()
        captures = {}
        for name in ("ann", "bob"):
            with PeerFrom(port, server.address, name) as peer:
                link = link_of(peer)
                assert link == link_of(peer), "asked again, it is the same"
                captures[name] = link
                peer.send(f"PING only-{name}\n")
                peer.until("PONG")
                peer.reset()  # so that the port is free at once
            wait_until_nobody_is_in(server)
        anns, bobs = fetched(captures["ann"]), fetched(captures["bob"])
    assert b"only-ann" in bytes_of(anns) and b"only-bob" not in bytes_of(anns)
    assert b"only-bob" in bytes_of(bobs) and b"only-ann" not in bytes_of(bobs)
    assert anns.conversations[0].endpoints == bobs.conversations[0].endpoints


class PeerFrom(Peer):
    """A peer that calls from a port of its choice."""

    def __init__(self, port: int, server: tuple[str, int], name: str) -> None:
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.settimeout(TIMEOUT)
        self.sock.bind((HERE, port))
        self.sock.connect(server)
        self.lines = self.sock.makefile("rb")
        self.join(name)


def wait_until_nobody_is_in(server: Server) -> None:
    deadline = time.monotonic() + TIMEOUT
    while server.users:
        assert time.monotonic() < deadline
        time.sleep(0.01)


class NoFrames:
    """Stands for a running capture; it notes what is asked of it."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[tuple[str, int], int, int]] = []
        self.asked: list[tuple[tuple[str, int], int, int]] = []
        self.capture: Capture | None = Capture((), "made for a test")

    def settle(self) -> None:
        """All that passed is caught."""

    def capture_of(self, *span: object) -> Capture | None:
        self.asked.append(span)  # type: ignore[arg-type]
        return self.capture

    def forget(self, *span: object) -> None:
        self.forgotten.append(span)  # type: ignore[arg-type]


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


ANN = ("192.0.2.2", 40000)


@pytest.fixture
def frames() -> NoFrames:
    return NoFrames()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(frames: NoFrames, clock: Clock) -> Links:
    return Links(frames, lambda client: "http://192.0.2.1:9899", clock)  # type: ignore[arg-type]


def accept(links: Links, when: float, client: tuple[str, int] = ANN) -> None:
    links.note(Event(What.ACCEPTED, address=client, when=when))


def close(links: Links, client: tuple[str, int] = ANN) -> None:
    links.note(Event(What.CLOSED, address=client))


def secret_of(links: Links, client: tuple[str, int] = ANN) -> str:
    return links.link(client).rpartition("/")[2]


def test_a_secret_has_at_least_128_bits_and_no_two_are_alike(links: Links) -> None:
    clients = [("192.0.2.2", port) for port in range(1, 100)]
    for client in clients:
        accept(links, 1.0, client)
    made = {secret_of(links, client) for client in clients}
    assert len(made) == 99
    assert min(map(len, made)) >= 22  # letters of base64, six bits each


def test_a_link_asks_for_the_connection_between_this_accept_and_the_last_from_there(
    links: Links, frames: NoFrames
) -> None:
    accept(links, 10.0)
    close(links)
    accept(links, 20.0)
    assert links.open(secret_of(links), ANN[0]).status == HTTPStatus.OK
    assert frames.asked == [(ANN, 10_000_000_000, 20_000_000_000)]


def test_a_secret_opens_nothing_from_another_address_and_nothing_with_a_letter_changed(links: Links) -> None:
    accept(links, 10.0)
    secret = secret_of(links)
    wrong = [
        secret[:-1],
        secret + "A",
        secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        secret.swapcase(),
        "",
        "é\ud800",
    ]
    tries = [("192.0.2.3", secret), *((ANN[0], each) for each in wrong)]
    answers = {links.open(each, asker) for asker, each in tries}
    assert answers == {Answer(HTTPStatus.NOT_FOUND, NOT_FOUND.encode())}, "all alike: nothing is learned from them"
    assert links.open(secret, ANN[0]).status == HTTPStatus.OK


def test_nobody_finds_anything_before_a_link_was_asked_for(links: Links) -> None:
    accept(links, 10.0)
    assert links.open("", ANN[0]).status == HTTPStatus.NOT_FOUND


def test_a_link_outlives_its_connection_for_ten_minutes(links: Links, clock: Clock, frames: NoFrames) -> None:
    accept(links, 10.0)
    secret = secret_of(links)
    close(links)
    clock.now += KEPT
    assert links.open(secret, ANN[0]).status == HTTPStatus.OK
    clock.now += 1
    assert links.open(secret, ANN[0]).status == HTTPStatus.NOT_FOUND
    assert frames.forgotten == [(ANN, 0, 10_000_000_000)]


def test_of_who_asked_for_no_link_nothing_is_kept(links: Links, frames: NoFrames) -> None:
    accept(links, 10.0)
    close(links)
    assert frames.forgotten == [(ANN, 0, 10_000_000_000)]


def test_where_two_connections_cannot_be_told_apart_neither_has_a_link(links: Links) -> None:
    accept(links, 10.0)
    secret = secret_of(links)
    accept(links, 11.0)  # from the same port, to another address of ours
    with pytest.raises(ProtocolError, match="cannot be told from another one"):
        links.link(ANN)
    assert links.open(secret, ANN[0]).status == HTTPStatus.NOT_FOUND


def test_a_connection_that_was_not_caught_says_so(links: Links, frames: NoFrames) -> None:
    accept(links, 10.0)
    frames.capture = None
    assert links.open(secret_of(links), ANN[0]) == Answer(HTTPStatus.NOT_FOUND, NOT_CAUGHT.encode())


def test_the_file_is_named_after_who_it_is(links: Links) -> None:
    accept(links, 10.0)
    assert links.open(secret_of(links), ANN[0]).name == "chatkit-40000.pcapng"
    links.note(Event(What.JOINED, "zoë", ANN))
    assert links.open(secret_of(links), ANN[0]).name == "chatkit-zoë-40000.pcapng"


# ---- HTTP, on a network where anybody may try ----

FILE = Answer(HTTPStatus.OK, b"the bytes of a capture", "chatkit-zoë-40000.pcapng")
NOTHING = Answer(HTTPStatus.NOT_FOUND, b"Nothing is here.")
Ask = Callable[[bytes], bytes]


@pytest.fixture
def site() -> Iterator[EvidenceServer]:
    with EvidenceServer(
        (HERE, 0), lambda secret, asker: FILE if (secret, asker) == ("secret", HERE) else NOTHING
    ) as site:
        yield site


@pytest.fixture
def ask_it(site: EvidenceServer) -> Ask:
    """Send these bytes, half-close, and give all that comes."""

    def ask_it(request: bytes) -> bytes:
        with socket.create_connection((HERE, site.port), TIMEOUT) as sock:
            sock.sendall(request)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    return ask_it


def test_a_file_comes_with_its_type_its_name_and_is_not_kept_by_caches(site: EvidenceServer) -> None:
    response, body = get(f"http://{HERE}:{site.port}/secret")
    assert (response.status, body) == (200, FILE.body)
    assert response.headers["Content-Type"] == "application/vnd.tcpdump.pcap"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''chatkit-zo%C3%AB-40000.pcapng"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Python" not in response.headers["Server"]


def test_head_gives_the_head_alone_and_a_range_gives_all(site: EvidenceServer) -> None:
    response, body = get(f"http://{HERE}:{site.port}/secret", "HEAD")
    assert (response.headers["Content-Length"], body) == ("22", b"")
    response, body = get(f"http://{HERE}:{site.port}/secret", Range="bytes=3-5")
    assert (response.status, body) == (200, FILE.body)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused_with_a_plain_sentence(site: EvidenceServer, method: str) -> None:
    response, body = get(f"http://{HERE}:{site.port}/secret", method)
    assert response.status == HTTPStatus.NOT_IMPLEMENTED
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert b"a capture is fetched by GET" in body and b"<" not in body


@pytest.mark.parametrize(
    "path",
    ["/", "/secret/", "/../secret", "/%73ecret", "/SECRET", "/etc/passwd", "/..%2f..%2fetc%2fpasswd", "*"],
)
def test_only_the_very_link_opens(ask_it: Ask, path: str) -> None:
    assert ask_it(f"GET {path} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.0 404 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\n",
        b"\0" * 100,
        b"GET",
        b"GET /secret HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"JOIN ann\n\n",
    ],
)
def test_what_is_no_request_is_answered_shortly_or_not_at_all(ask_it: Ask, request_: bytes) -> None:
    answer = ask_it(request_)
    assert FILE.body not in answer
    assert len(answer) < 500


def test_a_huge_request_is_not_read_to_its_end(ask_it: Ask) -> None:
    assert FILE.body not in ask_it(b"GET /" + b"a" * 200_000 + b" HTTP/1.0\r\n\r\n")


def test_a_request_with_a_body_gets_its_answer_and_no_reset(site: EvidenceServer) -> None:
    with socket.create_connection((HERE, site.port), TIMEOUT) as sock:
        sock.sendall(b"POST /secret HTTP/1.0\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20000)
        sock.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: sock.recv(65536), b"")).startswith(b"HTTP/1.0 501 ")


def test_who_sends_slowly_is_cut_off(monkeypatch: pytest.MonkeyPatch, site: EvidenceServer) -> None:
    monkeypatch.setattr(web, "REQUEST_TIME", 0.3)
    started = time.monotonic()
    with socket.create_connection((HERE, site.port), TIMEOUT) as sock:
        sock.sendall(b"GET /secret HTTP/1.0\r\nX: ")
        with contextlib.suppress(OSError):
            while time.monotonic() < started + TIMEOUT:
                sock.sendall(b"a")
                sock.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    if not sock.recv(100):
                        break
    assert time.monotonic() < started + 2


def test_who_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "DOWNLOAD_TIME", 0.3)
    large = Answer(HTTPStatus.OK, bytes(50_000_000), "large")
    with EvidenceServer((HERE, 0), lambda *_: large) as site:
        with socket.create_connection((HERE, site.port), TIMEOUT) as sock:
            sock.sendall(b"GET /secret HTTP/1.0\r\n\r\n")
            deadline = time.monotonic() + TIMEOUT
            while site._open or time.monotonic() < deadline - TIMEOUT + 0.2:
                assert time.monotonic() < deadline
                time.sleep(0.01)


def test_so_many_at_once_and_no_more_and_then_again(site: EvidenceServer) -> None:
    with contextlib.ExitStack() as stack:
        address = HERE, site.port
        idle = [stack.enter_context(socket.create_connection(address, TIMEOUT)) for _ in range(web.MOST_AT_ONCE // 2)]
        response, _ = get(f"http://{HERE}:{site.port}/secret")
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
        for sock in idle:
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(1) == b""
        response, body = get(f"http://{HERE}:{site.port}/secret")
        assert body == FILE.body


def test_a_stop_does_not_wait_for_who_is_idle() -> None:
    with EvidenceServer((HERE, 0), lambda *_: NOTHING) as site:
        sock = socket.create_connection((HERE, site.port), TIMEOUT)
        started = time.monotonic()
    with sock:
        assert time.monotonic() < started + 3
        with contextlib.suppress(ConnectionResetError):  # it was not even accepted
            assert sock.recv(1) == b""


def test_who_goes_in_the_middle_of_a_download_hurts_nobody(site: EvidenceServer) -> None:
    for _ in range(5):
        with socket.create_connection((HERE, site.port), TIMEOUT) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(b"GET /secret HTTP/1.0\r\n\r\n")
    assert get(f"http://{HERE}:{site.port}/secret")[1] == FILE.body


def test_a_port_that_is_taken_is_one_sentence(site: EvidenceServer) -> None:
    with pytest.raises(MachineError, match=r"could not be opened: .* Choose another \(--capture-port\)"):
        EvidenceServer((HERE, site.port), lambda *_: NOTHING)


# ---- as students and instructors meet it ----


@needs_live_capture
def test_a_student_without_any_right_answers_questions_on_the_capture_of_the_server() -> None:
    with offering() as server:
        ann = ChatWidget("ann", server.address)
        try:
            ann.say("hello")
            assert "still open" not in fetch_capture(ann).source
            link = ann._screen.lines[-1].text.split()[-1]
            ann.disconnect()
            capture = fetch_capture(link)
        finally:
            ann.close()
    conversation = capture.conversation(server.address[1])
    assert conversation.handshake
    synack, last = conversation.handshake.synack, conversation.teardown.segments[-1]
    grade(check("handshake.synack-ack", capture, synack.ack, synack.frame))
    grade(check("close.segments", capture, len(conversation.teardown.segments), last.frame))
    assert "your own connection" in repr(capture)


def test_a_server_that_offers_none_says_so_to_the_student(server: Server) -> None:
    ann = ChatWidget("ann", server.address)
    try:
        with pytest.raises(Refused, match="this server offers no captures"):
            fetch_capture(ann)
    finally:
        ann.close()


@pytest.mark.parametrize(
    "link", ["file:///etc/passwd", "ftp://127.0.0.1:21/x", "http://127.0.0.1/x", "http://a:b/", "x"]
)
def test_what_is_no_link_to_a_capture_is_not_followed(link: str) -> None:
    with pytest.raises(CaptureError, match="is no link to a capture"):
        fetch_capture(link)


@pytest.mark.parametrize("body", [b"\x1f\x8b" + bytes(100), b"<html>", b""])
def test_what_is_no_capture_is_refused(body: bytes) -> None:
    with EvidenceServer((HERE, 0), lambda *_: Answer(HTTPStatus.OK, body, "x")) as site:
        with pytest.raises(CaptureError):
            fetch_capture(f"http://{HERE}:{site.port}/secret")


@needs_live_capture
def test_with_tls_the_link_is_https_and_what_is_caught_is_sealed() -> None:
    authority = Authority()
    with offering(authority) as server:
        trust = authority.client_context()
        with socket.create_connection(server.address, TIMEOUT) as plain:
            sock = trust.wrap_socket(plain, server_hostname=HERE)
            lines = sock.makefile("rb")
            sock.sendall(b"JOIN ann\nCAPTURE\n")
            link = next(line for line in lines if line.startswith(b"CAPTURED")).decode().split()[1]
            capture = fetch_capture(link, tls=trust)
            lines.close()
            sock.close()
    assert link.startswith("https://")
    assert capture.conversations[0].handshake
    assert b"JOIN" not in bytes_of(capture)


@needs_live_capture
def test_the_link_of_a_sealed_chat_is_followed_to_whom_the_chat_trusts() -> None:
    authority = Authority()
    with offering(authority) as server:
        ann = ChatWidget("ann", server.address, tls=authority.client_context())
        try:
            assert fetch_capture(ann).conversations[0].handshake
            with pytest.raises(CaptureError, match="is another one: its fingerprint is "):
                fetch_capture(ann, tls=pinned_context("00" * 32))
            with pytest.raises(CaptureError, match="comes from an authority that nobody here trusts"):
                fetch_capture(ann.capture_link())
        finally:
            ann.close()


@needs_live_capture
def test_serve_capture_offers_it_and_says_so() -> None:
    program, port = serving("--capture", "--capture-port", "0")
    with program:
        assert "What passes is captured, on lo" in program.seen
        with Peer((HERE, port), "ann") as ann:
            capture = fetched(link_of(ann))
            assert capture.conversations[0].server == (HERE, port)
        program.interrupt()
        assert program.end() == 0
        assert "Traceback" not in program.seen


def test_where_nothing_may_be_captured_the_server_does_not_start_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise CaptureError("this user may not capture frames. Remedy: become root")

    monkeypatch.setattr("chatkit.capture.connection_capture.open_tap", refuse)
    with pytest.raises(CaptureError, match="--capture: this user may not .*Remedy: .*Without --capture the chat"):
        serve.main(["--port", "0", "--capture"])
