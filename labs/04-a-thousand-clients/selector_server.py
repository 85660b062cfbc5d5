"""A chat server in one thread. It asks the system which sockets are ready, and serves those: so no call ever waits.

    python3 labs/04-a-thousand-clients/selector_server.py [PORT]        Ctrl-C ends it

    one turn    select          who has sent something, and who can take more?
                accept, recv    only what is ready
                send            to each what the room owes it, as far as the system takes it

The rules are the room's (`chatkit/protocol/room.py`): it knows neither sockets nor threads.
"""

import contextlib
import selectors
import socket
import time

from starting import FOR_A_CROWD, allow_descriptors, say_port, wanted_port

from chatkit.net.connection import why_lost
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter
from chatkit.protocol.member import Member
from chatkit.protocol.messages import Code
from chatkit.protocol.room import Room

TICK = 0.25  # seconds that a turn waits for something to happen
GRACE = 1.0  # seconds that a client has to hang up after its BYE
BREATH = 0.1  # seconds to wait when no client could be accepted
READS, WRITES = selectors.EVENT_READ, selectors.EVENT_WRITE


class Client:
    """One connection, and what of its past has to be remembered from turn to turn."""

    def __init__(self, sock: socket.socket, member: Member) -> None:
        self.sock, self.member = sock, member
        self.lines = LineSplitter()
        self.outbox = bytearray()  # what the system did not take yet
        self.asked_for = 0  # what the selector is to tell of it
        self.has_ended = False  # nothing more comes from it
        self.leaves_by: float | None = None  # once it is closing


class SelectorServer:
    """Everything in it happens in the thread that calls `turn`."""

    def __init__(self, port: int = 0) -> None:
        self.room = Room(FOR_A_CROWD)
        self.clients: dict[Member, Client] = {}
        self.leaving: dict[Client, None] = {}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.listener.setblocking(False)
        self.selector.register(self.listener, READS)
        self.port: int = self.listener.getsockname()[1]

    def turn(self) -> None:
        """Wait until something can be done, and do it."""
        for key, events in self.selector.select(TICK):
            if key.fileobj is self.listener:
                self.accept()
                continue
            if events & READS:
                self.read(key.data)
            if events & WRITES:
                self.write(key.data)
        self.room.tick(time.monotonic())
        self.hand_out()
        self.let_go()

    # ---- what is ready ----

    def accept(self) -> None:
        """Take the next client."""
        try:
            sock, address = self.listener.accept()
        except OSError as error:  # it has gone already, or no descriptor is left, and the selector will say so at once
            print("a connection could not be accepted:", error.strerror, flush=True)
            return time.sleep(BREATH)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        member = self.room.enter(address, time.monotonic())
        self.clients[member] = Client(sock, member)
        self.ask_for(self.clients[member])

    def read(self, client: Client) -> None:
        """Take what has come, and let the room hear each line that is whole."""
        now = time.monotonic()
        try:
            data = client.sock.recv(65536)
        except OSError as error:
            return self.lose(client, why_lost(error))
        for line in client.lines.feed(data):
            self.room.hear(client.member, line, now)
        if client.lines.too_long:
            self.room.fail(client.member, Code.TOO_LONG, f"a line of over {MAX_LINE_BYTES} bytes", now)
        if not data:
            client.has_ended = True
            self.room.end(client.member, now)
        self.ask_for(client)

    def write(self, client: Client) -> None:
        """Send what the system takes, and keep the rest; who lets too much wait is cut off."""
        try:
            del client.outbox[: client.sock.send(client.outbox)]
        except BlockingIOError:
            pass  # it takes nothing
        except OSError as error:
            return self.lose(client, why_lost(error))
        if len(client.outbox) > FOR_A_CROWD.outbox:
            return self.lose(client, "too slow")
        self.ask_for(client)

    def hand_out(self) -> None:
        """Give to each what the room owes it; when somebody is lost by that, the room owes more."""
        while owed := self.room.bag.take():
            for member, data in owed.items():
                if client := self.clients.get(member):
                    client.outbox += data
                    self.write(client)

    def ask_for(self, client: Client) -> None:
        """Let the selector tell when there is something to read, and, while something waits, when there is room."""
        wanted = (0 if client.has_ended else READS) | (WRITES if client.outbox else 0)
        if wanted != client.asked_for:
            if client.asked_for:
                self.selector.unregister(client.sock)
            if wanted:
                self.selector.register(client.sock, wanted, client)
            client.asked_for = wanted

    # ---- closing ----

    def lose(self, client: Client, reason: str) -> None:
        """Nothing can be read or written any more."""
        self.room.leave(client.member, reason, time.monotonic())
        client.has_ended = True
        client.outbox.clear()
        self.ask_for(client)

    def let_go(self) -> None:
        """Of those who are leaving, close each that has heard all and has hung up, or whose time is up."""
        now = time.monotonic()
        for member in self.room.closing:
            if client := self.clients.get(member):
                client.leaves_by = now + GRACE
                self.leaving[client] = None
        self.room.closing.clear()
        self.room.minutes.clear()  # nobody keeps a log here
        for client in list(self.leaving):
            self.bring_further(client, now)

    def bring_further(self, client: Client, now: float) -> None:
        """Our FIN comes after all that it is to hear; whoever said QUIT is to send the first one."""
        if not client.outbox and not client.member.said_quit:
            with contextlib.suppress(OSError):  # it was faster
                client.sock.shutdown(socket.SHUT_WR)
        if (client.has_ended and not client.outbox) or (client.leaves_by or now) < now:
            self.close(client)

    def close(self, client: Client) -> None:
        """Give the descriptor back."""
        client.has_ended = True
        client.outbox.clear()
        self.ask_for(client)
        client.sock.close()
        self.room.forget(client.member)
        del self.leaving[client], self.clients[client.member]


if __name__ == "__main__":
    allow_descriptors()
    server = SelectorServer(wanted_port())
    say_port(server.port)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            server.turn()
