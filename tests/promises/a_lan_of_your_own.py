"""What 05-a-lan-of-your-own promises."""

ANYWHERE = {
    "inside": r"'lo",
    "arp": r"ann  server, bob, eve  42  ARP who has 10\.0\.0\.1.*\n.*server  ann  42  ARP is at",
    "frame": r"(?s)Destination MAC +ff:ff:ff:ff:ff:ff.*00:00:00:00:00:00\n.*10\.0\.0\.1",
    "wire": r"bob is ESTABLISHED",
    "drop": r"ann: is this lost\?",
    "fate": r'ann  nobody .*"SAY is this lost\?\\n"  dropped by drop\(nth=1.*\n.*ann  server .*"SAY is this lost\?',
    "loss": r'(?s)"SAY is this lost\?.*"SAY is this lost\?',
    "rtt": r"rtt [2-9]\d\d\.\d\d\d ms",
    "hand": r"(?s)HELLO chat/1.*WELCOME dave\nUSERS 3 ann bob dave\n.*BYE",
    "eve": r"ARP who has 10\.0\.0\.1 says 10\.0\.0\.2\n.*ARP who has 10\.0\.0\.1 says 10\.0\.0\.3\n$",
    "secret": r"SAY \[the key is u\]",
}
PROMISES = {
    "lan": ANYWHERE
    | {
        "lan": r"(?s)<Lan, a switch.*bob +10\.0\.0\.3 +02:00:00:00:00:03",
        "inside": r"\(1, 'lo'\)\n\(\d+, 'eth0'\)",
        "server": r"\{\}\n\{\}",
        "tables": r"\{'10\.0\.0\.1': '02:00:00:00:00:01'\}\n.*'02:00:00:00:00:03': 'bob'",
        "rule": r"saw \d+, applied 1",
        "kernel": r"retransmissions=[1-9]",
        "rtt": r"(?s)rtt [2-9]\d\d\.\d\d\d ms.*rtt=0\.[2-9]",
    },
    "loopback": ANYWHERE
    | {"wire": r"caught live on", "rule": r"NO EFFECT\W+drop", "fate": "RECORDED", "loss": "RECORDED"},
    "recorded": ANYWHERE | {"rule": r"NO EFFECT\W+drop", "eve": "RECORDED", "secret": "RECORDED"},
}
