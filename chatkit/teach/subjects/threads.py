"""What several threads do to one socket, to one list, and to each other. No capture shows it: it is predicted."""

from chatkit.teach.kind import CHOICE, Offers, Option
from chatkit.teach.question import Misconception, Question, always, chosen

# ---- two threads, one socket ----

ON_ONE_SOCKET: Offers = (
    Option("whole", "each line whole, for a socket lets one thread in at a time"),
    Option("pieces", "pieces of both lines, mixed"),
    Option("error", "only one line: the other sendall raises an error"),
    Option("last", "only the line that was sent last"),
)
THREAD_SAFE = Misconception(
    "sockets-are-thread-safe",
    "sockets are thread-safe",
    "A socket is safe in that nothing crashes, and no byte gets lost. But a long sendall() is several steps: each "
    "fills the buffer, and waits for room. In between, the other thread may put bytes of its own there.",
    chosen("whole"),
)
RACE_IS_AN_ERROR = Misconception(
    "a-race-raises",
    "a race is told by an error",
    "Nobody is told. Both calls return as if all had gone well, and the mixed bytes are what the peer finds.",
    chosen("error"),
)
LAST_WINS = Misconception(
    "the-last-wins",
    "the last one wins",
    "That happens to a variable that two threads write. A socket sends whatever it takes: all bytes arrive, in the "
    "order in which they were taken.",
    chosen("last"),
)

# ---- a list that changes ----

WHO_MISSES: Offers = (
    Option("nobody", "nobody"),
    Option("bob", "bob"),
    Option("carl", "carl"),
    Option("error", "everybody but ann: Python raises an error"),
)
LIST_IS_COPIED = Misconception(
    "the-loop-has-a-copy",
    "the loop has a copy of the list",
    "A loop over a list remembers a place in it, and no copy. When ann is taken out, all others move up by one.",
    chosen("nobody"),
)
WRONG_ONE_SKIPPED = Misconception(
    "the-last-is-skipped",
    "the last one is skipped",
    "The loop goes on at place 1, and runs to the end of the list. Write down the list after ann has left: who is at "
    "place 1, and who has moved to place 0?",
    chosen("carl"),
)
LISTS_COMPLAIN = Misconception(
    "lists-complain",
    "a list complains",
    "A dict or a set does, with RuntimeError. A list says nothing, which is worse: somebody is skipped in silence.",
    chosen("error"),
)

# ---- one who does not read ----

WHO_WAITS: Offers = (
    Option("sender", "only the thread that sends to her"),
    Option("all", "all threads, as soon as they need the lock"),
    Option("nobody", "nobody: what is too much is dropped"),
    Option("sleeper", "only the client that does not read"),
)
ONLY_THE_SENDER = Misconception(
    "only-the-sender-waits",
    "a slow client stalls one thread only",
    "That thread waits with the lock in its hand. Every other thread needs the lock for its next line, and then it "
    "waits, too: one slow client stalls all.",
    chosen("sender"),
)
TCP_DROPS = Misconception(
    "tcp-drops",
    "TCP drops what is too much",
    "TCP drops nothing that it took. When the buffers of both ends are full it takes no more, and sendall() waits.",
    chosen("nobody"),
)
ONLY_THE_SLEEPER = Misconception(
    "only-the-slow-one-suffers",
    "who is slow harms nobody else",
    "Only where nobody waits for the slow one. Here sendall() does, with the lock in its hand: one slow client stalls "
    "all.",
    chosen("sleeper"),
)

QUESTIONS = (
    Question(
        id="threads.one-socket",
        exercise=16,
        level=2,
        subject="what arrives",
        prompt="Two threads call sendall() at the same time, on the same socket, without a lock. Each sends one line "
        "of 200,000 bytes. What can the other end receive?",
        needs=(),
        right=always("pieces"),
        why="Each sendall() is several steps, and the steps of two threads may alternate. Whoever wants whole lines "
        "lets one thread do all the writing on a socket, or holds a lock from the first byte to the last.",
        misconceptions=(THREAD_SAFE, RACE_IS_AN_ERROR, LAST_WINS),
        where="What does sendall() do while the buffer of the system is full, and who may come in meanwhile?",
        rule="TCP keeps the order of the bytes that it was given. It knows no lines, and no threads.",
        kind=CHOICE,
        offers=ON_ONE_SOCKET,
        wants_frame=False,
    ),
    Question(
        id="threads.list-changed",
        exercise=16,
        level=2,
        subject="who misses it",
        prompt="One thread sends a line to everybody in the list [ann, bob, carl], in a for loop. It has just sent it "
        "to ann, when another thread removes ann from the list. Who of the others misses the line?",
        needs=(),
        right=always("bob"),
        why="After ann, the loop goes on at place 1. But the list is now [bob, carl], and at place 1 is carl.",
        misconceptions=(LIST_IS_COPIED, WRONG_ONE_SKIPPED, LISTS_COMPLAIN),
        where="A for loop over a list counts places: 0, 1, 2. Write the list down before and after.",
        rule="Nobody may change a list while another thread goes through it: use a lock, or let one thread own it.",
        kind=CHOICE,
        offers=WHO_MISSES,
        wants_frame=False,
    ),
    Question(
        id="threads.slow-reader",
        exercise=16,
        level=2,
        subject="who has to wait",
        prompt="A server has a thread for each client. Who sends to all takes a lock, calls sendall() for each "
        "client, and gives the lock back. One client never reads. Who waits, once the buffers are full?",
        needs=(),
        right=always("all"),
        why="While sendall() waits for the slow client, the lock is kept. Never wait for a network with a lock "
        "in your hand: put the line into a queue for that client, and let somebody wait who has no lock.",
        misconceptions=(ONLY_THE_SENDER, TCP_DROPS, ONLY_THE_SLEEPER),
        where="Follow the lock: who has it while sendall() waits, and who asks for it next?",
        rule="A blocking call under a lock makes everybody wait for whatever that call waits for.",
        kind=CHOICE,
        offers=WHO_WAITS,
        wants_frame=False,
    ),
)
