"""The wire view: what passes between hosts, drawn as it passes, with the calls that caused it and what it did to TCP.

scene     what there is to see, in the order of time: hosts, arrows, calls
picture   a stretch of it as SVG
reel      which of it is shown when
wire_view the widget
"""
