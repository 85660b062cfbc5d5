"""Names that mix alphabets: with a Cyrillic U+0430 for its a, "ann" looks the same, and is another name to the server.

chat/1 allows such names, for whose alphabet should it forbid? So a face says what the eye cannot see. A name that is
written in one foreign alphabet from end to end is not found: for a reader of that alphabet it is just a name.
"""

from unicodedata import name as full_name

_ALPHABETS = ("ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN")  # those with twins in one another


def remark_on(name: str) -> str:
    """Give the words to put after a name that mixes alphabets, else nothing."""
    mixed = sorted({word.capitalize() for character in name if (word := _alphabet(character)) in _ALPHABETS})
    return f" (a name of {' and '.join(mixed)} letters)" if len(mixed) > 1 else ""


def _alphabet(character: str) -> str:
    """Give the first word of its name in Unicode, which for a letter is its alphabet."""
    return full_name(character, "").partition(" ")[0]
