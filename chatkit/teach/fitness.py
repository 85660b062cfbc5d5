"""What a question needs of a conversation; the capture is judged by that before the student is.

A need is a function that gives what is wrong, with what to redo, or None. Those that several questions have are here.
"""

from collections.abc import Callable
from itertools import takewhile

from chatkit.capture.fitness import Fault, Kind, begins_midstream, is_unanswered
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.teardown import Ending
from chatkit.teach.landmarks import data_from_client, first_data

Need = Callable[[Conversation], Fault | None]


def fault(talk: Conversation, needs: tuple[Need, ...]) -> Fault | None:
    """The first thing that is wrong with the conversation; None if it has all that is needed."""
    return next((found for need in needs if (found := need(talk))), None)


def met(talk: Conversation, needs: tuple[Need, ...]) -> int:
    """How many needs are met before the first that is not; each may rely on those before it."""
    return sum(1 for _ in takewhile(lambda need: need(talk) is None, needs))


def lacks(said: str, redo: str) -> Fault:
    """The conversation has not got what the question is about."""
    return Fault(Kind.LACKING, said, redo)


SYN: Need = begins_midstream  # the SYN of the client
SYNACK: Need = is_unanswered  # the SYN,ACK of the server


def first_data_of_client(talk: Conversation) -> Fault | None:
    """The first byte that the client sends."""
    if first_data(talk):
        return None
    if data_from_client(talk):
        said = "The first bytes of the client are missing from it; later ones are there."
        return Fault(Kind.NO_DATA, said, "Capture once more, with less going on beside it.")
    return Fault(Kind.NO_DATA, "The client sends no data in it.", "Say something as the client while you capture.")


def both_fins(talk: Conversation) -> Fault | None:
    """A FIN from each end, and the ACK of each."""
    if talk.teardown.ending is Ending.CLOSED and len(talk.teardown.segments) >= 3:
        return None
    if talk.teardown.ending is Ending.RESET:
        return lacks("It ends with a reset, not with a FIN from each end.", "Let the client leave with Disconnect.")
    return Fault(
        Kind.UNFINISHED,
        f"When it ends, the conversation is {talk.teardown.ending.value}, and not all of it is acknowledged."
        if talk.teardown.ending is Ending.CLOSED
        else f"When it ends, the conversation is {talk.teardown.ending.value}.",
        "Let the client leave, and go on capturing until both ends have closed.",
    )


def whole_stream_of_client(talk: Conversation) -> Fault | None:
    """Every byte that the client sends, as bytes."""
    stream = talk.reassembled(talk.client)
    cut = int((talk.sent_by(talk.client).size - talk.sent_by(talk.client).captured).sum())
    if cut:
        said = f"{cut} bytes of the client's payload are cut from it."
        return Fault(Kind.PAYLOAD_CUT, said, "Capture whole frames: with no snaplen, or one of 262144.")
    if stream.gaps:
        said = f"{sum(gap.length for gap in stream.gaps)} bytes of the client are missing from it."
        return Fault(Kind.GAPS, said, "Capture once more, with less going on beside it.")
    return None
