"""Captures of scenarios: `played("zero-window").conversations[0].ladder()`.

They are played when they are asked for; recorded ones stand in where there can be no LAN to play them on.
"""

from dataclasses import replace

from chatkit.capture.capture import Capture
from chatkit.capture.catch import CHOICE, choice
from chatkit.capture.recorded import recorded
from chatkit.capture.wire_capture import capture_of
from chatkit.errors import LanError
from chatkit.lan.scenarios import Scenario, find, play


def played(name: str) -> Capture:
    """Play the scenario of this name on a private LAN, and give its capture.

    Where that is not possible, it is the recorded one, which says so. Raises MisuseError, and LanError where the
    scenario does not come to its end.
    """
    scenario = find(name)
    if chosen := choice():
        return _recorded(scenario, f"{CHOICE}={chosen} is set in the environment")
    try:
        lan = scenario.lan()
    except LanError as error:
        return _recorded(scenario, str(error))
    with lan:
        capture = capture_of(play(name, lan).wire, at=scenario.at)
    return replace(capture, source=f"the scenario {name}, played on a private LAN just now{_seen(scenario)}")


def _recorded(scenario: Scenario, why_not: str) -> Capture:
    capture = recorded(scenario.name)
    remarks = (*capture.remarks, f"it was not played here: {why_not}")
    return replace(capture, source=capture.source + _seen(scenario), remarks=remarks)


def _seen(scenario: Scenario) -> str:
    return f", seen at {scenario.at}" if scenario.at else ""
