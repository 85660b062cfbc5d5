"""What the scripts in labs/ do about the packages of requirements.txt: a student starts them with any Python."""

import sys
from importlib.util import find_spec

from chatkit.bootstrap.environment import HERE, Environment, Part
from chatkit.bootstrap.process import hand_over


def need(package: str, environment: Environment = HERE) -> None:
    """Go on if the package is here; else start this script with the environment's Python, or say how to get one."""
    if find_spec(package):
        return
    if environment.has(Part.LAB) and not environment.runs_us():
        sys.exit(hand_over([str(environment.python), *sys.argv]))
    sys.exit(f"This needs {package} and more. Get it once, in {environment.root}:  python3 -m chatkit lab --prepare")
