"""Chat servers as others write them in Python, just able enough to be measured: `peers.py NAME` prints its port.

All speak the part of chat/1 that the load needs: HELLO, JOIN, SAY. None has rules or limits.
"""

import asyncio
import importlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

BACKLOG = 1024
HELLO = b"HELLO chat/1 a peer\n"


class Room:
    """Who is there, by what they hear through."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}

    def obey(self, who: Any, line: bytes, give: Callable[[Any, bytes], None]) -> None:
        """Do what a line asks for, and give each who has to hear of it its line."""
        verb, _, rest = line.partition(b" ")
        if verb == b"JOIN":
            for other in list(self.names):
                give(other, b"JOINED " + rest + b"\n")
            self.names[who] = rest.decode()
            names = " ".join(list(self.names.values())).encode()
            give(who, b"WELCOME %b\nUSERS %d %b\n" % (rest, len(self.names), names))
        elif verb == b"SAY":
            said = b"SAID " + self.names[who].encode() + b" " + rest + b"\n"
            for other in list(self.names):
                if other is not who:
                    give(other, said)


# ---- asyncio, streams: the way of the tutorials ----


async def streams() -> None:
    """One task for each client, one write for each line and receiver."""
    room = Room()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HELLO)
        while line := await reader.readline():
            room.obey(writer, line.rstrip(b"\n"), lambda other, said: other.write(said))
        room.names.pop(writer, None)

    await _serve_forever(await asyncio.start_server(serve, "127.0.0.1", 0, backlog=BACKLOG))


# ---- asyncio, a protocol, with the writes of one turn of the loop joined by hand ----


class Batched(asyncio.Protocol):
    """One client; what it has to hear waits until the loop has read all that came."""

    room = Room()
    dirty: "dict[Batched, None]" = {}  # noqa: RUF012 - one for all of them

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.rest = b""
        self.owed: list[bytes] = [HELLO]
        self.owe(b"")

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.room.obey(self, line, Batched.owe)

    def connection_lost(self, error: Exception | None) -> None:
        self.room.names.pop(self, None)

    def owe(self, line: bytes) -> None:
        """Let it be sent with whatever else this turn brings."""
        self.owed.append(line)
        if not self.dirty:
            asyncio.get_running_loop().call_soon(self.hand_out)
        self.dirty[self] = None

    @classmethod
    def hand_out(cls) -> None:
        """One write for each who is owed anything."""
        for client in cls.dirty:
            client.transport.write(b"".join(client.owed))
            client.owed.clear()
        cls.dirty.clear()


async def batched() -> None:
    """Serve with the protocol above."""
    loop = asyncio.get_running_loop()
    await _serve_forever(await loop.create_server(Batched, "127.0.0.1", 0, backlog=BACKLOG))


async def _serve_forever(server: Any) -> None:
    _say_port(server.sockets[0].getsockname()[1])
    await server.serve_forever()


# ---- websockets: the library's own way to tell all ----


async def websocket() -> None:
    """`broadcast`, which waits for nobody."""
    serving = importlib.import_module("websockets.asyncio.server")
    names: dict[Any, str] = {}

    async def serve(client: Any) -> None:
        async for line in client:
            verb, _, rest = line.partition(" ")
            if verb == "JOIN":
                serving.broadcast(list(names), f"JOINED {rest}")
                names[client] = rest
                await client.send(f"USERS {len(names)} {' '.join(names.values())}")
            else:
                serving.broadcast([other for other in names if other is not client], f"SAID {names[client]} {rest}")
        names.pop(client, None)

    options = {"compression": None, "ping_interval": None, "backlog": BACKLOG}
    async with serving.serve(serve, "127.0.0.1", 0, **options) as server:
        _say_port(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()


# ---- threads, the naive way ----


def naive() -> None:
    """A thread for each client, and `sendall` to each of the others under one lock."""
    room, lock = Room(), threading.Lock()  # guards the room, and keeps lines whole

    def give(other: socket.socket, line: bytes) -> None:
        other.sendall(line)

    def serve(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(HELLO)
        with client.makefile("rb") as lines:
            for line in lines:
                with lock:
                    room.obey(client, line.rstrip(b"\n"), give)

    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    _say_port(listener.getsockname()[1])
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def _say_port(port: int) -> None:
    print(port, flush=True)


def main(name: str) -> None:
    """Serve until the process is ended."""
    match name:
        case "uvloop":
            importlib.import_module("uvloop").run(batched())
        case "naive":
            naive()
        case _:
            asyncio.run({"streams": streams, "batched": batched, "websocket": websocket}[name]())


if __name__ == "__main__":
    if hasattr(os, "sched_getaffinity"):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    main(sys.argv[1])
