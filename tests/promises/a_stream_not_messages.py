"""What 02-a-stream-not-messages promises."""

ANYWHERE = {
    "connect": r"connect +1 --> SYN,  2 <-- SYN,ACK,  3 --> ACK",
    "sends": r'(?s)each send took \[4, 4, 6\] bytes.*4 --> PSH,ACK "one\\n"',
    "recv": r"^b'one\\ntwo\\nthree\\n'",
    "check-guess": r"seen: +[123] segments, 3 lines in one recv  \(",
    "small": r"(?s)b'hell' b'o ag' b'ain\\n'.*PSH,ACK \"hello again\\n\",  \d+ <-- ACK\n",
    "stream": r'(?s)two\\nthree.*ann → server .*  4 bytes "one\\n"',
    "pour": r"(?s)sends?, which took .* bytes\n\d+ recvs, which gave ",
    "big": r"pour of 150,000 bytes .* bytes, .*and \d+ more",
    "close": r"26 and 0 bytes, closed by both ends>\n.*150000 and 0 bytes, closed by both ends>",
    "half": r"b'\\xc3' -> '\ufffd'\n.*'é'\n.*'é\ufffd'",
    "decode": r"each piece: '\ufffd\ufffd🙂\\n'\ntogether: +'é🙂\\n'",
    "naive-whole": r"^b'SAID ann hello\\n'$",
    "naive-glued": r"^b'SAID ann one\\nSAY two\\n'$",
    "naive-cut": r"^b'SAID ann hel\\n'$",
    "naive-half": r"^b''$",
    "splitter": r"(?s)gives \[\]\n.*\[b'SAY hello'\]\n.*\[b'SAY one', b'SAY two'\]\n.*gives \[\]\n",
    "byte-by-byte": r"\['SAY café'\]",
    "server": r"SAID ann one\nSAID ann two\nSAID ann café\n",
    "grade-count": r"right \(data\.segments-of-client\)",
    "grade-lines": r"right \(framing\)",
}
PROMISES = {
    "lan": ANYWHERE | {"three-counts": r"(?s)segments 1\d\d, .*carries 1448 bytes  \(the wire of a private LAN"},
    "loopback": ANYWHERE | {"three-counts": r"segments [1-9], .*\n.*carries [3-6]\d\d\d\d bytes  \(caught live on "},
    "recorded": ANYWHERE | {"three-counts": r"segments 1\d\d, .*\n.*carries 1448 bytes  \(RECORDED"},
}
