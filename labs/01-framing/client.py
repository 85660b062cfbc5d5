"""Your framing at work: a chat client that reads with lines_of() from framing.py. What you type is said; Ctrl-D leaves.

python3 -m chatkit serve                                     in one terminal
python3 labs/01-framing/client.py ann                        in another
python3 labs/01-framing/client.py bob 127.0.0.1:9898 3       and one that gets at most 3 bytes from each recv()
"""

import socket
import sys
import threading
from collections.abc import Iterator

from framing import lines_of


def pieces_of(sock: socket.socket, size: int) -> Iterator[bytes]:
    """What recv() gives, up to the end of the stream: b"" says that it is there, and is no piece."""
    while piece := sock.recv(size):
        yield piece


def read(sock: socket.socket, size: int) -> None:
    """Show each line that the server sends, and answer its PING."""
    try:
        for line in lines_of(pieces_of(sock, size)):
            print(line, flush=True)
            if line.startswith("PING "):
                sock.sendall(f"PONG {line[5:]}\n".encode())
    except NotImplementedError as todo:
        print(todo)
    except UnicodeDecodeError as error:
        print(f"The server sent a line that is no UTF-8: {error.object!r}")
    print("No more lines are read. Ctrl-D ends the program.", flush=True)


def write(sock: socket.socket, name: str) -> None:
    """Join, and say what is typed; at the end of it, leave as section 12 of PROTOCOL.md wants it."""
    sock.sendall(f"JOIN {name}\n".encode())
    for typed in sys.stdin:
        sock.sendall(f"SAY {typed.rstrip()}\n".encode())
    sock.sendall(b"QUIT\n")
    sock.shutdown(socket.SHUT_WR)


def main(name: str = "student", address: str = "127.0.0.1:9898", size: str = "4096") -> None:
    """Connect; one thread reads, this one writes."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as sock:
        reader = threading.Thread(target=read, args=(sock, int(size)), name="reader")
        reader.start()
        try:
            write(sock, name)
        except OSError as error:
            print(f"The server is gone: {error}")
        reader.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
