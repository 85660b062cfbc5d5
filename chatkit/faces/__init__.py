"""How it looks: the same chat as a Tkinter window, a notebook widget and a terminal, and pictures of what it sends.

    chat.py             what the three share          serve.py, log.py   the server in a terminal, and what it prints
    window.py, tk/      the window                    classroom.py       what a notebook starts, and ends
    chat_widget.py      in a notebook                 stand_in.py        what stands where there can be no LAN
    question_widget.py  a question, checked           lan_views.py       what a notebook shows of a LAN
    widgets/            the parts of both             wire_log.py        the log of a wire as a table
    terminal.py, tty/   in a terminal                 bytes_view.py      where a sentence lies in the bytes
    capturing.py, laddering.py, checking.py, recording.py, lan_recording.py, recording_scenarios.py: commands
"""
