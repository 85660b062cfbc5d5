"""python3 -m chatkit.faces.recordings.sealed: makes what stands in where nothing can be caught, or nobody attacked.

    tls-plain, tls-sealed, tls-old      ann and bob talk, as eve hears it: in plain text, under TLS 1.3, under TLS 1.2
    tls-lengths                         ann says lines of 6, 15 and 105 bytes under TLS 1.3
    tls-careless, tls-careful           eve in the middle, and an ann who checks no certificate, or each

It does what notebook 10 does, on a private LAN. The keys are those of these talks only: nothing else was sealed with
them.
"""

import sys
from pathlib import Path

from chatkit.capture.hello import TLS_1_2, TLS_1_3
from chatkit.capture.recorded import FOLDER
from chatkit.faces.notebook.between import go_between
from chatkit.faces.notebook.eve_views import ANN, HOSTS, WORDS
from chatkit.faces.notebook.sealed_talk import Words, talk
from chatkit.lan.lan import Lan

LENGTHS: Words = ((ANN, "x"), (ANN, "x" * 10), (ANN, "x" * 100))
TALKS: dict[str, tuple[int | None, Words]] = {
    "tls-plain": (None, WORDS),
    "tls-sealed": (TLS_1_3, WORDS),
    "tls-old": (TLS_1_2, WORDS),
    "tls-lengths": (TLS_1_3, LENGTHS),
}
ATTACKS = {"tls-careless": False, "tls-careful": True}


def main(argv: list[str]) -> int:
    """Record into the folder that is named, or into the one where the kit finds its captures."""
    folder = Path(argv[0]) if argv else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with Lan(*HOSTS, kind="hub") as lan:
        for name, (version, words) in TALKS.items():
            talk(lan, "", version, words).save(name, folder)
            print(f"{name}: saved in {folder}")
        for name, careful in ATTACKS.items():
            go_between(lan, "", careful=careful).save(name, folder)
            print(f"{name}: saved in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
