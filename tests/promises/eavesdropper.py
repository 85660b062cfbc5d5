"""What 09-eavesdropper promises."""

HEARS_ALL = r"The eavesdropper has all 3 messages, word for word\."
ANYWHERE = {
    "listen": HEARS_ALL + r"(.*\n)+  ann: tulip",
    "password": r"ann → server  PSH,ACK .*PASS tulip",
    "switch": r"The eavesdropper has nothing .*\.\nonly the server wrote down \(3\):\n  ann: the key is under",
    "left": r"ARP who has 10\.0\.0\.1 says 10\.0\.0\.2.*\n.*ARP who has 10\.0\.0\.1 says 10\.0\.0\.3",
    "between": HEARS_ALL + r"\npasswords that were read \(1\):\n  ann: tulip$",
    "between-ladder": r"(<SEQ=\d+><CTL=SYN>)(.*\n)+?.*\1",
    "ways": r"ann +eve +(\d+) +64\n\d+ +eve +server +\1 +63\b",
    "claims": r"10\.0\.0\.1 +server +server, eve +TWO CLAIM IT",
    "list": r"the list of users: \['ann', 'bob'\]",
    "surprise": r"This line is eve's\..*\nann's program prints the list of users: None",
    "dis": r"(?s)'print'.*STACK_GLOBAL.*REDUCE",
    "text": r"no message: .*\nUsers\(count=2",
    "grade-password": "✓ right",
    "grade-path": "✓ right",
}
WITHOUT_A_LAN = ANYWHERE | {
    "listen": r"RECORDED.*it was not played here: .*\n" + HEARS_ALL,
    "believed": "Nobody has asked",
    "lie": "Nobody lies here",
    "claims": r"RECORDED(.*\n)+.*TWO CLAIM IT",
}
PROMISES = {
    "lan": ANYWHERE
    | {
        "believed": r"ann believes: +10\.0\.0\.1 +is +server\nserver believes: +10\.0\.0\.2 +is +ann",
        "lie": r"ann believes: +10\.0\.0\.1 +is +eve\nserver believes: +10\.0\.0\.2 +is +eve\n.*10\.0\.0\.3 +is +bob",
    },
    "loopback": WITHOUT_A_LAN,
    "recorded": WITHOUT_A_LAN,
}
