"""What the wire view costs, in a real JupyterLab and a real Chromium: the browser's renderer, the kernel, and delay.

    .venv/bin/python -m benchmarks.wire_view [--rate 200] [--seconds 30] [--frames 100000]

Live: two programs in the hosts of a LAN talk at that rate, and the page notes when it shows each frame. A frame's turn
is when it left its sender, as the kernel stamped it; it is shown when the browser has drawn it. Saved: a capture of
real chat, and how long the first page takes to be there, the reading of the file included.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.reading import make
from tests.jupyter import Browser, JupyterLab, Notebook

TICKS = os.sysconf("SC_CLK_TCK")
LIMITS = {"renderer": 0.20, "kernel": 0.30, "late": 0.300, "first page": 2.0}  # cores, and seconds

_START = """
import os
from pathlib import Path
from chatkit.lan.lan import Lan
from chatkit.faces.wire.wire_view import WireView
lan = Lan("server", "ann")
view = WireView(lan)
Path("kernel").write_text(str(os.getpid()))
view"""
_TALK = """
import sys
from benchmarks import steady
programs = [lan["server"].run([sys.executable, steady.__file__, "answer"], stdout=-1)]
programs[0].stdout.readline()
programs.append(lan["ann"].run([sys.executable, steady.__file__, "ask", lan["server"].address, "{rate}", "{seconds}"]))
"""
_END = """
import json
for program in programs:
    program.wait()
view.close()
Path("frames.json").write_text(json.dumps({p.number: p.nanoseconds for p in lan.wire.log.since(0)}))
lan.close()"""
_SAVED = """
import time
begin = time.time()
from chatkit import Capture
from chatkit.faces.wire.wire_view import WireView
view = WireView(Capture.read("many.pcap"))
print("made in", time.time() - begin, "seconds")
view"""
_WATCH = """() => {
    window.seen = {};
    const look = () => requestAnimationFrame(() => {
        const now = Date.now();
        for (const text of document.querySelectorAll(".ck-wire svg text")) {
            const found = /^frame (\\d+)$/.exec(text.textContent);
            if (found && !(found[1] in window.seen)) window.seen[found[1]] = now;
        }
    });
    new MutationObserver(look).observe(document.querySelector(".ck-wire"), {childList: true, subtree: true});
}"""
_FIRST_PAGE = """() => {
    window.drawn = null;
    const look = () => {
        if (window.drawn === null && document.querySelector(".ck-wire svg .data"))
            requestAnimationFrame(() => { window.drawn = Date.now(); });
    };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


@dataclass(frozen=True)
class Live:
    """What a view cost while it was live; `late` are seconds, of each frame that was shown."""

    renderer: float  # cores
    kernel: float
    rate: float  # frames per second, as logged
    late: tuple[float, ...]
    never_shown: int


def main() -> None:
    """Measure, and print the table."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        live = measure_live(folder, options.rate, options.seconds)
        print(table(live))
        print(f"first page of {options.frames} frames  {first_page(folder, options.frames):.2f} s   limit 2 s")


def measure_live(folder: Path, rate: int, seconds: float) -> Live:
    """Let two hosts talk before the eyes of a browser."""
    _write(folder / "live.ipynb", _START, _TALK.format(rate=rate, seconds=seconds), _END)
    with JupyterLab(folder) as lab, Browser() as browser:
        notebook = browser.open(lab, "live.ipynb")
        notebook.run_one("view = WireView")
        kernel = int((folder / "kernel").read_text())
        notebook.page.evaluate(_WATCH)
        notebook.run_one("programs = ")
        begin, renderers = time.time(), _renderers()
        before = _used([kernel]), _used(renderers)
        time.sleep(seconds - 1)
        spent, after = time.time() - begin, (_used([kernel]), _used(renderers))
        notebook.run_one("program.wait()")
        notebook.page.wait_for_timeout(1000)
        seen = notebook.page.evaluate("window.seen")
        frames = json.loads((folder / "frames.json").read_text())
    return _live(before, after, spent, seen, frames)


def first_page(folder: Path, frames: int) -> float:
    """Seconds from when the cell begins until its picture is drawn."""
    make(folder / "many.pcap", frames)
    _write(folder / "saved.ipynb", "begin = 0", _SAVED)
    with JupyterLab(folder) as lab, Browser() as browser:
        notebook = browser.open(lab, "saved.ipynb")
        notebook.run_one("begin = 0")
        notebook.page.evaluate(_FIRST_PAGE)
        begin = _press_run(notebook)
        notebook.page.wait_for_function("window.drawn !== null")
        return (float(notebook.page.evaluate("window.drawn")) - begin) / 1000


def table(live: Live) -> str:
    """The figures, beside what is promised."""
    ninety = quantiles(live.late, n=10)[-1]
    rows = [
        ("frames per second", f"{live.rate:.0f}", ""),
        ("renderer, of a core", f"{live.renderer:.1%}", f"limit {LIMITS['renderer']:.0%}"),
        ("kernel, of a core", f"{live.kernel:.1%}", f"limit {LIMITS['kernel']:.0%}"),
        ("latest frame", f"{max(live.late):.3f} s", f"limit {LIMITS['late']:.1f} s"),
        ("nine of ten within", f"{ninety:.3f} s", ""),
        ("frames shown", f"{len(live.late)}", f"{live.never_shown} never"),
    ]
    return "\n".join(f"{what:20} {figure:>10}   {limit}" for what, figure, limit in rows)


def _live(
    before: tuple[float, float],
    after: tuple[float, float],
    spent: float,
    seen: Mapping[str, int],
    frames: Mapping[str, int],
) -> Live:
    tcp = {number: at for number, at in frames.items() if int(number) > 2}  # the first two are ARP
    late = tuple(seen[number] / 1e3 - at / 1e9 for number, at in tcp.items() if number in seen)
    lasted = (max(tcp.values()) - min(tcp.values())) / 1e9
    kernel, renderer = ((end - start) / spent for start, end in zip(before, after, strict=True))
    return Live(renderer, kernel, len(tcp) / lasted, late, len(tcp) - len(late))


def _press_run(notebook: Notebook) -> float:
    """Run the cell that reads the capture, and give when the key was pressed, in milliseconds since 1970."""
    notebook.cell("Capture.read").locator(".cm-content").click()
    begin = float(notebook.page.evaluate("Date.now()"))
    notebook.page.keyboard.press("Control+Enter")
    return begin


def _write(path: Path, *cells: str) -> None:
    """A notebook of these cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code: list[dict[str, object]] = [
        {
            "id": f"cell-{number}",
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": c,
        }
        for number, c in enumerate(map(str.strip, cells))
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": code}
    path.write_text(json.dumps(notebook), "utf-8")


def _renderers() -> list[int]:
    """The processes of our own browser that draw pages."""
    ours = {os.getpid()}
    processes = sorted(int(path.name) for path in Path("/proc").glob("[0-9]*"))
    for process in processes * 2:  # a child may have a lower number than its parent
        if _parent(process) in ours:
            ours.add(process)
    return [process for process in ours if b"--type=renderer" in _read(f"/proc/{process}/cmdline")]


def _parent(process: int) -> int:
    fields = _read(f"/proc/{process}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _used(processes: list[int]) -> float:
    """Seconds of processor time, of all of them."""
    stats = (_read(f"/proc/{process}/stat").rpartition(b")")[2].split() for process in processes)
    return sum(int(fields[11]) + int(fields[12]) for fields in stats if fields) / TICKS


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it has just ended
        return b""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="frames per second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--frames", type=int, default=100_000, help="of the capture that is saved")
    return parser


if __name__ == "__main__":
    main()
