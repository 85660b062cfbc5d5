"""What 11-attacker promises."""

ALIVE = r"ann's program +recv\(\) waits for more.*\nann's kernel +ESTABLISHED\nserver's kernel +ESTABLISHED$"
DEAD = r"ann's program +recv\(\) has raised ConnectionResetError: .*\nann's kernel +knows of no such connection\n"
ANYWHERE = {
    "heard": r"(?s)JOIN ann.*ann → server  ACK  seq 14 ack 1\d\d",
    "blind": r"forged +frame \d+ +<SEQ=\d+><CTL=RST>\n" + ALIVE,
    "relative": r"forged +frame \d+ +<SEQ=\d{2,4}><CTL=RST>\n" + ALIVE,
    "window": r"<CTL=RST>\nfrom ann +frame \d+ +<SEQ=\d+><ACK=\d+><CTL=ACK>\n" + ALIVE,
    "exact": r"forged +frame \d+ +<SEQ=\d+><CTL=RST>\n" + DEAD + r"server's kernel +ESTABLISHED$",
    "resets": r"(.*<CTL=RST>>\n){3}.*<CTL=ACK>>\n.*<CTL=RST>>$",
    "afterwards": r"from the server .*CTL=PSH,ACK>\nfrom ann .*CTL=RST>\n" + DEAD + "server's kernel +knows of no such",
    "hours": r"5\.2 hours.*\n16 years",
    "flood": r"(?s)64 SYNs.*1[2-7] in SYN-RECEIVED\nbob calls: +no answer within",
    "stranger": r"10\.0\.0\.25\d:\d+ > 10\.0\.0\.1:.*<CTL=SYN>>\n.*<CTL=SYN,ACK>>",
    "cookies": r"1[2-7] in SYN-RECEIVED\nbob calls: +connected\n.*window_scale=.*sack_permitted\n.*mss=1460$",
    "grade-reset": "✓ right",
    "grade-seq": "✓ right",
}
WITHOUT_A_LAN = ANYWHERE | {"blind": r"RECORDED.*it was not played here: .*\n" + ANYWHERE["blind"]}
PROMISES = {
    "lan": ANYWHERE | {"lan": r"<ann by hand, 10\.0\.0\.2:\d+: recv\(\) waits"},
    "loopback": WITHOUT_A_LAN,
    "recorded": WITHOUT_A_LAN,
}
