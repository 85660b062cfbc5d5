"""A connection under TLS: plain bytes in and out on our side, sealed records on the wire.

    send_some ---> plain ---> SSLObject ---> outgoing ---> waiting ---> socket
    receive   <--- plain <--- SSLObject <--- incoming <---------------- socket

Nothing above notices, for the methods are those of a Connection. Two things make that work:

- The handshake is done by the first `receive`, so in the reader's thread: who never ends it holds up nobody else. What
  is sent meanwhile is kept, and goes when it is done.
- A record that was sealed once must go as it is: it has a number (RFC 8446 section 5.3), so it cannot be sealed again.
  `send_some` reports its plain bytes as taken once the whole record went.

A stream that ends without close_notify may have been cut by anybody on the way (RFC 8446 section 6.1): `receive` raises
Unsealed for it, and gives b"" only for an end that the other end sealed.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time

from chatkit.net import tls_trouble as trouble
from chatkit.net.connection import READ_SIZE, Connection, Send
from chatkit.net.event import Address
from chatkit.net.tls import Seal, WrongFingerprint, fingerprint
from chatkit.net.tls_trouble import Unsealed, Untrusted

PIECE = 65536  # plain bytes that are sealed at once
MAX_EARLY = 65536  # plain bytes that may wait for the handshake
MAX_WAITING = 4 * PIECE  # sealed bytes: one piece, and answers to a peer that asks for new keys and does not read

FIN_TIME = 0.5  # seconds; some wait for our close_notify before they send FIN

_PATIENCE = 10.0  # seconds in which the peer has to take what the handshake says


class Sealed(Connection):
    """Owns a connected socket, and seals what it carries; `server_name`, the name that was dialled, is the client's."""

    def __init__(
        self, sock: socket.socket, peer: Address, context: ssl.SSLContext, server_name: str | None = None
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._server_name = server_name
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_name is None, server_name)
        super().__init__(sock, peer)
        self._lock = threading.Lock()  # guards all of the below, and the SSLObject from when the seal is there
        self._seal: Seal | None = None
        self._early = bytearray()  # plain, sent before the handshake was done
        self._waiting = bytearray()  # sealed, and not taken by the system yet
        self._owed = 0  # plain bytes that are sealed in there, and not reported as taken
        self._is_finishing = self._is_woken = self._has_ended = False
        self._trouble: Unsealed | None = None

    @property
    def seal(self) -> Seal | None:
        """How it is sealed; None until the handshake is done."""
        return self._seal

    def receive(self) -> bytes:
        """Wait for plain bytes; b"" is an end that the peer sealed. Raises OSError, Unsealed for what TLS refuses."""
        plain = b"" if self._seal else self._shake_hands()
        while not plain and not self._has_ended:
            plain = self._unseal(self._take())
        if not plain and self._trouble:
            raise self._trouble
        if not plain:
            self._await_fin()
        return plain

    def send_some(self, data: bytes | bytearray | memoryview) -> int:
        """Seal and hand over what the system takes without waiting, and give the number of plain bytes. Raises OSError.

        Whoever gets less than all has to call again with the rest, which begins with the same bytes.
        """
        with self._lock, memoryview(data) as plain:
            if not self._seal:
                return self._keep(plain)
            taken = 0
            while self._flush():
                taken, self._owed = taken + self._owed, 0
                if taken == len(plain):
                    break
                self._owed = self._tls.write(plain[taken : taken + PIECE])
            return taken

    def sender(self) -> Send:
        """Give `send_some`, to be called with bytes and NOW."""
        return lambda data, _now: self.send_some(data)

    def finish(self) -> None:
        """Half-close: send close_notify and FIN after what was handed over. The peer can still send."""
        with self._lock:
            self._is_finishing = True
            if self._seal:
                self._say_close_notify()

    def wake(self) -> None:
        """End both directions, so that a thread blocked in `receive` gets the end of the stream."""
        with self._lock:
            self._is_woken = True
            if self._seal and not (self._is_finishing or self._waiting):
                self._is_finishing = True
                self._say_close_notify()
        super().wake()

    def abort(self) -> None:
        """Throw away what was not sent yet: `close` will send RST."""
        with self._lock:
            self._is_finishing = True  # no close_notify: more was to come
        super().abort()

    # ---- the handshake: until there is a seal, the SSLObject is the reader's alone ----

    def _shake_hands(self) -> bytes:
        """Do the handshake, and give what came with its end; b"" if there is no end of it."""
        began = False
        while not self._is_step_the_last():
            data = self._take()
            if not data:
                return b""
            if not began:
                self._check_is_tls(data)
            began = True
            self._incoming.write(data)
        with self._lock:
            self._seal = self._read_seal()
            plain = self._read()
            if self._early:
                self._tls.write(self._early)
                self._early.clear()
            self._push()
            if self._is_finishing:
                self._say_close_notify()
        return plain

    def _is_step_the_last(self) -> bool:
        try:
            self._tls.do_handshake()
            is_last = True
        except ssl.SSLWantReadError:
            is_last = False
        except ssl.SSLError as error:
            if not isinstance(error, WrongFingerprint):  # for OpenSSL all went well: it would end the handshake
                self._push()  # the alert that tells the peer
            raise self._failure(error) from error
        while not self._flush():
            if not self._has_space(_PATIENCE):
                raise TimeoutError(f"the other end has not read for {_PATIENCE:g} seconds")
        return is_last

    def _failure(self, error: ssl.SSLError) -> Unsealed:
        if self._server_name is None:
            return Unsealed(trouble.why_server_failed(error))
        is_distrust = isinstance(error, WrongFingerprint | ssl.SSLCertVerificationError)
        return (Untrusted if is_distrust else Unsealed)(trouble.why_client_failed(error, self._server_name))

    def _check_is_tls(self, data: bytes) -> None:
        if data[0] in trouble.TLS_RECORDS:
            return
        if self._server_name is not None:
            raise Unsealed(trouble.client_sees_no_tls(data))
        with contextlib.suppress(OSError):
            super().send_some(trouble.HINT)  # in plain text: it is somebody with nc
        raise Unsealed(trouble.server_sees_no_tls(data))

    def _read_seal(self) -> Seal:
        version, cipher = self._tls.version() or "TLS", self._tls.cipher()
        certificate = self._tls.getpeercert(binary_form=True)
        return Seal(
            version.replace("TLSv", "TLS "),
            cipher[0] if cipher else "",
            fingerprint(certificate) if certificate else "",
        )

    def _keep(self, plain: memoryview) -> int:
        self._early += plain
        if len(self._early) > MAX_EARLY:
            raise Unsealed(trouble.TOO_EARLY)
        return len(plain)

    # ---- reading ----

    def _take(self) -> bytes:
        """Wait for sealed bytes; b"" is the end of TCP's stream, which proves nothing about who ended it."""
        data = super().receive()
        if not data:
            self._has_ended = True
            if not (self._is_woken or self._end_is_near):
                self._trouble = Unsealed(trouble.CUT_SHORT if self._seal else trouble.NO_HANDSHAKE)
        return data

    def _await_fin(self) -> None:
        """Give the FIN behind close_notify its moment: who is closed too early keeps, or gives, the wrong TIME_WAIT."""
        deadline = time.monotonic() + FIN_TIME
        with contextlib.suppress(OSError), selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0 and selector.select(left):
                if not super().receive():  # else something that is to be ignored (RFC 8446 section 6.1)
                    return

    def _unseal(self, data: bytes) -> bytes:
        with self._lock:
            self._incoming.write(data)
            plain = self._read()
            self._push()  # a peer may ask for new keys; the answer is sealed by reading
            if len(self._waiting) > MAX_WAITING:
                self._end(trouble.TOO_MUCH)
            return plain

    def _read(self) -> bytes:
        """Give the plain bytes of all whole records. None of them stays behind: `unwrap` would stumble over it."""
        records = []
        try:
            while record := self._tls.read(READ_SIZE):
                records.append(record)
            self._has_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:  # the end, too, once we have sent ours
            self._has_ended = True
        except ssl.SSLError as error:
            self._end(trouble.why_broken(error))
        return b"".join(records)

    def _end(self, sentence: str) -> None:
        self._has_ended, self._trouble = True, Unsealed(sentence)

    # ---- writing ----

    def _flush(self) -> bool:
        """Hand sealed bytes over, and give whether all went. Raises OSError."""
        self._waiting += self._outgoing.read()
        if self._waiting:
            sent = super().send_some(self._waiting)
            del self._waiting[:sent]
        return not self._waiting

    def _push(self) -> None:
        """Flush what the reader has to send: if the connection is broken, it will read that soon."""
        with contextlib.suppress(OSError):
            self._flush()

    def _say_close_notify(self) -> None:
        with contextlib.suppress(ssl.SSLError):  # it wants to wait for the peer's
            self._tls.unwrap()
        self._push()  # if the peer has not read for so long that not even this fits, FIN alone tells it
        super().finish()
