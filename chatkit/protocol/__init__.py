"""What is said: chat/1 as bytes and rules, with no socket, thread or clock (PROTOCOL.md).

    text.py      which characters may be sent        member.py    what is known of one connection
    names.py     which names there are               room.py      who hears what
    messages.py  a line becomes a message, and back  postbag.py   what a batch owes to each member
    framing.py   a stream of bytes becomes lines     limits.py    how much one may ask for

The room is told what happens; its postbag says what follows.
"""
