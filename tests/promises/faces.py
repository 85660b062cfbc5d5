"""What 04-faces promises."""

ANYWHERE = {
    "frozen": r"1\. Connect is clicked\n2\. HELLO, at last\n3\. key h\n4\. key i",
    "loop": r"while \(handler := self\._next\(\)\)",
    "thawed": r"1\. Connect is clicked\n2\. key h\n3\. key i\n4\. HELLO, at last",
    "code": r"face\.after\(PERIOD, look\)",
    "lost": r"then both write: +1\none finishes, .*: 2\n",
    "painter": r"^\d{1,2} paintings, by \{'chat-painter-demo'\}",
    "callback": r"^\['MainThread'\]",
    "chat": r"'chat-painter-ann'",
    "window": r"<chat window of carol|No window: ",
    "queue": r"(?s)def put\(.*def take\(",
    "sign": r"the cell that gave the sign is done",
    "wire": r"JOIN ann",
}
PROMISES = {
    "lan": ANYWHERE | {"wire": r"the wire of a private LAN(.*\n)+.*JOIN ann(.*\n)+.*does your window freeze\?"},
    "loopback": ANYWHERE | {"wire": r"caught live on (.*\n)+.*JOIN ann(.*\n)+.*does your window freeze\?"},
    "recorded": ANYWHERE | {"wire": r"RECORDED(.*\n)+.*JOIN ann"},
}
