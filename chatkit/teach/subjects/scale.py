"""What a thousand clients cost a server. No capture shows it: it is predicted, and then measured (class_sizes.py)."""

from chatkit.teach.kind import CHOICE, Offers, Option
from chatkit.teach.question import Misconception, Question, always, chosen

# ---- a thread for each ----

HAPPENS: Offers = (
    Option("dies", "at about a hundred threads the process or the whole computer gives up"),
    Option("cores", "as many clients are served as the computer has cores; the others wait until one of these leaves"),
    Option("ports", "there are too few ports: the server needs one for each client"),
    Option("works", "all are served: a thread that waits costs memory, and hardly any time"),
)
THREADS = (
    Misconception(
        "threads-die-at-100",
        "threads die at 100",
        "A thread that waits in recv() is only a few pages of memory and an entry in a table of the system. Thousands "
        "are no trouble: measure it.",
        chosen("dies"),
    ),
    Misconception(
        "threads-need-cores",
        "a thread needs a core of its own",
        "Only a thread that has something to do needs a core, and only for as long. A client that reads and types "
        "keeps its thread waiting nearly all the time.",
        chosen("cores"),
    ),
    Misconception(
        "a-port-each",
        "the server needs a port for each client",
        "All connections of a server have the same port at its end. What tells them apart is the address and the port "
        "of the client (RFC 9293, section 3.3.1).",
        chosen("ports"),
    ),
)

# ---- one line to all ----

SENDS: Offers = (
    Option("one", "once: the network hands it to all"),
    Option("others", "999 times: once for each of the others"),
    Option("all", "1000 times: once for each, who said it too"),
    Option("square", "about a million times: everybody to everybody"),
)
BROADCAST = (
    Misconception(
        "tcp-broadcasts",
        "one send reaches all",
        "TCP connects two ends, and nobody else gets what is sent on that connection. Broadcast is what the program "
        "does: the same bytes, once for each connection.",
        chosen("one"),
    ),
    Misconception(
        "sender-hears-itself",
        "the sender hears itself",
        "In chat/1 who says something is spared its own line (PROTOCOL.md, section 8).",
        chosen("all"),
    ),
    Misconception(
        "everybody-to-everybody",
        "everybody sends to everybody",
        "Clients send to the server only. So one line costs as many sends as there are listeners. It is when all of "
        "them speak that the total grows with the square.",
        chosen("square"),
    ),
)

# ---- which way of waiting ----

FASTER: Offers = (
    Option("async", "yes: asyncio is always faster than threads"),
    Option("parallel", "yes: its sends all happen at the same time"),
    Option("no", "not by itself: in all three one thread makes 999 sends, and they take most of the time"),
    Option("threads", "no, threads are always faster: each client has one that sends to it"),
)
ASYNC = (
    Misconception(
        "async-is-always-faster",
        "async is always faster",
        "It is a way to wait for many things in one thread. It saves memory, and locks. What has to be sent is the "
        "same, send by send: compare your own figures.",
        chosen("async"),
    ),
    Misconception(
        "async-is-parallel",
        "asyncio does things at the same time",
        "There is one thread. While it sends to one client it does nothing else; `await` lets another task go on while "
        "this one waits, and not while it works.",
        chosen("parallel"),
    ),
    Misconception(
        "threads-are-parallel",
        "many threads send at the same time",
        "In chatkit's server the threads only read, and one thread writes to all, so that everybody hears one order. "
        "Even where each had a thread that sends, Python runs one of them at a time.",
        chosen("threads"),
    ),
)

QUESTIONS = (
    Question(
        id="scale.threads",
        exercise=23,
        level=3,
        subject="what happens",
        prompt="A server has a thread for each client, which waits for what that client says. A thousand clients come, "
        "most of whom only listen. What happens?",
        needs=(),
        right=always("works"),
        why="What such a server runs out of first is descriptors or memory, and both can be counted beforehand.",
        misconceptions=THREADS,
        where="What does a thread do, and what does it need, while its client says nothing?",
        rule="A blocked thread is not run: the system wakes it when its call can return (recv(2), select(2)).",
        kind=CHOICE,
        offers=HAPPENS,
        wants_frame=False,
    ),
    Question(
        id="scale.broadcast",
        exercise=23,
        level=3,
        subject="the number of sends",
        prompt="A thousand clients are in a room of chat/1, and one says a line. How often does the server send it?",
        needs=(),
        right=always("others"),
        why="So the cost of a line grows as the class does, and no way of programming changes that.",
        misconceptions=BROADCAST,
        where="How many connections are there on which somebody is to hear it?",
        rule="A TCP connection has two ends (RFC 9293, section 3.3.1). Multicast is for UDP, and then nothing is sure "
        "to arrive.",
        kind=CHOICE,
        offers=SENDS,
        wants_frame=False,
    ),
    Question(
        id="scale.async",
        exercise=23,
        level=3,
        subject="what to expect",
        prompt="Three servers have the same rules: one has a thread that reads for each client, one a selector, one "
        "asyncio. A line goes to 999 others. Is asyncio faster?",
        needs=(),
        right=always("no"),
        why="The system's work for each send is the larger part, and all three ask for as many.",
        misconceptions=ASYNC,
        where="Which calls does each of the three make for one line, and how many?",
        rule="Under asyncio lies a selector, and both wait in one thread (Python's documentation of both).",
        kind=CHOICE,
        offers=FASTER,
        wants_frame=False,
    ),
)
