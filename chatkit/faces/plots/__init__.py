"""Plots of a conversation: each is a function of it and of the end whose sending is looked at, and gives a figure.

    time_sequence(conversation)               every segment, ACK and window, as in Stevens's books
    rtt(conversation)                         the round trips, and the timeout that follows from them
    bytes_in_flight(conversation)             what is on its way, and what the peer allows
    throughput(conversation, sender=server)   bytes per second; without a sender it is the end that sent more

A figure draws itself in a notebook, has its alternative text as `alt_text`, and is written with `save("mine.png")`.
"""

from chatkit.faces.plots.flight_graph import bytes_in_flight as bytes_in_flight
from chatkit.faces.plots.plot import Plot as Plot
from chatkit.faces.plots.rtt_graph import rtt as rtt
from chatkit.faces.plots.sequence_graph import time_sequence as time_sequence
from chatkit.faces.plots.throughput_graph import throughput as throughput
