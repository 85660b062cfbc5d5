"""Other conversations, to work a question on: small ones, made up, with addresses for documentation (RFC 5737).

CHAT      the handshake of RFC 9293's Figure 6, a line each way, and a close of three segments
LOSS      the SYN is lost, and then the first of four segments: three duplicate ACKs bring it back
STALL     the server does not read: its window closes, is probed, and opens again
REFUSED   nobody listens
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.options import Options
from chatkit.tcp.segment import Endpoint, Flag, Segment

CLIENT: Endpoint = ("192.0.2.1", 40000)
SERVER: Endpoint = ("192.0.2.9", 9898)
CLIENT_ISN, SERVER_ISN = 100, 300  # Figure 6 has them

HELLO, JOIN, WELCOME, USERS = b"HELLO chat/1\n", b"JOIN ann\n", b"WELCOME ann\n", b"USERS 1 ann\n"
SAY, QUIT, BYE = "SAY café\n".encode(), b"QUIT\n", b"BYE\n"
SYN, ACK, PSH, FIN, RST = Flag.SYN, Flag.ACK, Flag.PSH, Flag.FIN, Flag.RST
SYN_OPTIONS = Options(mss=1460, window_scale=7)
STEP = 0.005  # seconds


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where both ends are in their numbers; each method gives one segment."""

    sent: dict[bool, int]  # by each end, the server's by False

    def __call__(self, is_client: bool, flags: Flag, payload: bytes = b"", window: int = 512, back: int = 0) -> Segment:
        """What an end sends next; `back` is how many bytes it goes back, to send them again."""
        own, other = (CLIENT_ISN, SERVER_ISN) if is_client else (SERVER_ISN, CLIENT_ISN)
        seq = own + self.sent[is_client] - back
        ack = other + self.sent[not is_client] if flags & ACK else 0
        syn = bool(flags & SYN)
        self.sent[is_client] += 0 if back else len(payload) + syn + bool(flags & FIN)
        ends = (CLIENT, SERVER) if is_client else (SERVER, CLIENT)
        options = SYN_OPTIONS if syn else Options()
        return Segment(0, 0.0, *ends, seq, ack, flags, 65535 if syn else window, payload, options)


C, S = True, False
DATA = PSH | ACK


def _opening(end: _Ends) -> Iterator[Segment]:
    yield end(C, SYN)
    yield end(S, SYN | ACK)
    yield end(C, ACK)


def _close(end: _Ends) -> Iterator[Segment]:
    yield end(C, FIN | ACK)
    yield end(S, FIN | ACK)
    yield end(C, ACK)


def _chat() -> Iterator[Segment]:
    end = _Ends({C: 0, S: 0})
    yield from _opening(end)
    lines = ((S, HELLO), (C, b"PASS tulip\n" + JOIN), (S, WELCOME), (S, USERS), (C, SAY), (C, QUIT))
    for sender, line in lines:
        yield end(sender, DATA, line)
        yield end(not sender, ACK)
    yield end(S, DATA, BYE)
    yield end(C, ACK)
    yield from _close(end)


def _loss() -> Iterator[Segment]:
    end = _Ends({C: 0, S: 0})
    yield replace(end(C, SYN), time=-1.0)
    end.sent[C] = 0
    yield from _opening(end)
    yield end(S, DATA, HELLO)
    line = b"SAY is this lost?\n"
    sent = [end(C, DATA, line) for _ in range(4)]
    acked = CLIENT_ISN + 1
    yield from sent
    yield from (replace(end(S, ACK), ack=acked) for _ in range(4))  # one, and three duplicates
    yield sent[0]
    yield end(S, ACK)
    yield from _close(end)


def _stall() -> Iterator[Segment]:
    end = _Ends({C: 0, S: 0})
    yield from _opening(end)
    line = b"SAY are you there?\n"
    yield end(C, DATA, line)
    yield end(S, ACK, window=1)
    yield end(C, DATA, b"x" * 128)
    yield end(S, ACK, window=0)
    yield replace(end(C, ACK), seq=CLIENT_ISN + end.sent[C] - 1)  # a window probe
    yield end(S, ACK, window=0)
    yield end(S, ACK, window=512)
    yield end(C, DATA, line)
    yield end(S, ACK)
    yield from _close(end)


def _refused() -> Iterator[Segment]:
    end = _Ends({C: 0, S: 0})
    yield end(C, SYN)
    yield replace(end(S, RST | ACK), seq=0)


def _numbered(segments: Iterable[Segment]) -> Conversation:
    """Each comes so many seconds after the one before it; one that has a time already keeps it."""
    return Conversation([replace(s, frame=n, time=s.time or n * STEP) for n, s in enumerate(segments, 1)])


CHAT, LOSS, STALL, REFUSED = (_numbered(part) for part in (_chat(), _loss(), _stall(), _refused()))
