"""The parts of what a notebook shows; `faces/chat_widget.py` and `faces/question_widget.py` put them together."""
