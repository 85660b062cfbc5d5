"""One bug each, planted in the sound server; each is one that students write."""

import contextlib
import socket
from collections.abc import Iterator

from tests.planted.sound import FORBIDDEN, NO_MORE, Client, GenerousServer, SoundServer


class RecvIsMessage(SoundServer):
    forbidden = FORBIDDEN - {"\n", "\r"}

    def lines(self, sock: socket.socket) -> Iterator[bytes]:
        while data := sock.recv(65536):
            yield data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")


class NothingKeptForTheNextRecv(SoundServer):
    """Glued lines are parted, but a line that comes in two pieces is taken for two."""

    def lines(self, sock: socket.socket) -> Iterator[bytes]:
        while data := sock.recv(65536):
            yield from (self.without_cr(line) for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"))


class DecodesBeforeItSplits(SoundServer):
    def lines(self, sock: socket.socket) -> Iterator[bytes]:
        rest = ""
        while data := sock.recv(65536):
            *lines, rest = (rest + data.decode("utf-8", "replace")).split("\n")
            for line in (*lines, rest) if self.is_too_long(rest.encode()) else lines:
                yield self.without_cr(line.removeprefix("\ufeff").encode())


class HalfLineSaid(SoundServer):
    def at_the_end(self, rest: bytes) -> Iterator[bytes]:
        yield rest


class CrKept(SoundServer):
    def without_cr(self, line: bytes) -> bytes:
        return line


class NoLimit(SoundServer):
    def is_too_long(self, line: bytes) -> bool:
        return False


class NamesNotFolded(SoundServer):
    def fold(self, name: str) -> str:
        return name


class NamesGivenAway(SoundServer):
    def ask(self, holder: Client) -> None:
        self.leave(holder, "replaced")
        holder.cut()


class SenderEchoed(SoundServer):
    def say(self, client: Client, text: str) -> None:
        self.put_to(list(self.room.values()), f"SAID {client.name} {text}")


class StrangersHear(SoundServer):
    def others(self, client: Client) -> list[Client]:
        return [other for other in self.clients if other is not client]


class TellToAll(SoundServer):
    def tell(self, client: Client, name: str, text: str) -> None:
        super().tell(client, name, text)
        self.put_to(self.others(self.room[self.fold(name)]), f"TOLD {client.name} {text}")


class TextStripped(SoundServer):
    def say(self, client: Client, text: str) -> None:
        super().say(client, text.strip())


class VerbsInCapitalsOnly(SoundServer):
    def fold_verb(self, verb: str) -> str:
        return verb


class UsersCountsTheOthers(SoundServer):
    def count(self, names: list[str]) -> int:
        return len(names) - 1


class JoinedToOneself(SoundServer):
    def who_hears_joined(self, client: Client) -> list[Client]:
        return [*self.others(client), client]


class LeftMissing(SoundServer):
    def tell_that_it_left(self, client: Client, reason: str) -> None:
        pass


class GhostsStay(SoundServer):
    """Only QUIT leaves the room."""

    def at_the_end_of_the_stream(self, client: Client) -> None:
        pass


class DyingOfBadBytes(SoundServer):
    def decode(self, line: bytes) -> str:
        try:
            return super().decode(line)
        except UnicodeDecodeError:
            raise EOFError from None  # as when nobody catches it: the thread ends


class ErrorDestroyedByRst(SoundServer):
    def hang_up(self, client: Client) -> None:
        client.outbox.put(NO_MORE)
        client.writer.join()
        client.sock.close()  # with bytes that nobody read


class ClientWithoutQueue(Client):
    def put(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self.sock.sendall(line.encode() + b"\n")


class SlowReaderStallsAll(SoundServer):
    make_client = ClientWithoutQueue


class ReadsWhereItAccepts(SoundServer):
    """The loop that accepts waits for the first bytes of each client."""

    def greet(self, client: Client) -> None:
        client.put("HELLO chat/1 one after the other")
        with contextlib.suppress(OSError):
            client.sock.recv(1, socket.MSG_PEEK)
        self.start(client)


class PastBeforeUsers(GenerousServer):
    def tell_who_and_what(self, client: Client) -> None:
        self.tell_past(client)
        self.list_users(client)


class PastNewestFirst(GenerousServer):
    def tell_past(self, client: Client) -> None:
        for line in reversed(self.past):
            client.put(line)


class PastSaidAgain(GenerousServer):
    def remember(self, client: Client, text: str) -> None:
        self.past = [*self.past, f"SAID {client.name} {text}"]


class PastWithWhispers(GenerousServer):
    history = 100

    def tell(self, client: Client, name: str, text: str) -> None:
        super().tell(client, name, text)
        self.remember(client, text)


class CaptureUnknown(SoundServer):
    def parse(self, line: bytes) -> tuple[str, str]:
        verb, rest = super().parse(line)
        return ("CAPTURE?" if verb == "CAPTURE" else verb), rest


class OneLinkForAll(GenerousServer):
    def offer_capture(self, client: Client) -> None:
        client.put("CAPTURED http://192.0.2.1/capture.pcap")
