"""What is seen: segments, and what they mean.

    sequence      numbers on a circle of 2^32
    options       what follows the header: MSS, window scale, SACK, timestamps
    segment       one TCP segment, as it was on the wire
    segments      many of them, as columns of numbers
    bits          the flags as plain numbers, for loops over many segments
    split         which segments belong to one conversation
    handshake     how it was opened; teardown, how it was closed; reset, why it was broken off
    states        RFC 9293's Figure 5 as a table
    observer      what each segment is to either end, and whether it has arrived
    history       both ends, followed through the table
    stream        the bytes of one direction, put together again
    lines         where each line of the application lies in the segments
    judge         what an observer calls each segment: new data, retransmission, duplicate ACK, ...
    rtt           round trips, and the timeout that follows from them
    flight        what an end may send, and what it has in flight
    episodes      the times in which an end let its peer send nothing
    conversation  all the segments between two endpoints, and what they say together
    visible       payload as text that can do no harm
    ladder        the conversation in RFC 9293's notation; drawing and style, the same as a picture

All of it is pure: no socket, thread, clock, file or screen.
"""
