"""How it looks: the same chat as a Tkinter window, a notebook widget and a terminal, and pictures of what it sends.

    chat.py                 what the three share
    window.py, tk/          the window
    terminal.py, tty/       in a terminal; serve.py, log.py: the server there, and what it prints
    chat_widget.py          in a notebook; question_widget.py, prediction_widget.py, progress_view.py: exercises there
    widgets/                the parts of all of these
    notebook/               what cells call: start a LAN and a server, show what was sent, try something out
    plots/                  a conversation over time
    capturing.py, laddering.py, plotting.py, checking.py, answering.py, handout.py    commands
    recordings/             makes the captures that the kit brings
"""
