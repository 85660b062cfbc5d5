"""How chat/1 travels: sockets and threads.

    host.py        where sockets come from        server.py     accepts, and reads with a thread for each client
    connection.py  bytes in, bytes out            postman.py    the one thread that writes
    seat.py        what is kept for one client    client.py     the other end
    throttle.py    how fast one may speak         user_list.py  who is there, as a client knows it
    event.py       what happened, for who looks   conformance/  is a server right? judged from outside
    ports.py       who holds a port               membership.py what a client is to the room

Only `host.py` makes sockets, and only `connection.py` knows their traps.
"""
