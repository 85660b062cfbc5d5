"""A text as rows of a terminal. What is longer than a row must not be left to the terminal, which begins the next row
at its edge: there a stranger's words could stand where a time and another's name stand.

    14:02  bob: a long text, which the
           terminal does not break
    14:05  ann: this is ann, and only ann can stand here
"""

from collections.abc import Iterator

from chatkit.faces.tty.screen_text import columns


def rows(text: str, width: int, taken: int = 0) -> Iterator[str]:
    """Give the rows, of at most `width` columns, the first with `taken` less: broken at a space, else anywhere."""
    while (end := _end_of_row(text, width - taken)) < len(text):
        space = text.rfind(" ", 0, end + 1)
        if space > 0:
            yield text[:space]
            text = text[space + 1 :]
        else:
            yield text[:end]
            text = text[end:]
        taken = 0
    yield text


def _end_of_row(text: str, room: int) -> int:
    """Give how many characters fit; one at least, however narrow it is."""
    for end, character in enumerate(text):
        room -= columns(character)
        if room < 0:
            return max(end, 1)
    return len(text)
