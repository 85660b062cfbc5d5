"""What 07-data-and-acks promises."""

ANYWHERE = {
    "talk": r"café at noon\? 🙂 \| 15 characters, 19 bytes",
    "table": r"(?s)^frame +ms +from +seq +ack +bytes +window +called\n1 .* client  0 +0 +\d+ +opens\n",
    "count": r'(?s)"JOIN ann">.*\n(\d+) bytes of lines; the last byte has number \1\n',
    "kernel-acks": r"(?s)ESTABLISHED .* the kernel alone.*client  1 +1 +15 +\d+ +new data\n.*server  1 +16 ",
    "rtts": r"(?s)frame \d+: rtt \d+\.\d\d\d ms, srtt .*state='ESTABLISHED'.*rto=0\.2",
    "lost": r"(?s)seq 2897 .*no sign of arrival.*server → ann  ACK  seq 1 ack 1449",
    "lost-plot": r"<Plot: Time-sequence graph.*1 fast retransmission",
    "last-lost": r"(?s)^(?!.*duplicate ACK).*client  7241 .* retransmission\n.*<Plot: Time-sequence graph",
    "rtt-plot": r"Left out by Karn's rule is what was sent twice: ",
    "window": r"(?s)server .* 0 +zero window\n.*zero window probe\n.*window update\n.*<Plot: Bytes in flight",
    "pour": r"from 10 segments of 524 bytes.*\n\n?\(10, 20, 40, \d+\)$",
    "staircase": r"<Plot: Time-sequence graph: .*Nothing is sent again",
    "cwnd": r"<Plot: .* what ann .* sends to the server .*\. The congestion window grows from 10 segments",
    "grade-ack": "✓ right",
    "grade-bytes": "✓ right",
    "grade-retransmission": "✓ right",
    "grade-closed": "✓ right",
    "grade-slow-start": "✓ right",
}
PROMISES = {
    "lan": ANYWHERE | {"rtts": r"mss=1448", "staircase": "the wire of a private LAN"},
    "loopback": ANYWHERE
    | {"kernel-acks": "caught live on lo", "lost": "it was not played here", "pour": "RECORDED", "cwnd": "RECORDED"},
    "recorded": ANYWHERE | {"table": "RECORDED", "kernel-acks": "RECORDED", "staircase": "RECORDED"},
}
