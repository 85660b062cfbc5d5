"""What 12-a-thousand-clients promises."""

ANYWHERE = {
    "measure": r"(?s)^server +clients +ms per .*threads +100 .* 103 .*selector +100 .* 1 .*asyncio +100 .*( 1000 |fit)",
    "memory": r"(?s)threads: \d+\.\d kB.*selector: .*asyncio: ",
    "plot": r"<Plot: What one line costs as the class grows\. threads: a line to 10 clients .* times as long\. sel",
    "deliveries": r"threads: \d+ sends in .* us each\nselector: \d+ .*\nasyncio: \d+ ",
    "again": r"(run \d with 100 clients: fastest is \w+\n){2}",
    "everybody": r"\d+ clients, a line a minute each: busy for \d+\.\d\d s",
    "room": r"8 conversations",
    "roll": r"(?s)^client +port +lines said +bytes received\n.*\w+ +\d+ +0 +\d+\n",
    "suspect": r"<Plot: Bytes in flight",
    "windows": r"(\w+ on port \d+: at least \d+ bytes\n){8}",
    "segments": r"(?s)^frame +ms +from .*client .* opens",
    "where-it-waits": r"frame \d+ closes the window of \w+, frame \d+ opens it",
    "grade-largest": "✓ right",
    "grade-deliveries": "✓ right",
    "grade-fastest": "✓ right",
    "grade-slow": "✓ right",
}
PROMISES = {"lan": ANYWHERE, "loopback": ANYWHERE, "recorded": ANYWHERE}
