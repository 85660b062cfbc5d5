"""What 01-sockets promises."""

ANYWHERE = {
    "listener": r"listener\.socket +nothing\n\nNothing has crossed the wire so far",
    "bind": r"listener\.bind +nothing",
    "listen": r"listener\.listen +nothing",
    "ann": r"\('0\.0\.0\.0', 0\)",
    "connect": r"(?s)ann\.connect +1 --> SYN,  2 <-- SYN,ACK,  3 --> ACK\n.*ESTABLISHED +--> .* --> ESTABLISHED",
    "send": r'(?s)send took 6 bytes.*ann\.send +4 --> PSH,ACK "hello\\n",  5 <-- ACK',
    "accept": r"listener\.accept +nothing",
    "two-sockets": r"laddr=\('([\d.]+)', (\d+)\)>\n.*laddr=\('\1', \2\), raddr=",
    "recv": r"(?s)b'hel'\nb'lo\\n'.*connection\.recv +nothing",
    "answer": r'connection\.send, ann\.recv +6 <-- PSH,ACK "good morning\\n"',
    "second": r"second\.connect +8 --> SYN,  9 <-- SYN,ACK,  10 --> ACK",
    "shutdown": r"(?s)ann\.shutdown +11 --> FIN,ACK,  12 <-- ACK\n.*FIN-WAIT-2 .*CLOSE-WAIT",
    "half": r"(?s)the server receives b''.*13 <-- PSH,ACK \"bye\\n\"",
    "close": r"(?s)connection\.close +15 <-- FIN,ACK,  16 --> ACK\n.*TIME-WAIT .*CLOSED",
    "close-ann": r"(?s)b'bye\\n' b''.*ann\.close +nothing",
    "close-listener": r"listener\.close +17 <-- RST,ACK",
    "film": r"(?s)ann → server  SYN .*\"hello.*server → ann .*good morning",
    "silent": r"'listener\.listen', 'ann\.socket', 'listener\.accept', 'connection\.recv', 'ann\.close'\]",
    "grade-count": r"(?s)right \(handshake\.segments-before-data\).*3 is the number",
    "grade-port": r"right \(ends\.ephemeral-port\)",
}
PROMISES = {
    "lan": ANYWHERE
    | {"lan": r"<Lan, a switch with 2 hosts>", "connect": r"10\.0\.0\.2.* is connected with .*10\.0\.0\.1"},
    "loopback": ANYWHERE | {"lan": r"<no LAN here", "watch": r"caught live on "},
    "recorded": ANYWHERE | {"watch": r"Replay of a recorded capture", "connect": r"RECORDED"},
}
