"""What 06-handshake promises."""

ANYWHERE = {
    "watch": r"segments.* between .*, time running down\.",
    "relative": r"(?s)rtt \d+\.\d+ ms.*CTL=SYN,ACK.*\(seq=0, ack=None\).*\(seq=0, ack=1\).*\(seq=1, ack=1\)",
    "isn": r"', (\d+)\) calls with ISN \d+ and gets \d+\n.*', \1\) calls with ISN",
    "options": r"ann offers: +mss=\d+ window_scale=\d+ .*\nserver offers: +mss=\d+",
    "agreed": r"Agreed\(scales=Both\(client=\d+, server=\d+\), sack=True",
    "unanswered": r"LISTEN .* a program\nESTABLISHED .* the kernel alone",
    "unanswered-ladder": r"(?s)CTL=SYN,ACK.*is anybody in\?.*FIN-WAIT-2 +<-- ",
    "backlog": r"(?s)call 2: connected, from .*call 3: no answer within.*SYN> --> \?",
    "lost-ladder": r"<SEQ=(\d+)><CTL=SYN> +\.\.\.\n.*SYN-SENT +--> <SEQ=\1><CTL=SYN> +--> SYN-RECEIVED",
    "waits": r"(?s)SYN sent 2 times.*\[1\.\d+\]",
    "refused": r"(?s)<SEQ=0><ACK=\d+><CTL=RST,ACK>.*nobody listens there",
    "simultaneous": r"(?s)SYN-RECEIVED <-- .*<-- SYN-SENT.*CTL=SYN,ACK.*CTL=SYN,ACK",
    "grade-port": "✓ right",
    "grade-ack": "✓ right",
    "grade-wait": "✓ right",
}
PROMISES = {
    "lan": ANYWHERE
    | {"lost": r"saw 2, applied 1", "options": r"(?s)mss=1460 .*mss=1460", "agreed": r"mss=Both\(client=14"},
    "loopback": ANYWHERE
    | {
        "lost": r"NO EFFECT\W+drop",
        "options": r"(?s)mss=65495 .*mss=65495",
        "lost-ladder": "RECORDED",
        "isn": "RECORDED",
    },
    "recorded": ANYWHERE | {"lost": r"NO EFFECT\W+drop", "unanswered-ladder": "RECORDED", "simultaneous": "RECORDED"},
}
