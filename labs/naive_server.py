#!/usr/bin/env python3
"""A chat server as beginners write it. In the demo it works.

    python3 labs/naive_server.py [PORT]

Two people who type slowly notice nothing. Each flaw has a number and a comment where it stands; labs mend them one by
one, and `python3 -m chatkit check server 127.0.0.1:9898` says what is left. Until then it belongs on 127.0.0.1 only.
"""
# ruff: noqa: E722

import pickle
import socket
import sys
import threading

clients = []  # FLAW 1: every thread changes these two lists, and no lock keeps them true, or alike.
names = []


def broadcast(data):
    for client in clients:
        try:
            client.sendall(
                data
            )  # FLAW 2: sendall() waits for a client that does not read, and all others wait with it.
        except:
            clients.remove(client)  # FLAW 3: the list changes while it is iterated: the next client is skipped.


def obey(client, name, message):
    verb, _, text = message.strip().partition(" ")  # FLAW 4: strip() takes away spaces that somebody typed.
    if verb == "JOIN":  # FLAW 5: join in small letters is not understood, and a second JOIN makes a second user.
        name = text  # FLAW 6: any name is taken: an empty one, one with spaces, one that is in use already.
        client.sendall(f"WELCOME {name}\n".encode())
        clients.append(client)
        names.append(name)
        broadcast(f"JOINED {name}\n".encode())
        # FLAW 7: a pickle is Python's alone, and may hold any byte, an LF too. Worse: whoever calls pickle.loads() on
        # bytes from a network runs the code that the sender put into them. Never unpickle what a stranger sent.
        broadcast(b"USERS " + pickle.dumps(names) + b"\n")
    elif verb == "SAY":  # FLAW 8: nobody asks whether there is a text, or whether this client has joined.
        broadcast(f"SAID {name} {text}\n".encode())  # FLAW 9: the sender hears itself.
    elif verb == "TELL":
        listener, _, text = text.partition(" ")
        clients[names.index(listener)].sendall(f"TOLD {name} {text}\n".encode())
    elif verb == "PING":
        client.sendall(f"PONG {text}\n".encode())
    elif verb == "QUIT":
        client.sendall(b"BYE\n")
        clients.remove(client)
        names.remove(name)
        broadcast(f"LEFT {name}\n".encode())
    return name  # FLAW 10: whatever else was sent is dropped without a word.


def serve(client):
    client.sendall(b"HELLO chat/1 the naive server\n")
    name = None
    while True:
        try:
            data = client.recv(1024)  # FLAW 11: what one recv() gives is taken for one message.
            if not data:
                break  # FLAW 12: who leaves without QUIT stays in both lists; nobody hears LEFT.
            name = obey(client, name, data.decode())  # FLAW 13: decoded before it is whole: half an é is an error.
        except:
            pass  # FLAW 14: every error is swallowed, the ones that would show the bugs above too.
    # FLAW 15: the socket is never closed: the client waits for the end, and descriptors run out.


def main():
    listener = socket.socket()  # FLAW 16: without SO_REUSEADDR, a restart fails while old connections are in TIME_WAIT.
    listener.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9898))
    listener.listen(5)
    print("listening on port", listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()  # FLAW 17: nobody ever joins the threads.


if __name__ == "__main__":
    main()
