"""The connections of RFC 9293's figures, made of segments, and what the figures print."""

from collections.abc import Iterable
from dataclasses import replace

from chatkit.tcp.segment import Segment
from tests.talks import ACK, FIN, SYN, Ends

A, B = ("192.0.2.1", 40000), ("192.0.2.2", 9898)
ENDS = Ends(client_isn=100, server_isn=300, client=A, server=B)


def numbered(segments: Iterable[Segment]) -> list[Segment]:
    """The segments as a capture has them: numbered from 1, ten milliseconds apart."""
    return [replace(s, frame=number, time=number / 100) for number, s in enumerate(segments, start=1)]


FIGURE_6 = numbered([*ENDS.handshake(), ENDS.up(ACK, 1, 1, b"data")])
FIGURE_6_PRINTED = """
    1.  CLOSED                                               LISTEN
    2.  SYN-SENT    --> <SEQ=100><CTL=SYN>               --> SYN-RECEIVED
    3.  ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
    4.  ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>       --> ESTABLISHED
    5.  ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK><DATA> --> ESTABLISHED
"""

FIGURE_7 = numbered([ENDS.up(SYN, 0), ENDS.down(SYN, 0), ENDS.up(SYN | ACK, 0, 1), ENDS.down(SYN | ACK, 0, 1)])
FIGURE_7_PRINTED = """
    1.  CLOSED                                           CLOSED
    2.  SYN-SENT     --> <SEQ=100><CTL=SYN>              ...
    3.  SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-SENT
    4.               ... <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
    5.  SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> ...
    6.  ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED
    7.               ... <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
"""

# Figure 12 has the calls (Close) too, and line 6 for the passing of 2MSL: a capture has neither
FIGURE_12 = numbered([ENDS.up(FIN | ACK, 0, 0), ENDS.down(ACK, 0, 1), ENDS.down(FIN | ACK, 0, 1), ENDS.up(ACK, 1, 1)])
FIGURE_12_PRINTED = """
    1.  ESTABLISHED                                          ESTABLISHED
    2.  FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
    3.  FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
    4.  TIME-WAIT   <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
    5.  TIME-WAIT   --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
"""

# Figure 13 prints the states of both ends once for each exchange; here they stand on each line, as in Figure 7
FIGURE_13 = numbered([ENDS.up(FIN | ACK, 0, 0), ENDS.down(FIN | ACK, 0, 0), ENDS.up(ACK, 1, 1), ENDS.down(ACK, 1, 1)])
FIGURE_13_PRINTED = """
    1.  ESTABLISHED                                          ESTABLISHED
    2.  FIN-WAIT-1  --> <SEQ=100><ACK=300><CTL=FIN,ACK>  ...
    3.  CLOSING     <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <-- FIN-WAIT-1
    4.              ... <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSING
    5.  CLOSING     --> <SEQ=101><ACK=301><CTL=ACK>      ...
    6.  TIME-WAIT   <-- <SEQ=301><ACK=101><CTL=ACK>      <-- CLOSING
    7.              ... <SEQ=101><ACK=301><CTL=ACK>      --> TIME-WAIT
"""
