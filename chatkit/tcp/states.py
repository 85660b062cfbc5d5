"""The TCP state of an end: RFC 9293's Figure 5 as a table.

An observer sees segments, not calls, so an event here is what a segment is to one end. `observer` reads the events off
a capture; `history` follows both ends through the table.
"""

from enum import Enum


class State(Enum):
    """The states of a connection at one end (RFC 9293, section 3.3.2), with the names that its figures print."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"

    __hash__ = object.__hash__  # there is one of each, and Enum's own hash is slow


class Event(Enum):
    """What a segment is to one end; one segment can be several, in this order."""

    SENDS_SYN = "sends SYN"
    SENDS_SYN_ACK = "sends SYN,ACK"
    SENDS_DATA = "sends data for the first time"
    SENDS_FIN = "sends FIN for the first time"
    SENDS_ACK = "sends nothing but ACK, or something again"
    SENDS_RST = "sends RST"
    REFUSES = "sends RST without ever having sent SYN"
    HEARS_RST = "hears RST"
    HEARS_RST_PASSIVE = "hears RST, having sent no SYN before it heard one"
    HEARS_SYN = "hears SYN"
    HEARS_ACK_OF_SYN = "hears ACK of its SYN"
    HEARS_ACK_OF_FIN = "hears ACK of its FIN"
    HEARS_FIN = "hears FIN"

    __hash__ = object.__hash__  # as State's


S, E = State, Event

FIGURE_5: dict[tuple[State, Event], State] = {
    # opening
    (S.CLOSED, E.SENDS_SYN): S.SYN_SENT,  # active OPEN
    (S.LISTEN, E.SENDS_SYN): S.SYN_SENT,  # SEND
    (S.LISTEN, E.HEARS_SYN): S.SYN_RECEIVED,
    (S.SYN_SENT, E.HEARS_SYN): S.SYN_RECEIVED,  # with the next line: the arc "rcv SYN,ACK" to ESTABLISHED
    (S.SYN_RECEIVED, E.HEARS_ACK_OF_SYN): S.ESTABLISHED,
    # closing first
    (S.SYN_RECEIVED, E.SENDS_FIN): S.FIN_WAIT_1,  # CLOSE
    (S.ESTABLISHED, E.SENDS_FIN): S.FIN_WAIT_1,  # CLOSE
    (S.FIN_WAIT_1, E.HEARS_ACK_OF_FIN): S.FIN_WAIT_2,
    (S.FIN_WAIT_1, E.HEARS_FIN): S.CLOSING,
    (S.FIN_WAIT_2, E.HEARS_FIN): S.TIME_WAIT,
    (S.CLOSING, E.HEARS_ACK_OF_FIN): S.TIME_WAIT,
    # closing second
    (S.ESTABLISHED, E.HEARS_FIN): S.CLOSE_WAIT,
    (S.CLOSE_WAIT, E.SENDS_FIN): S.LAST_ACK,  # CLOSE
    (S.LAST_ACK, E.HEARS_ACK_OF_FIN): S.CLOSED,
    # reset: "rcv RST" (note 1), and what sections 3.10.5 and 3.10.7.1 add to the figure
    (S.SYN_RECEIVED, E.HEARS_RST_PASSIVE): S.LISTEN,
    (S.LISTEN, E.HEARS_RST_PASSIVE): S.LISTEN,
    (S.CLOSED, E.HEARS_SYN): S.CLOSED,
    (S.CLOSED, E.REFUSES): S.CLOSED,
    # who may send what, and stay as it is
    (S.SYN_RECEIVED, E.SENDS_SYN_ACK): S.SYN_RECEIVED,
    (S.SYN_RECEIVED, E.SENDS_DATA): S.SYN_RECEIVED,
    (S.ESTABLISHED, E.SENDS_DATA): S.ESTABLISHED,
    (S.CLOSE_WAIT, E.SENDS_DATA): S.CLOSE_WAIT,
}

BEFORE_THE_HANDSHAKE = (S.CLOSED, S.LISTEN, S.SYN_SENT)
SYNCHRONIZED = tuple(state for state in State if state not in (*BEFORE_THE_HANDSHAKE, S.SYN_RECEIVED))
FIGURE_5 |= {(state, E.SENDS_ACK): state for state in (S.SYN_RECEIVED, *SYNCHRONIZED)}
FIGURE_5 |= {(state, E.SENDS_RST): S.CLOSED for state in State}
FIGURE_5 |= {(state, E.HEARS_RST): S.CLOSED for state in State if state is not S.LISTEN}
FIGURE_5 |= {(state, E.HEARS_RST_PASSIVE): S.CLOSED for state in (S.CLOSED, *SYNCHRONIZED)}

FIN_SENT = {S.FIN_WAIT_1, S.FIN_WAIT_2, S.CLOSING, S.LAST_ACK, S.TIME_WAIT, S.CLOSED}
FIN_HEARD = {S.CLOSE_WAIT, S.CLOSING, S.LAST_ACK, S.TIME_WAIT}
FIN_ACKNOWLEDGED = {S.FIN_WAIT_2, S.TIME_WAIT}


class Possible(frozenset[State]):
    """The states that an end may be in: one where the capture tells, more where it can't."""

    @property
    def known(self) -> State | None:
        """The state, if the capture leaves only one."""
        return next(iter(self)) if len(self) == 1 else None

    def __str__(self) -> str:
        return self.known.value if self.known else "?"

    def __repr__(self) -> str:
        return " or ".join(state.value for state in State if state in self)
