"""What 00-first-words promises."""

ANYWHERE = {
    "wire": r"(?s)server.*SYN,ACK.*(ann|server) is ESTABLISHED",
    "ladder": r'(?s)SYN-SENT +--> <SEQ=\d+><CTL=SYN> +--> SYN-RECEIVED.*"SAY hello, bob\\n"',
    "check-guess": r"<Handshake in frames 1, 2, 3: rtt \d+\.\d\d\d ms>",
    "bytes": r"SAY \[hello, bob\]\.",
    "bytes-bob": r"(?s)Ethernet.*IPv4.*TCP.*Chat line +\"SAID ann hello, bob",
    "scapy": r"###\[ TCP \]###",
    "end": r"(?s)QUIT.*BYE\\n.*TIME-WAIT",
    "threads": r"'chat-postman', 'chat-accept'",
    "talk": r"\d\d:\d\d ann: hello, bob",
    "window": r"No window: there is no display",
}
CAUGHT = ANYWHERE | {  # a recorded capture cannot know of this
    "capture": r"2 conversations>\n.*\n.*",
    "end": r"(?s)QUIT see you\\n.*BYE\\n.*TIME-WAIT",
    "return": r"closed by both ends>,\n.*still open>",
    "sniff": r'PA / Raw  "SAID ann can scapy hear me\?\\n"',
}
PROMISES = {
    "lan": CAUGHT
    | {
        "lan": r"<Lan, a switch",
        "server": r"<Server on 10\.0\.0\.1:\d+, users: nobody>",
        "sniff": r"eth0 of the host bob",
    },
    "loopback": CAUGHT | {"lan": r"<no LAN here", "server": r"<Server on 127\.0\.0\.1:\d+, users: nobody>"},
    "recorded": ANYWHERE
    | {"watch": "Replay of a recorded capture, because nothing can be caught here: ", "sniff": "RECORDED"},
}
