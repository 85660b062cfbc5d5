"""The questions, a table for each subject; catalogue.py has them all.

    opening     segments before the first byte, who is who, who answers      exercises 1, 2, 15
    handshake   the three numbers by which a connection opens                3
    data        bytes, their ACKs, and the segments that carry them          4, 6, 7, 14
    payload     where a sentence lies, and who can read it                   5
    timing      round trips                                                  13
    loss        what was sent again, and how its loss was noticed            17
    window      what may be sent, and what stops it                          12, 18
    goodbye     how it ends, and who has to wait                             9, 10, 11
    order       shuffled segments, and the states in between                 25
    threads     two threads and one socket, one list, one slow client        16
    attack      forged resets, a flood of SYNs, and what stops them          20
    eavesdropping    who hears what: on a hub, on a switch, after a lie      21
"""
