"""How it is caught: frames from a wire, an interface or a file, and the segments in them.

    frame         the bytes that were caught, and when
    packed        many frames in one piece of memory
    link          where the datagram begins, for each kind of link
    datagram      what IP says, and what may stand between it and TCP; fragments, put together again
    dissect       frame -> segment
    scan          the same for a whole capture at once, with endpoints as numbers
    doubles       the copies of frames that loopback makes, left out
    pcap          files, as Wireshark reads and writes them; pcapng, the newer kind
    pcapng_file   the same kind, written
    fitness       is a capture fit to be read? what is wrong with it, and what to do
    headers_only  the same capture without what was said: to be handed in
    said          what was said in a conversation, line by line
    chat_layer    chat/1 for scapy; dissector, the same for Wireshark, in Lua
    capture       frames, with all that can be read from them; table and packets show them
    wire_capture  the wire of a private LAN, which keeps a log: the best evidence, and no right is needed
    live          an interface of this machine: the next best; ongoing, what both have in common
    own_connection  the frames of one connection alone; own_connections sorts them, connection_capture catches them
    interfaces    those over which others may reach this machine
    tap           somewhere that frames come out of: scapy_tap and dumpcap_tap
    means         which of these this machine allows; remedies, for those that it doesn't
    recorded      captures that the kit brings, where nothing else can be had
    catch         the best of these; played, the same for a scenario

Bytes are caught first and read when somebody asks: scapy is imported only where a tap or a scapy packet is made.
"""
