"""Payload as text that can do no harm: it comes from anybody, and goes to terminals and web pages.

What can be read as UTF-8 stays as it is (é and emoji too); control characters, escape sequences, direction
overrides and bytes that are no UTF-8 are written as a Python string would write them: `\\n`, `\\x1b`, `\\u202e`.
"""

import unicodedata


def visible(payload: bytes, limit: int | None = None) -> str:
    """The payload in double quotes; what goes beyond `limit` columns is left out, and `…` says so."""
    room = len(payload) * 10 if limit is None else limit
    shown: list[str] = []
    for character in payload[: room * 4].decode("utf-8", "surrogateescape"):  # a character takes at most four bytes
        piece = _piece(character)
        room -= columns(piece)
        if room < 0:
            return '"' + "".join(shown) + '…"'
        shown.append(piece)
    return '"' + "".join(shown) + ('"' if limit is None or len(payload) <= limit * 4 else '…"')


def columns(text: str) -> int:
    """How many columns a terminal gives to the text: two to an emoji, none to a combining mark."""
    return sum(_columns(character) for character in text)


def _piece(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
