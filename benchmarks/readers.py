"""Readers of a capture file, each a program of its own: `python -m benchmarks.readers WHICH FILE`.

Each says the same of every conversation: its endpoints, how many segments it has, and how many bytes these carry; and
on stderr, how much memory it needed. The first two are chatkit; the others are what one would write without it.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

Answers = Counter[tuple[str, int, str, int]]  # (address, port, address, port), the smaller first: bytes


def chatkit_on_demand(path: Path) -> Iterator[str]:
    """What the headers say."""
    from chatkit import Capture

    for talk in Capture.read(path).conversations:
        (one, other), size = sorted(talk.endpoints), int(talk.segments.size.sum())
        yield _line(*one, *other, len(talk.segments), size)


def chatkit_with_streams(path: Path) -> Iterator[str]:
    """The same, with the bytes of both directions put together."""
    from chatkit import Capture

    capture = Capture.read(path)
    assert all(talk.reassembled(end).data is not None for talk in capture.conversations for end in talk.endpoints)
    for talk in capture.conversations:
        (one, other), size = sorted(talk.endpoints), int(talk.segments.size.sum())
        yield _line(*one, *other, len(talk.segments), size)


def scapy(path: Path) -> Iterator[str]:
    """scapy's PcapReader, packet by packet."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether  # noqa: F401 - which makes the link known
    from scapy.utils import PcapReader

    segments, sizes = Answers(), Answers()
    with PcapReader(str(path)) as packets:
        for packet in packets:
            if TCP in packet:
                ip, tcp = packet[IP], packet[TCP]
                one, other = sorted([(ip.src, tcp.sport), (ip.dst, tcp.dport)])
                segments[(*one, *other)] += 1
                sizes[(*one, *other)] += ip.len - ip.ihl * 4 - tcp.dataofs * 4
    yield from _lines(segments, sizes)


def dpkt(path: Path) -> Iterator[str]:
    """dpkt's Reader, packet by packet."""
    from socket import inet_ntoa

    import dpkt

    segments, sizes = Answers(), Answers()
    with path.open("rb") as file:
        for _, data in dpkt.pcap.Reader(file):
            ip = dpkt.ethernet.Ethernet(data).data
            if isinstance(ip, dpkt.ip.IP) and isinstance(ip.data, dpkt.tcp.TCP):
                one, other = sorted([(inet_ntoa(ip.src), ip.data.sport), (inet_ntoa(ip.dst), ip.data.dport)])
                segments[(*one, *other)] += 1
                sizes[(*one, *other)] += len(ip.data.data)
    yield from _lines(segments, sizes)


TSHARK_FIELDS = ("ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.len", "tcp.stream", "tcp.seq", "tcp.ack")


def from_tshark(output: Path) -> Iterator[str]:
    """The same answers, from the lines of `tshark -T fields` (it is the program that is timed)."""
    segments, sizes = Answers(), Answers()
    for line in output.read_text().splitlines():
        source, source_port, destination, destination_port, size, *_ = line.rstrip("\n").split("\t")
        if size:
            one, other = sorted([(source, int(source_port)), (destination, int(destination_port))])
            segments[(*one, *other)] += 1
            sizes[(*one, *other)] += int(size)
    yield from _lines(segments, sizes)


def _lines(segments: Answers, sizes: Answers) -> Iterator[str]:
    return (_line(*ends, count, sizes[ends]) for ends, count in segments.items())


def _line(*numbers: object) -> str:
    return " ".join(map(str, numbers))


READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "chatkit": chatkit_on_demand,
    "chatkit-streams": chatkit_with_streams,
    "scapy": scapy,
    "dpkt": dpkt,
}


def peak_bytes() -> int:
    """The most memory that this process had so far (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    print(*sorted(READERS[sys.argv[1]](Path(sys.argv[2]))), sep="\n")
    print(peak_bytes(), file=sys.stderr)
