"""An anatomy as a page: the bytes on one side, a table of the fields on the other.

    0010  45 00 00 3c 1c 46 40 00  E..<.F@.        IPv4   Version   4
          ==================                              ...

Point at bytes, and the row of their field lights up; point at a row, and its bytes do. With the keyboard, Tab goes to
the fields and the arrow keys go through them. It takes no JavaScript: the fields are one group of radio buttons, and
CSS does the rest. Each layer has a line of its own kind under its bytes, so that colour alone says nothing.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from chatkit.faces.wire.field import Field, Layer
from chatkit.tcp.style import NO_FORMULAS, STYLE

if TYPE_CHECKING:
    from chatkit.faces.wire.anatomy import Anatomy

WIDTH = 16  # bytes in a row
MAX_ROWS = 100  # a whole Ethernet frame; loopback has frames of 65,000 bytes
SHOWN = 8  # bytes of a field, in text
_COLUMNS = "<colgroup>" + "".join(f'<col style="width:{share}%">' for share in (23, 28, 13, 36)) + "</colgroup>"

_CLASS = "chatkit-anatomy"
_OWN_KEYS = 'data-lm-suppress-shortcuts="true"'  # else JupyterLab takes the arrow keys to go from cell to cell
_LINES = {  # colour, and the line under the bytes
    Layer.LINK: ("currentColor", "dotted"),
    Layer.NETWORK: ("var(--ck-syn)", "solid"),
    Layer.TRANSPORT: ("var(--ck-fin)", "double"),
    Layer.OPTIONS: ("var(--ck-rst)", "dashed"),
    Layer.PAYLOAD: ("var(--ck-data)", "solid"),
    Layer.REST: ("currentColor", "dotted"),
}


def text(anatomy: "Anatomy") -> str:
    """The fields as a table of words."""
    lines = [anatomy.title, *([f"({anatomy.source})"] if anatomy.source else [])]
    for header, fields in groupby(anatomy.fields, key=lambda field: field.header):
        lines += ["", header, *(_row_of_text(anatomy.frame.data, field) for field in fields)]
    return "\n".join(lines)


def page(anatomy: "Anatomy") -> str:
    """The bytes and the table, linked."""
    drawn = _Page(anatomy, f"ck{secrets.token_hex(4)}")  # two pictures of one frame may stand on a page
    source = f'<p class="faint">({escape(anatomy.source)})</p>' if anatomy.source else ""
    return (
        f'<figure id="{drawn.name}" class="{_CLASS} {NO_FORMULAS}" role="group" aria-label="{escape(anatomy.title)}">'
        f"<style>{_style()}{drawn.links()}</style><figcaption>{escape(anatomy.title)}</figcaption>{source}"
        f'<div class="two"><div class="dump" role="img" aria-label="The bytes; the table has them field by field">'
        f'{"".join(drawn.dump())}<div class="legend">{drawn.legend()}</div></div>'
        f'<div class="fields">{"".join(drawn.tables())}</div></div></figure>'
    )


def _row_of_text(data: bytes, field: Field) -> str:
    digits = data[field.start : min(field.end, field.start + SHOWN)].hex(" ")
    digits += " …" if field.end - field.start > SHOWN else ""
    note = f"  ({field.note})" if field.note else ""
    return f"  {field.place:24} {digits:25} {field.about.label:22} {field.words}{note}".rstrip()


@dataclass(frozen=True)
class _Page:
    anatomy: "Anatomy"
    name: str  # of this figure, on a page with others

    def links(self) -> str:
        """For each field: its bytes light up when its row is pointed at or chosen, and the other way."""
        return "".join(
            f"#{self.name}:has(.f{at}:hover) .f{at}{{background:var(--ck-lit)}}"
            f"#{self.name}:has(#{self.name}-{at}:checked) .f{at}{{background:var(--ck-lit);outline:2px solid}}"
            for at in range(len(self.anatomy.fields))
        )

    def legend(self) -> str:
        """The headers by name, each with the line that stands under its bytes."""
        names = dict.fromkeys((field.header, field.layer.value) for field in self.anatomy.fields)
        return " ".join(f'<span class="{layer}">{escape(header)}</span>' for header, layer in names)

    # ---- the bytes ----

    def dump(self) -> Iterator[str]:
        data = self.anatomy.frame.data
        for start in range(0, min(len(data), MAX_ROWS * WIDTH), WIDTH):
            end = min(start + WIDTH, len(data))
            runs = list(self._runs(start, end))
            digits = "".join(self._run(low, high, fields, _digits) for low, high, fields in runs)
            letters = "".join(self._run(low, high, fields, _letters) for low, high, fields in runs)
            blank = "   " * (start + WIDTH - end)
            yield f'<div><span class="faint">{start:04x}</span>  {digits}{blank} {letters}</div>'
        if len(data) > MAX_ROWS * WIDTH:
            yield f"<div>… {len(data) - MAX_ROWS * WIDTH} more bytes</div>"

    def _runs(self, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """The bytes of a row that belong to the same fields."""
        at = start
        for fields, run in groupby(range(start, end), key=self._fields_at):
            size = len(list(run))
            yield at, at + size, fields
            at += size

    def _fields_at(self, at: int) -> tuple[int, ...]:
        return tuple(n for n, field in enumerate(self.anatomy.fields) if field.start <= at < field.end)

    def _run(self, low: int, high: int, fields: tuple[int, ...], form: Callable[[bytes], str]) -> str:
        shown = escape(form(self.anatomy.frame.data[low:high]))
        space = " " if form is _digits else ""
        if not fields:
            return shown + space
        layer = self.anatomy.fields[fields[0]].layer.value
        classes = " ".join(f"f{n}" for n in fields)
        title = escape(", ".join(self.anatomy.fields[n].about.label for n in fields))
        return f'<label for="{self.name}-{fields[0]}" class="{layer} {classes}" title="{title}">{shown}</label>{space}'

    # ---- the table ----

    def tables(self) -> Iterator[str]:
        """A table for each header."""
        numbered = enumerate(self.anatomy.fields)
        for (header, layer), group in groupby(numbered, key=lambda pair: (pair[1].header, pair[1].layer)):
            rows = list(group)
            size = max(field.end for _, field in rows) - rows[0][1].start
            caption = (
                f'<caption><span class="{layer.value}">{escape(header)}</span> {size} byte{"s" * (size != 1)}</caption>'
            )
            heads = "".join(f'<th scope="col">{words}</th>' for words in ("Field", "Value", "Bytes", "What it says"))
            body = "".join(self._row(at, field) for at, field in rows)
            yield f"<table>{caption}{_COLUMNS}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"

    def _row(self, at: int, field: Field) -> str:
        box = f'<input type="radio" name="{self.name}" id="{self.name}-{at}" {_OWN_KEYS}>'
        key = f" <code>{field.key}</code>" if "." in field.key else ""
        note = f' <b class="note">{escape(field.note)}</b>' if field.note else ""
        return (
            f'<tr class="f{at}"><th scope="row"><label>{box} {escape(field.about.label)}</label></th>'
            f"<td><bdi>{escape(field.words)}</bdi>{note}</td>"
            f'<td class="faint">{escape(field.place)}</td><td class="faint">{escape(field.sentence)}{key}</td></tr>'
        )


def _digits(data: bytes) -> str:
    return data.hex(" ")


def _letters(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in data)


def _style() -> str:
    """A page has rules for its tables; a class named three times is stronger."""
    lines = (f"& .{layer.value}{{border-bottom:3px {line} {colour}}}" for layer, (colour, line) in _LINES.items())
    layers = "".join(lines)
    return STYLE.replace("chatkit-ladder", _CLASS) + (layers + _STYLE).replace("&", f".{_CLASS}" * 3)


_STYLE = """
& {
  --ck-lit: color-mix(in srgb, var(--ck-syn) 24%, transparent);
  margin: 0; font-size: 13px; line-height: 1.4; container-type: inline-size;
}
& figcaption { font-weight: 600; font-size: 15px; margin: 4px 0; }
& .two { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: flex-start; }
& .dump {
  font: 13px/1.9 ui-monospace, Menlo, Consolas, monospace; white-space: pre;
  overflow: auto; max-width: 100%; max-height: 460px; padding: 2px;
}
& .dump label { display: inline; margin: 0; cursor: pointer; }
& .fields {
  flex: 1 1 400px; min-width: 0; max-height: 460px; overflow-y: auto; position: relative; container-type: inline-size;
}
& .legend { font: 12px/2 system-ui, sans-serif; white-space: normal; }
& .legend span { margin-right: 12px; }
& table { border-collapse: collapse; width: 100%; margin: 0 0 14px; font-size: 13px; table-layout: fixed; }
& caption { caption-side: top; text-align: left; font-weight: 600; padding: 2px 0 4px; color: inherit; }
& thead { position: absolute; clip-path: inset(50%); }
& tr { background: none; border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); }
& th, & td {
  text-align: left; vertical-align: top; padding: 3px 10px 3px 0; white-space: normal; overflow-wrap: anywhere;
}
& th { font-weight: 600; }
& th label { display: flex; gap: 5px; align-items: baseline; cursor: pointer; }
& th input { margin: 0 0 0 1px; flex: none; }
& td:nth-child(2) { font-variant-numeric: tabular-nums; }
& .note { display: block; font-weight: normal; font-style: italic; }
& .faint { opacity: .78; }
& code { background: none; color: inherit; font-size: 12px; white-space: nowrap; }
@container (max-width: 620px) {
  & .dump { font-size: 12px; max-height: 240px; }
  & tr { display: grid; grid-template-columns: minmax(8em, 1fr) 2fr; }
  & td:nth-child(3), & td:nth-child(4) { grid-column: 1 / -1; padding-left: 22px; }
}
@media print { & .dump, & .fields { max-height: none; overflow: visible; } & input { display: none; } }
"""
