"""Settings: what a host's kernel is told, and what then is seen of it on the wire and in its sockets."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from chatkit.errors import LanError, MisuseError
from chatkit.lan import Lan
from chatkit.lan.headers import Headers
from chatkit.lan.settings import FOLDER, Settings, files, put
from tests.needs import needs_lan

PORT = 9898


class Kernel:
    """What there is under /proc, for tests that need no kernel: these files, of which some may not be written."""

    def __init__(self, **texts: str) -> None:
        self.texts = {FOLDER + name: text for name, text in texts.items()}
        self.read_only = {FOLDER + "tcp_sack"}

    def read(self, path: str) -> str:
        return self.texts[path]

    def write(self, path: str, text: str) -> None:
        if path not in self.texts:
            raise LanError("no such file")
        if path in self.read_only:
            raise LanError("read-only file system")
        self.texts[path] = text


def kernel() -> Kernel:
    return Kernel(
        tcp_sack="1", tcp_timestamps="1", tcp_congestion_control="cubic", tcp_allowed_congestion_control="reno bbr"
    )


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan("server", "ann") as lan:
        yield lan


def option(lan: Lan, level: int, name: int, size: int = 0) -> int | bytes:
    """What a new socket of ann's says."""
    with lan["ann"].socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        return sock.getsockopt(level, name, size) if size else sock.getsockopt(level, name)


def handshake(lan: Lan) -> tuple[bytes, bytes]:
    """The TCP headers of a SYN and a SYN-ACK, as the wire saw them."""
    with closing(lan["server"].listen(PORT)):
        lan["ann"].connect(("server", PORT)).close()
    frames = [Headers(passage.data, passage.sender) for passage in lan.wire.log]
    syn, syn_ack = [frame for frame in frames if "SYN" in frame.flags]
    return syn.data[syn.transport :], syn_ack.data[syn_ack.transport :]


def option_kinds(header: bytes) -> set[int]:
    """The numbers of the options in a TCP header (RFC 9293 3.1): 2 MSS, 3 window scale, 4 SACK, 8 timestamps."""
    options, kinds = header[20 : 4 * (header[12] >> 4)], set()
    while options and options[0]:
        kinds.add(options[0])
        options = options[1:] if options[0] == 1 else options[options[1] :]
    return kinds - {1}


# ---- without a kernel ----


def test_each_setting_is_a_file_and_a_text() -> None:
    assert list(files(Settings(sack=False, receive_buffer=8192, syn_retries=2))) == [
        (FOLDER + "tcp_sack", "0"),
        (FOLDER + "tcp_rmem", "4096 8192 8192"),
        (FOLDER + "tcp_syn_retries", "2"),
    ]


@pytest.mark.parametrize(
    "setting",
    [
        {"sack": 1},
        {"sack": None},
        {"syn_retries": True},
        {"syn_retries": 0},
        {"syn_retries": 128},
        {"fin_timeout": 0.5},
        {"keepalive_time": 40000},
        {"receive_buffer": 4095},
        {"send_buffer": 1 << 31},
        {"congestion_control": 5},
        {"nagle": False},
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_set(setting: dict[str, object]) -> None:
    (name, value) = next(iter(setting.items()))
    machine = kernel()
    with pytest.raises(MisuseError, match=f"{name}={value!r} cannot be set; there is sack=True or False, .*=1 to 127"):
        put({"timestamps": False, **setting}, machine.read, machine.write)  # type: ignore[typeddict-item]
    assert machine.texts[FOLDER + "tcp_timestamps"] == "1"


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (Settings(sack=False), "sack=False could not be set: read-only file system"),
        (Settings(window_scaling=False), "window_scaling=False could not be set: no such file"),
        (Settings(congestion_control="cubic"), "'cubic' could not be set: this kernel lets a host have reno, bbr"),
    ],
)
def test_what_the_kernel_refuses_is_a_lan_error_with_its_reason(setting: Settings, reason: str) -> None:
    machine = kernel()
    with pytest.raises(LanError, match=reason):
        put(setting, machine.read, machine.write)


# ---- on a real LAN ----


@needs_lan
def test_a_syn_has_the_options_that_are_switched_on(lan: Lan) -> None:
    assert option_kinds(handshake(lan)[0]) == {2, 3, 4, 8}


@needs_lan
@pytest.mark.parametrize(
    ("setting", "left"), [("window_scaling", {2, 4, 8}), ("sack", {2, 3, 8}), ("timestamps", {2, 3, 4})]
)
def test_a_syn_lacks_the_option_that_is_switched_off(lan: Lan, setting: str, left: set[int]) -> None:
    lan["ann"].set(**{setting: False})  # type: ignore[misc]
    syn, syn_ack = handshake(lan)
    assert option_kinds(syn) == option_kinds(syn_ack) == left


@needs_lan
def test_all_options_can_be_switched_off_and_on_again(lan: Lan) -> None:
    lan["ann"].set(sack=False, timestamps=False, window_scaling=False)
    assert option_kinds(handshake(lan)[0]) == {2}
    lan["ann"].set(sack=True, timestamps=True, window_scaling=True)
    with closing(lan["server"].listen(PORT + 1)):
        lan["ann"].connect(("server", PORT + 1)).close()
    syns = [Headers(each.data) for each in lan.wire.log if Headers(each.data, each.sender).flags == {"SYN"}]
    assert option_kinds(syns[-1].data[syns[-1].transport :]) == {2, 3, 4, 8}


@needs_lan
def test_one_host_is_set_and_the_others_are_not(lan: Lan) -> None:
    lan["server"].set(syn_retries=1)
    assert option(lan, socket.IPPROTO_TCP, socket.TCP_SYNCNT) != 1


@needs_lan
def test_reno_is_used_when_it_is_set(lan: Lan) -> None:
    lan["ann"].set(congestion_control="reno")
    assert option(lan, socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16) == b"reno".ljust(16, b"\0")


@needs_lan
def test_a_congestion_control_that_is_not_there_is_a_lan_error_that_names_those_that_are(lan: Lan) -> None:
    with pytest.raises(
        LanError, match=r"congestion_control='fast' could not be set: this kernel lets a host have .*reno"
    ):
        lan["ann"].set(congestion_control="fast")


@needs_lan
@pytest.mark.parametrize(
    ("setting", "level", "name", "value"),
    [
        ("receive_buffer", socket.SOL_SOCKET, socket.SO_RCVBUF, 30000),
        ("send_buffer", socket.SOL_SOCKET, socket.SO_SNDBUF, 30000),
        ("syn_retries", socket.IPPROTO_TCP, socket.TCP_SYNCNT, 2),
        ("fin_timeout", socket.IPPROTO_TCP, socket.TCP_LINGER2, 7),
        ("keepalive_time", socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 9),
    ],
)
def test_a_new_socket_has_what_was_set(lan: Lan, setting: str, level: int, name: int, value: int) -> None:
    lan["ann"].set(**{setting: value})  # type: ignore[misc]
    assert option(lan, level, name) == value


@needs_lan
def test_the_window_in_the_syn_ack_is_about_half_of_the_receive_buffer(lan: Lan) -> None:
    lan["server"].set(receive_buffer=16384)
    window = int.from_bytes(handshake(lan)[1][14:16], "big")
    assert 4096 <= window <= 16384


@needs_lan
def test_a_lan_that_is_closed_can_be_set_no_more() -> None:
    with Lan("ann") as lan:
        pass
    with pytest.raises(LanError, match="closed"):
        lan["ann"].set(sack=False)
