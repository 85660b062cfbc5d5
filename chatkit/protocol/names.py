"""Which names chat/1 allows, and when two of them are the same.

A name is 1 to 20 code points after NFC: letters (L*), digits (Nd), `_`, `-`, and marks (Mn, Mc) that follow a letter.
Two names are one when they fold alike: NFKC(casefold(NFKC(name))), the caseless match of Unicode 15, section 3.13.
So `Ann`, `ann` and their full-width twin cannot sit in one room and pass for each other.
"""

import re
from unicodedata import category, normalize

from chatkit.protocol.text import quote

MAX_NAME = 20
MAX_SPELLING = 18 * MAX_NAME  # code points: NFKC makes at most 18 of one (UAX #15), so no name is spelled longer
RULE = f"a name has 1 to {MAX_NAME} letters, digits, _ or -"

# Default_Ignorable_Code_Point (UAX #44) inside the letters and marks: invisible, so two names could look the same.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


class BadName(ValueError):
    """The name breaks the rule; the text quotes it and says the rule."""


def clean_name(name: str) -> str:
    """Give the name as the server will write it (NFC).

    Raises BadName.
    """
    composed = name if len(name) > MAX_SPELLING else normalize("NFC", name)  # which takes quadratic time
    if not 1 <= len(composed) <= MAX_NAME:
        raise BadName(f"{quote(name)} has {len(composed)} characters: {RULE}")
    if wrong := _first_wrong(composed):
        raise BadName(f"{quote(name)} has a {_describe(wrong)} in it: {RULE}")
    return composed


def fold(name: str) -> str:
    """Give the key by which names are compared; what is too long to be a name is its own key."""
    if len(name) > MAX_SPELLING:
        return name
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _first_wrong(name: str) -> str | None:
    """Give the first character that may not stand where it stands."""
    after_letter = False
    for character in name:
        kind = category(character)
        is_mark = kind in ("Mn", "Mc") and after_letter
        after_letter = kind.startswith("L") or is_mark
        if _INVISIBLE.match(character) or not (after_letter or kind == "Nd" or character in "_-"):
            return character
    return None


def _describe(character: str) -> str:
    return "space" if character == " " else f"{quote(character)} (U+{ord(character):04X})"
