"""The server's side as evidence: each client may fetch the frames of its own connection, and of no other.

links    who was told which secret, and what it opens
web      hands it out over HTTP
offer    both, and the capture: what `serve --capture` starts
"""
