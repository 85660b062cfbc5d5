"""Does my room send right?

python3 labs/03-broadcast/check.py            judges broadcast.py beside this file
python3 labs/03-broadcast/check.py FILE       or another one
"""

import os
import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that chatkit is found without being installed

from chatkit.bootstrap import old_python

if old_python.is_too_old():
    sys.exit(old_python.complaint(["lab"]))

from chatkit.__main__ import print_whatever_is_said
from chatkit.faces.notebook.broadcast_stage import check_broadcasting
from chatkit.teach.verdict import Verdict


def main(path: str) -> int:
    """Judge the solution in a file; returns 0 if it is right, 1 if not."""
    print_whatever_is_said()
    feedback = check_broadcasting(runpy.run_path(path).get("Room"))
    print(feedback, flush=True)
    return 0 if feedback.verdict is Verdict.RIGHT else 1


if __name__ == "__main__":
    code = main(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).with_name("broadcast.py")))
    os._exit(code)  # a wrong room has threads that never end, and an ordinary exit would wait for them
