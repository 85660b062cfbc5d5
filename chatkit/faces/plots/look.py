"""How the plots look: hues that people who confuse red and green tell apart too (after Okabe and Ito), dark enough for
white paper, and the same as a ladder's on a light page. What differs in hue differs in shape or dashes as well.
"""

from matplotlib.font_manager import FontProperties, findfont, get_font

PAPER = "#ffffff"
INK = "#1a1a1a"
FAINT = "#595959"
GRID = "#e4e4e4"

DATA = "#00694c"
AGAIN = "#c24a00"  # what was sent again
WINDOW = "#0063a8"
CWND = "#6a3d9a"  # the sender's congestion window
RESET = "#a3246f"
SACK = "#a98fd0"
SHADE = "#d9e6f2"


def drawable(text: str) -> str:
    """The text with a sign in the place of each character that the font lacks, an emoji for example."""
    font = get_font(findfont(FontProperties()))
    return "".join(c if c.isprintable() and font.get_char_index(ord(c)) else "\N{REPLACEMENT CHARACTER}" for c in text)
