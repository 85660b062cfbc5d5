"""Lab 3: many threads send to many clients. README.md says what is wanted, check.py whether it is there."""


class Room:
    """Who is there, and what they hear. Every method is called by many threads at once.

    A client has one method, `sendall(data)`, which is like a socket's: a long one has several steps, it waits while the
    client does not read, and it raises OSError when the client has gone. A client can be the key of a dict.
    """

    def __init__(self) -> None:
        """Nobody is there yet."""
        raise NotImplementedError("Lab 3, step 1: keep what you need to know of who is there.")

    def join(self, client) -> None:
        """From now on the client hears what is said."""
        raise NotImplementedError("Lab 3, step 1: take the client in.")

    def leave(self, client) -> None:
        """From now on the client hears nothing. To leave twice does no harm."""
        raise NotImplementedError("Lab 3, step 2: take the client out.")

    def say(self, line: bytes) -> None:
        """Everybody in the room hears the line, which ends with LF. It returns at once, whoever does not read."""
        raise NotImplementedError("Lab 3, step 1: send the line to everybody.")

    def close(self) -> None:
        """When it returns, every thread that the room has started is over. It is called last, when all read."""
        raise NotImplementedError("Lab 3, step 7: tell your threads to end, and join them. If you have none: pass.")
