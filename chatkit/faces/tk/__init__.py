"""The parts of the window, a widget or a noun each; `faces/window.py` starts it."""
