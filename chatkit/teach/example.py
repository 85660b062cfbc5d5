"""Another conversation to work a question on: RFC 9293's Figure 6, the basic three-way handshake, with some data."""

from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Endpoint, Flag, Segment

CLIENT: Endpoint = ("192.0.2.1", 40000)  # addresses for documentation (RFC 5737)
SERVER: Endpoint = ("192.0.2.9", 9898)

FIGURE_6 = Conversation(
    (
        Segment(1, 0.0, CLIENT, SERVER, seq=100, ack=0, flags=Flag.SYN),
        Segment(2, 0.1, SERVER, CLIENT, seq=300, ack=101, flags=Flag.SYN | Flag.ACK),
        Segment(3, 0.2, CLIENT, SERVER, seq=101, ack=301, flags=Flag.ACK),
        Segment(4, 0.3, CLIENT, SERVER, seq=101, ack=301, flags=Flag.ACK, payload=b"JOIN ann\n"),
    )
)
