"""What a stranger on the same wire can do to others: forged resets, ARP spoofing, a flood of SYNs.

    aim         whom an attack may be aimed at: hosts of this LAN, and nobody else
    reset       forge_reset: a RST that says it is from somebody else
    spoofing    spoof_arp: two hosts that talk to each other are told that the other is here
    flood       flood_syns: half-open connections, for a door that has few places; narrow_door makes it narrow
    frames      the forged frames; kernel, what the kernel of a host is told beforehand

Each takes a private LAN. Its wire leads to its own hosts only, so nothing of this can reach anybody else; each asks
`aim` first all the same, and sends nothing where that refuses. Each sends so many frames, and has then ended.
"""
