"""What a question needs of a conversation; the capture is judged by that before the student is."""

from collections.abc import Callable
from enum import Enum

from chatkit.capture.fitness import Fault, Kind, begins_midstream, is_unanswered
from chatkit.tcp.conversation import Conversation
from chatkit.teach.landmarks import data_from_client, first_data


class Need(Enum):
    """Something that a conversation has to have captured."""

    SYN = "the SYN of the client"
    SYNACK = "the SYN,ACK of the server"
    FIRST_DATA = "the first data of the client"


def faults(talk: Conversation, needs: tuple[Need, ...]) -> tuple[Fault, ...]:
    """What is wrong with the conversation, the first thing to mend first; empty if it has all that is needed."""
    return tuple(fault for need in needs if (fault := _CHECKS[need](talk)))


def _without_first_data(talk: Conversation) -> Fault | None:
    if first_data(talk):
        return None
    if data_from_client(talk):
        said = "The first bytes of the client are missing from it; later ones are there."
        return Fault(Kind.NO_DATA, said, "Capture once more, with less going on beside it.")
    return Fault(Kind.NO_DATA, "The client sends no data in it.", "Say something as the client while you capture.")


_CHECKS: dict[Need, Callable[[Conversation], Fault | None]] = {
    Need.SYN: begins_midstream,
    Need.SYNACK: is_unanswered,
    Need.FIRST_DATA: _without_first_data,
}
