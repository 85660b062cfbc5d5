"""The mistakes that are made when many threads send to many clients."""

from chatkit.teach.code import Mistake

THREAD_SAFE = Mistake(
    "sockets-are-thread-safe",
    "sockets are thread-safe",
    "Two threads were in sendall() of one client at the same time, and their bytes got mixed. A long sendall() has "
    "several steps, and a socket lets another thread in between. Let one thread do all the writing for a client.",
    (),
)
LIST_CHANGED = Mistake(
    "list-changed",
    "the client list mutated while broadcasting",
    "The collection of clients changed while a loop went through it: a list then skips somebody, a set or a dict "
    "raises RuntimeError. Change it and go through it under one lock, or go through a copy.",
    (),
)
SLOW_STALLS_ALL = Mistake(
    "slow-stalls-all",
    "one slow client stalls all",
    "Somebody waits in sendall() for a client that does not read, and others wait for that thread, or for the lock "
    "that it holds. Give each client a queue and a thread of its own, and hold no lock while you send.",
    (),
)
ERROR_GETS_OUT = Mistake(
    "error-gets-out",
    "whoever speaks gets the error of who has gone",
    "A client went away, and the OSError of its sendall() reached somebody else: the loop ended, and those behind it "
    "heard nothing. Catch it where you send, and take that client out of the room.",
    (),
)
GONE_STAYS = Mistake(
    "gone-stays",
    "who has gone stays in the room",
    "Once sendall() has raised OSError, that client will not come back. Take it out of the room, or each line from "
    "now on is tried on it in vain.",
    (),
)
LOCK_KEPT = Mistake(
    "lock-kept",
    "a lock is asked for twice",
    "Somebody waits for a lock that is never given back: a thread asks for a lock that it has, as say() does when it "
    "calls leave() with the lock in its hand; or an error got past release(), where `with lock:` would have given it "
    "back.",
    (),
)
HEARD_AFTER_LEAVING = Mistake(
    "heard-after-leaving",
    "who has left still hears",
    "After leave() has returned, nothing that is said may be sent to that client. Is it taken out of everything that "
    "say() goes through?",
    (),
)
ANOTHER_ORDER = Mistake(
    "another-order",
    "each hears another order",
    "Two lines were said, and the clients disagree which was the first. Each line stays whole, but nothing keeps two "
    "loops apart: one overtakes the other. Put a line into all queues under one lock, or let one thread do it.",
    (),
)
THREADS_LEFT = Mistake(
    "threads-left",
    "threads are left over",
    "A thread that waits in get() waits for ever, unless something comes that tells it to end. Put such a letter into "
    "each queue, and join() each thread.",
    (),
)

MISTAKES = (
    THREAD_SAFE, LIST_CHANGED, SLOW_STALLS_ALL, ERROR_GETS_OUT, GONE_STAYS, LOCK_KEPT, HEARD_AFTER_LEAVING,
    ANOTHER_ORDER, THREADS_LEFT,
)  # fmt: skip
