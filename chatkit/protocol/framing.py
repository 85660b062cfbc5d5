"""A stream of bytes becomes lines.

TCP carries a stream: one `send` may arrive in many pieces, and many in one. Only the LF says where a line ends.

    b"SAY he"  b"llo\\nSAY b"  b"ye\\r\\n"      ->      b"SAY hello"   b"SAY bye"

Bytes are split before they are decoded, so a cut inside a UTF-8 character heals when the rest arrives.
"""

MAX_LINE_BYTES = 8192  # with its LF

_BOM = b"\xef\xbb\xbf"  # some editors and shells put one before the first line


class LineSplitter:
    """Cuts the bytes of one direction of one connection into lines, whatever pieces they come in."""

    def __init__(self) -> None:
        self._rest = b""
        self._at_start = True
        self.too_long = False  # a line passed MAX_LINE_BYTES; nothing that follows is split any more

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes and give the lines that they complete, each without its LF and a CR before that."""
        if self.too_long:
            return []
        *lines, self._rest = self._without_bom(self._rest + data).split(b"\n")
        for number, line in enumerate(lines):
            if len(line) >= MAX_LINE_BYTES:
                return self._give_up(lines[:number])
        if len(self._rest) >= MAX_LINE_BYTES:
            return self._give_up(lines)
        return [line.removesuffix(b"\r") for line in lines]

    def _without_bom(self, data: bytes) -> bytes:
        """Drop a BOM at the very start; while too few bytes are here to tell, it is left for the next call."""
        if self._at_start and not (len(data) < len(_BOM) and _BOM.startswith(data)):
            self._at_start = False
            return data.removeprefix(_BOM)
        return data

    def _give_up(self, lines: list[bytes]) -> list[bytes]:
        self.too_long = True
        self._rest = b""
        return [line.removesuffix(b"\r") for line in lines]
