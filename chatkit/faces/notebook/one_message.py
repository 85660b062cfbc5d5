"""One message, followed from ann's program to bob's face.

follow("hello, bob", lan)     the journey of what ann says, which prints as a list and draws itself

Ann and bob are bare clients here, with a server of their own: so all that their programs do is told. Where nothing can
be caught, a message of the recorded capture is followed, of which only the wire is known.
"""

from contextlib import ExitStack

from chatkit.capture.catch import Replay, catch
from chatkit.faces.notebook.stand_in import StandIn
from chatkit.faces.recordings.chats import Inbox
from chatkit.faces.wire.journey import Journey, journey
from chatkit.lan.lan import Lan
from chatkit.net.client import Client
from chatkit.net.event import Event
from chatkit.net.server import Server
from chatkit.protocol.messages import Said

RECORDED = "hello, bob"  # what ann says in the recorded capture


def follow(text: str, lan: Lan | StandIn) -> Journey:
    """Let ann say it to bob, and give the way that it went."""
    events: list[Event] = []
    with ExitStack() as stack:
        server = stack.enter_context(Server(port=0, host=lan["server"]))
        server.subscribe(events.append, every_delivery=True)
        live = stack.enter_context(catch(server.address[1], lan=lan if isinstance(lan, Lan) else None))
        inbox = Inbox()
        ann = stack.enter_context(Client("ann", server.address, host=lan["ann"], on_event=events.append))
        stack.enter_context(Client("bob", server.address, host=lan["bob"], on_event=events.append, listener=inbox))
        ann.say(text)
        inbox.wait_for(Said)
    if isinstance(live, Replay):
        return journey(RECORDED, live.capture)
    return journey(text, live.capture, events, log=lan.wire.log if isinstance(lan, Lan) else ())
