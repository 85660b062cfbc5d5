"""Write a picture to a file: to hand in, to project, to print.

    export(conversation.ladder(), "mine.svg")       the drawing alone
    export(TcpStateMachine(talk), "mine.png")       the same as pixels; a browser draws them
    export(bytes_in_flight(talk), "mine.html")      a page of its own: the drawing, what evidence it is, and the words

It takes whatever has `svg()`: ladders, wire views, journeys, timelines, the state machine, plots. What is no drawing,
but shows itself in a notebook (the bytes of a frame, a server's panel, a table), can be a page. None of the files
needs another one, or the network.
"""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree

from chatkit.errors import MachineError, MisuseError
from chatkit.faces.rasterizer import rasterize
from chatkit.tcp.style import NO_FORMULAS


class Drawable(Protocol):
    """What can be exported."""

    def svg(self) -> str:
        """The picture, complete in itself."""


STYLE = """
:root { color-scheme: light dark; background: #fff; color: #1a1a1a; }
@media screen and (prefers-color-scheme: dark) { :root { background: #111; color: #e8e8e8; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1400px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.4em; margin: 0; }
h2 { font-size: 1.1em; margin: 1.5em 0 0; break-after: avoid; }
figure { margin: 1em 0; overflow-x: auto; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
@media print {
  @page { margin: 12mm; }
  body { max-width: none; padding: 0; }
  figure { overflow: visible; }  /* what scrolls is not broken at the end of a page, but cut */
  pre { font-size: 8pt; }
}
"""
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # the page may fetch nothing, and run nothing


class Showable(Protocol):
    """What can be a page, too: it shows itself in a notebook."""

    def _repr_html_(self) -> str:
        """The view, complete in itself."""


def export(view: Drawable | Showable, path: str | Path) -> Path:
    """Write the view as svg, png or html, as the name of the file ends; give the path.

    Raises MisuseError for another ending, or one that this view cannot be written as, and MachineError where the
    machine cannot do it.
    """
    path = Path(path)
    if (write := _WRITERS.get(path.suffix.lower())) is None:
        raise MisuseError(f"a picture is written as {', '.join(_WRITERS)}, not as {path.name!r}")
    if not callable(getattr(view, "svg", None)):
        if not callable(getattr(view, "_repr_html_", None)):
            raise MisuseError(f"{view!r} has no picture of itself: allowed is what has svg(), for example a ladder")
        if path.suffix.lower() != ".html":
            raise MisuseError(f"this is no drawing, and can be written as .html only, not as {path.name!r}")
    try:
        write(view, path)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}") from error
    return path


def page_of(view: Any) -> str:
    """The page: the picture, what kind of evidence it is, and the same in words."""
    is_drawing, words = hasattr(view, "svg"), _words(view)
    shown = view.svg() if is_drawing else view._repr_html_()
    title, source = escape(_title(shown) if is_drawing else words.partition("\n")[0]), escape(_source(view))
    evidence = f"<p>Evidence: {source}</p>" if source else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="{_ALONE}">
<style>{STYLE}</style></head>
<body class="{NO_FORMULAS}"><h1>{title}</h1>{evidence}
<figure>{shown}</figure>
<h2>The same in words</h2><pre>{escape(words)}</pre>
</body></html>
"""


def _write_svg(view: Any, path: Path) -> None:
    path.write_text(view.svg(), "utf-8")


def _write_png(view: Any, path: Path) -> None:
    """A plot has its own way, which needs no browser."""
    if save := getattr(view, "save", None):
        save(path)
    else:
        rasterize(view.svg(), path)


def _write_html(view: Any, path: Path) -> None:
    path.write_text(page_of(view), "utf-8")


_WRITERS: dict[str, Callable[[Any, Path], None]] = {".svg": _write_svg, ".png": _write_png, ".html": _write_html}


def _title(svg: str) -> str:
    return ElementTree.fromstring(svg).findtext("{http://www.w3.org/2000/svg}title") or "A picture of chatkit"


def _source(view: Any) -> str:
    """What kind of evidence it is: the view says so, or what it is a view of; empty where neither does."""
    holders = (view, getattr(view, "conversation", None), getattr(view, "scene", None))
    source = next(filter(None, (getattr(holder, "source", "") for holder in holders)), "")
    return str(source).removeprefix("(").removesuffix(")")


def _words(view: Any) -> str:
    """What the view says of itself in words, at its longest."""
    for name in ("in_full", "alt_text", "text"):
        words = getattr(view, name, None)
        if isinstance(words, str):
            return words
        if callable(words):
            return str(words())
    return repr(view)
