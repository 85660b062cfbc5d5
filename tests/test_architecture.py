"""The house: who may import whom. The README shows the same two tables, and DESIGN's promise about the bare chat."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "chatkit"

ROOMS = {  # room: the rooms that it may import from
    "errors": set(),
    "protocol": {"errors"},
    "tcp": {"errors"},
    "net": {"protocol", "errors"},
    "lan": {"errors"},
    "capture": {"tcp", "lan", "protocol", "errors"},
    "teach": {"protocol", "tcp", "capture", "errors"},
    "faces": {"teach", "capture", "lan", "net", "tcp", "protocol", "errors"},
}

ACTING = {"socket", "ssl", "threading", "subprocess", "multiprocessing", "asyncio", "selectors", "time", "tkinter"}
OUTSIDE = {  # room: what it may use beside the plain standard library, out of ACTING and what pip installs
    "errors": set(),
    "protocol": set(),
    "tcp": {"numpy"},
    "net": {"socket", "ssl", "threading", "selectors", "time", "redis"},
    "lan": {"socket", "threading", "subprocess", "selectors", "time", "pyroute2"},
    "capture": {"scapy", "numpy", "socket", "threading", "subprocess", "selectors", "time"},
    "teach": set(),
    "faces": {
        "tkinter",
        "ipywidgets",
        "IPython",
        "matplotlib",
        "threading",
        "subprocess",
        "socket",
        "ssl",
        "trustme",
        "cryptography",
        "selectors",
        "time",
    },
}
PURE = {"protocol", "tcp"}
SCREENS_AND_FILES = {"open", "print", "input"}


def _modules(room: str) -> list[Path]:
    return [HOUSE / f"{room}.py"] if room == "errors" else sorted((HOUSE / room).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_below(room: str) -> None:
    allowed = ROOMS[room] | {room}
    for path in _modules(room):
        used = {name.split(".")[1] for name in _imports(path) if name.startswith("chatkit.")}
        assert used <= allowed, f"{path.relative_to(ROOT)} imports {used - allowed}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_what_it_is_for(room: str) -> None:
    for path in _modules(room):
        tops = {name.split(".")[0] for name in _imports(path)} - {"chatkit"}
        acting = {top for top in tops if top in ACTING or top not in sys.stdlib_module_names}
        assert acting <= OUTSIDE[room], f"{path.relative_to(ROOT)} uses {acting - OUTSIDE[room]}"


@pytest.mark.parametrize("room", sorted(PURE))
def test_a_pure_room_touches_no_screen_and_no_file(room: str) -> None:
    for path in _modules(room):
        called = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & SCREENS_AND_FILES, f"{path.relative_to(ROOT)} calls {called & SCREENS_AND_FILES}"


def test_importing_chatkit_loads_nothing_that_is_heavy() -> None:
    heavy = "{'scapy', 'numpy', 'matplotlib', 'ipywidgets', 'IPython', 'tkinter'}"
    command = [sys.executable, "-c", f"import chatkit, sys; print(*{heavy} & set(sys.modules))"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split() == []


def test_every_room_of_the_house_is_in_the_tables() -> None:
    rooms = {path.name for path in HOUSE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert rooms - {"bootstrap", "doctor"} <= set(ROOMS)


def test_the_readme_shows_the_same_table() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for room, below in ROOMS.items():
        rows = [row for row in readme.splitlines() if row.startswith(f"| `{room}` |")]
        assert len(rows) == 1, f"the README has {len(rows)} rows for {room}"
        shown = rows[0].split("|")[2]
        assert {name.strip(" `") for name in shown.split(",")} - {"nothing"} == below, f"the README on {room}: {shown}"
