"""Makes the captures that the kit brings: `python3 -m chatkit.faces.recordings.chats`, and so on.

    chats       of a chat on loopback
    lan         of notebook 05, on a LAN
    scenarios   of each scenario, on a LAN
    sockets     of notebooks 01 and 02, by running their cells
    tcp         of the experiments of notebooks 06 to 08
    attacks     of what eve hears and does in notebooks 09 and 11
"""
