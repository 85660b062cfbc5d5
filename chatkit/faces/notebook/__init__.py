"""What the cells of a notebook call.

    classroom       starts a LAN, a server, a capture, clients, and ends them; stand_in, where there can be no LAN
    lan_views       what a LAN shows: its wire, its hosts, who hears what; wire_log, the log as a table
    socket_views    the calls of sockets, and what each puts on the wire; piecemeal, what servers make of pieces
    thread_experiments  done to small_servers by a guest; thread_timeline draws thread_spans: who waited for what
    broadcast_stage     tries a student's room, of which room_with_queues is half; headless_face, a window without one
    tcp_views       experiments with TCP; bulk, a transfer over a long wire; kernel_table, what a kernel knows
    eve_views       what a stranger hears; attack_views, what she can break; pickled, bytes that are obeyed
    class_sizes     a class that grows at three servers; crowd, its clients; slow_reader, one who does not read
    segment_table   a conversation in rows; bytes_view, where a sentence lies in the bytes; aligned, columns of text
"""
