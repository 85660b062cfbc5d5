"""The parts of the terminal's face: keys, a line that is typed, the screen; `faces/terminal.py` puts them together."""
