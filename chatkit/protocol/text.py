"""Which characters a chat/1 line may carry.

TEXT is never normalised: what was typed is what arrives. Refused are only the characters that do something to a screen
instead of standing on it: controls (Cc), the bidirectional embeddings, overrides and isolates (UAX #9), and the two
Unicode line ends; and surrogates, the halves of characters that UTF-8 does not have. Joiners, variation selectors and
LRM/RLM stay: emoji and Persian need them.
"""

import re

MAX_TEXT_BYTES = 8000

FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHOWN = 60


def find_forbidden(text: str) -> str | None:
    """Give the first character that may not be sent, as `U+202E`, or None."""
    found = FORBIDDEN.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def clean(typed: str) -> str:
    """Make one line of what was typed or pasted: tabs and line ends become spaces, other forbidden characters go."""
    spaced = re.sub(r"\r\n|[\t\n\v\f\r\x85\u2028\u2029]", " ", typed)
    return FORBIDDEN.sub("", spaced)


def quote(seen: bytes | str) -> str:
    """Quote what was seen inside a sentence: short, on one line, with everything unprintable escaped."""
    text = seen.decode("utf-8", "backslashreplace") if isinstance(seen, bytes) else seen
    shown = "".join(c if c.isprintable() and not FORBIDDEN.match(c) else ascii(c)[1:-1] for c in text[: _SHOWN + 1])
    return f'"{shown[:_SHOWN]}..."' if len(shown) > _SHOWN else f'"{shown}"'


def cut(text: str, limit: int = MAX_TEXT_BYTES) -> str:
    """Cut a text to at most `limit` bytes of UTF-8, never inside a character."""
    return text.encode()[:limit].decode("utf-8", "ignore")
