"""What 08-goodbye promises."""

ANYWHERE = {
    "ladder": r"(?s)QUIT.*BYE\\n.*LAST-ACK.*TIME-WAIT +--> .*CTL=ACK> +--> CLOSED",
    "teardown": r"(?s)closed by both ends.*CTL=FIN,ACK.*CTL=(PSH,|FIN,)?ACK.*CTL=ACK",
    "three-and-four": r"closed by both ends>(\n  note.*)?(\n  <Segment.*){4}\n(.*\n)+"
    r".*closed by both ends>(\n  <Segment.*){3,4}\n",
    "leave": r"(?s)segments.* between .*server.*, time running down\.",
    "both": r"(?s)CLOSING.*--> CLOSING.*--> TIME-WAIT\n.*TIME-WAIT +<-- ",
    "wait": r"TIME-WAIT .* the kernel alone\n(.*\n)+LISTEN .* a program\nESTABLISHED .* a program",
    "first": r"TIME-WAIT .* the kernel alone\n.* bind\(\) fails: Address already in use",
    "first-ladder": r"(?s)FIN-WAIT-1.*LAST-ACK +--> .*--> TIME-WAIT",
    "again": r"TIME-WAIT .* the kernel alone\n.*: it listens again\.",
    "kill": r"(?s)HELLO chat/1.*FIN-WAIT-1 +--> .*TIME-WAIT +--> ",
    "resets": r"(?s)nobody listens there.*CLOSED +--> <.*it was told to abort.*CLOSED +<-- <.*it closed, or its",
    "grade-segments": "✓ right",
    "grade-ack": "✓ right",
    "grade-waiter": "✓ right",
    "grade-ending": "✓ right",
}
PROMISES = {
    "lan": ANYWHERE
    | {
        "ladder": "the wire of a private LAN",
        "wait": r"TIME-WAIT  10\.0\.0\.3:\d+ ",
    },
    "loopback": ANYWHERE
    | {
        "first-ladder": "caught live on lo",
        "three-and-four": "it was not played here",
        "both": "RECORDED",
        "resets": "RECORDED",
    },
    "recorded": ANYWHERE | {"first-ladder": "RECORDED", "kill": "RECORDED"},
}
