"""The wire view: what passes between hosts, drawn as it passes, with the calls that caused it and what it did to TCP.

    scene       what there is to see, in the order of time: hosts, arrows, calls
                made from a capture (captured), from one that grows (growing), from a LAN's wire (wired, wire_story)
    selection   those steps of it that somebody wants
    picture     a page of them as SVG (strokes), and in words (words)
    reel        how far it has been played; with the selection it is a film
    wire_view   the widget (controls, wire_style); recorder keeps the calls for it
    anatomy     the bytes of one frame

The scene comes first: all the others look at it, and it knows none of them.
"""
