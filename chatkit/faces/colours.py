"""One stable colour for each name, the same in every face and on every machine.

Eight hues that differ in lightness too, so that they can be told apart by the colour-blind; each has at least 4.5 to 1
contrast (WCAG 2.2, 1.4.3) on its ground. A name is always written beside its colour, so nothing hangs on the colour.
"""

from dataclasses import dataclass
from zlib import crc32

from chatkit.protocol.names import fold


@dataclass(frozen=True, slots=True)
class Colour:
    """One hue: for a light ground, for a dark ground, and the number of its neighbour among the 256 of a terminal."""

    on_light: str
    on_dark: str
    terminal: int


PALETTE = (
    Colour("#0b5fa5", "#74b9ff", 33),
    Colour("#a84300", "#ffab70", 208),
    Colour("#00694b", "#5fd7a7", 35),
    Colour("#8b2f77", "#f29bd4", 170),
    Colour("#6b5300", "#e3c75f", 142),
    Colour("#005f73", "#63d3e6", 37),
    Colour("#5b3fa8", "#b8a4ff", 99),
    Colour("#9b2335", "#ff9aa8", 203),
)

_SEED = 69  # parts those who chat in every lesson: ann, bob, carl, carol, dave, eve, mallory


def colour_of(name: str) -> Colour:
    """Give the colour of a name; `Ann` and `ann` are one name and have one colour."""
    return PALETTE[crc32(fold(name).encode(), _SEED) % len(PALETTE)]
