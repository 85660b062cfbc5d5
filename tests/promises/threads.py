"""What 03-threads promises."""

ANYWHERE = {
    "one": r"OneAtATime: bob is welcomed only after ann has left",
    "one-timeline": r"^accept +waiting in accept [\d.]+ ms, waiting in recv [\d.]+ ms",
    "each": r"ThreadEach: bob is welcomed while ann is there\.\naccept .*\nreader-1 .*\nreader-2 ",
    "broadcast": r"for member in self\.members:",
    "leaves": r"1 missed it\.\nbob +heard nothing\ncarl +SAID dave one",
    "leaves-bare": r"^\['ann', 'carl'\]$",
    "orders": r"different orders\.\ncarl +SAID ann one, SAID bob two\ndave +SAID bob two, SAID ann one",
    "torn": r"^without a lock: [1-9]\d? of 20 lines are torn; of 4,000,020 bytes none is lost",
    "torn-lock": r"^with a lock: 0 of 20 lines are torn; of 4,000,020 bytes none is lost",
    "lock": r"(?s)the same order.*0 missed it",
    "lock-timeline": r"reader-1 .*waiting for the lock [1-9]\d\d\.\d\d ms",
    "sleeps": r"bob +heard (\d+) while carl slept, (?!\1 )\d+ after carl woke\neve +was not welcomed",
    "sleeps-timeline": r"(?s)reader-1 .*sending [\d.]+ s.*reader-4 .*waiting for the lock [\d.]+ ",
    "sleeps-each": r"bob +heard (\d+) while carl slept, (?!\1 )\d+ after carl woke\neve +was welcomed",
    "postman": r"(?s)bob +heard 30 while carl slept, 30 after.*eve +was welcomed.*postman +waiting for a letter",
    "postman-races": r"(?s)0 missed it.*the same order",
    "journey": r"(?s)The journey of \"SAY hello, bob\" from ann to bob: .*server's TCP, out +Frame \d+ leaves",
    "grade-room": r"✓ right \(broadcasting\)",
}
CAUGHT = ANYWHERE | {"journey": r"(?s)queue +The reader puts a letter.*postman +The postman takes.*bob's face"}
PROMISES = {
    "lan": CAUGHT | {"wire": r"lines to bob in \d+ segments  \(the wire of a private LAN"},
    "loopback": CAUGHT | {"wire": r"lines to bob in \d+ segments  \(caught live on "},
    "recorded": ANYWHERE | {"wire": r"lines to bob in \d+ segments  \(RECORDED"},
}
