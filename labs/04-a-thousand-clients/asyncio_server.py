"""A chat server with asyncio: it reads as if each client had a thread, and all of it is one thread with a selector.

    python3 labs/04-a-thousand-clients/asyncio_server.py [PORT]        Ctrl-C ends it

    the task of ann     await read ...          lines --.
    the task of bob     await read ...          lines --+-->  the room's rules, then a write to each
    the task of carl    await read ...          lines --'

Where `await` stands another task may go on, and nowhere else: so the room needs no lock.
"""

import asyncio
import contextlib
import time

from starting import FOR_A_CROWD, allow_descriptors, say_port, wanted_port

from chatkit.net.connection import why_lost
from chatkit.protocol.framing import MAX_LINE_BYTES, LineSplitter
from chatkit.protocol.member import Member
from chatkit.protocol.messages import Code
from chatkit.protocol.room import Room

TICK = 0.25  # seconds
GRACE = 1.0  # seconds that a client has to hang up after its BYE


class Client:
    """One connection, to be written to."""

    def __init__(self, member: Member, writer: asyncio.StreamWriter) -> None:
        self.member, self.writer = member, writer
        self.has_left = asyncio.Event()  # the room, not the network


class AsyncioServer:
    """One task for each client, and one that looks at the clock."""

    def __init__(self) -> None:
        self.room = Room(FOR_A_CROWD)
        self.clients: dict[Member, Client] = {}
        self.is_due = False  # whether something will be handed out at the end of this turn

    async def run(self, port: int = 0) -> None:
        """Serve for ever."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", port, backlog=1024)
        say_port(server.sockets[0].getsockname()[1])
        async with server:
            while True:
                await asyncio.sleep(TICK)
                self.room.tick(time.monotonic())
                self.soon()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The life of one client."""
        member = self.room.enter(writer.get_extra_info("peername")[:2], time.monotonic())
        self.clients[member] = Client(member, writer)
        self.soon()
        with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C, which ends all tasks
            await self.attend(self.clients[member], reader)
        self.room.forget(member)
        del self.clients[member]
        writer.close()

    async def attend(self, client: Client, reader: asyncio.StreamReader) -> None:
        """Read to the end of the stream, and wait until the client has left the room."""
        try:
            await self.read(client.member, reader)
        except OSError as error:
            self.room.leave(client.member, why_lost(error), time.monotonic())
        self.soon()
        await client.has_left.wait()  # its stream may end while its JOIN still waits for an answer

    async def read(self, member: Member, reader: asyncio.StreamReader) -> None:
        """Let the room hear each line, until the stream ends."""
        lines = LineSplitter()
        while data := await reader.read(65536):
            for line in lines.feed(data):
                self.room.hear(member, line, time.monotonic())
            if lines.too_long:
                self.room.fail(member, Code.TOO_LONG, f"a line of over {MAX_LINE_BYTES} bytes", time.monotonic())
            self.soon()
        self.room.end(member, time.monotonic())

    # ---- writing: nothing here has an `await` in it, so nothing comes in between ----

    def soon(self) -> None:
        """Hand out at the end of this turn, together with what other tasks still cause in it."""
        if not self.is_due:
            self.is_due = True
            asyncio.get_running_loop().call_soon(self.hand_out)

    def hand_out(self) -> None:
        """Give to each what the room owes it; when somebody is lost by that, the room owes more."""
        self.is_due = False
        while owed := self.room.bag.take():
            for member, data in owed.items():
                if client := self.clients.get(member):
                    self.write(client, data)
        for member in self.room.closing:
            if client := self.clients.get(member):
                self.let_go(client)
        self.room.closing.clear()
        self.room.minutes.clear()  # nobody keeps a log here

    def write(self, client: Client, data: bytes) -> None:
        """What the system does not take, asyncio keeps for later; who lets too much wait is cut off."""
        client.writer.write(data)
        if client.writer.transport.get_write_buffer_size() > FOR_A_CROWD.outbox:
            self.room.leave(client.member, "too slow", time.monotonic())
            client.writer.transport.abort()

    def let_go(self, client: Client) -> None:
        """Our FIN comes after all that it is to hear, but whoever said QUIT is to send the first one."""
        client.has_left.set()
        if not client.member.said_quit and not client.writer.is_closing():
            with contextlib.suppress(OSError):  # it was faster
                client.writer.write_eof()
        asyncio.get_running_loop().call_later(GRACE, client.writer.transport.abort)


if __name__ == "__main__":
    allow_descriptors()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(AsyncioServer().run(wanted_port()))
