"""What a stranger on the same LAN hears: on a hub, on a switch, and after a lie."""

from dataclasses import replace

from chatkit.capture.fitness import Fault
from chatkit.tcp.conversation import Conversation
from chatkit.tcp.segment import Segment
from chatkit.teach.example import CHAT
from chatkit.teach.fitness import SYN, first_data_of_client, lacks
from chatkit.teach.kind import CHOICE, Offers, Option
from chatkit.teach.landmarks import came_twice, data_from_client, first_of, frames
from chatkit.teach.question import Answer, Misconception, Question, Way, always, chosen
from chatkit.teach.value import Choice

# ---- what a switch does ----

HEARD: Offers = (
    Option("all", "all of it: every frame goes to everybody"),
    Option("never", "nothing, and she can do nothing about it: a switch protects"),
    Option("until", "nothing, until she makes ann believe that the server's address is hers"),
    Option("sealed", "all of it, but the room's password keeps her from reading it"),
)
A_SWITCH_PROTECTS = (
    "a switch protects",
    "A switch sends a frame to one port to save work, and not to keep a secret. It believes each frame about who is "
    "where, and ann believes each answer of ARP.",
)
PASSWORD_ENCRYPTS = (
    "a password keeps words secret",
    "The password opens the door of the room. It encrypts nothing, and itself crosses the wire in clear.",
)
SWITCH = (
    Misconception(
        "a-switch-is-a-hub",
        "a switch repeats every frame",
        "That is what a hub does. A switch has learnt behind which port the server is, and sends the frame there only.",
        chosen("all"),
    ),
    Misconception("a-switch-protects", *A_SWITCH_PROTECTS, chosen("never")),
    Misconception("password-encrypts", *PASSWORD_ENCRYPTS, chosen("sealed")),
)

# ---- which way it came ----

WAYS: Offers = (
    Option("beside", "once each: whoever caught them heard them pass by, or is one of the two ends"),
    Option("lost", "some twice: they got lost, and were sent again"),
    Option("flooded", "some twice: the switch sent them to more than one port"),
    Option("between", "twice: each came in to whoever caught it, and was sent on to where it belongs"),
)


def identified_data(talk: Conversation) -> Fault | None:
    """Data of the client in datagrams that have a number of their own, as those of IPv4 do."""
    if _identified(talk):
        return None
    return first_data_of_client(talk) or lacks(
        "Its datagrams have no identification.", "Talk by IPv4, and capture that."
    )


def _identified(talk: Conversation) -> tuple[Segment, ...]:
    return tuple(s for s in data_from_client(talk) if s.ip_id)


def _copies(talk: Conversation) -> tuple[Segment, ...]:
    """The second of each two, if that is the rule: a wire may double a frame now and then."""
    copies = tuple(s for s in came_twice(talk) if s.source == talk.client and s.size)
    return copies if 2 * len(copies) >= len(_identified(talk)) else ()


def _way(talk: Conversation) -> Answer:
    if copies := _copies(talk):
        return Answer(Choice("between"), frames(copies))
    return Answer(Choice("beside"), frames(data_from_client(talk)))


WAY = (
    Misconception(
        "copies-are-retransmissions",
        "a copy on its way taken for a retransmission",
        "What is sent again is a new datagram, with another identification in its IP header. Compare that of two "
        "segments with the same seq, and their time to live: a router counts it down.",
        chosen("lost"),
        first_of(data_from_client),
    ),
    Misconception(
        "a-switch-is-a-hub",
        "a switch repeats every frame",
        "Even then each port gets a frame once. Look at the MAC addresses of two segments with the same seq: from whom "
        "to whom is each?",
        chosen("flooded"),
        first_of(data_from_client),
    ),
)

# ---- what helps ----

HELPS: Offers = (
    Option("switch", "a switch instead of a hub"),
    Option("password", "a longer password for the room"),
    Option("port", "a port that nobody knows"),
    Option("tls", "encryption between ann and the server, with a certificate that she checks"),
)
DEFENCE = (
    Misconception("a-switch-protects", *A_SWITCH_PROTECTS, chosen("switch")),
    Misconception("password-encrypts", *PASSWORD_ENCRYPTS, chosen("password")),
    Misconception(
        "a-port-hides",
        "a port hides a connection",
        "The port stands in the header of every segment, for whoever hears them.",
        chosen("port"),
    ),
)


# ---- an example ----


def _forwarded() -> Conversation:
    """The chat of the other examples, as who stands between sees it begin: each segment comes, and goes on."""
    begin = list(CHAT.segments)[:9]
    twice = [replace(s, ip_id=s.frame, time=s.time + late) for s in begin for late in (0.0, 0.001)]
    return Conversation([replace(s, frame=number) for number, s in enumerate(twice, 1)])


QUESTIONS = (
    Question(
        id="eavesdropping.switch",
        exercise=21,
        level=3,
        subject="how much",
        prompt="Ann, eve and a server sit on one switch, and all have sent something already. How much of what ann "
        "says to the server does eve hear?",
        needs=(),
        right=always("until"),
        why="The switch knows behind which port each MAC address is. But who has which IP address is told by ARP, and "
        "that proves nothing: a forged answer turns ann's frames to eve.",
        misconceptions=SWITCH,
        where="Who decides to which MAC address ann's frames go: the switch, or ann?",
        rule="A switch looks at MAC addresses (IEEE 802.1D); ann takes them from answers of ARP, and believes each "
        "(RFC 826).",
        kind=CHOICE,
        offers=HEARD,
        wants_frame=False,
    ),
    Question(
        id="eavesdropping.path",
        exercise=21,
        level=3,
        subject="how often and why",
        prompt="How often does each of the client's segments with data stand in this capture, and why?",
        frame_is="The frame is the second of two that are the same, or any segment with data if there are none.",
        needs=(SYN, identified_data),
        right=_way,
        why="Two frames with one and the same datagram, by its identification, are one segment at two places of its "
        "way. Only who stands between two others sees both.",
        misconceptions=WAY,
        where="Compare two segments with the same seq: the identification in the IP header, and the MAC addresses.",
        rule="Each datagram that an end sends gets another identification (RFC 791, section 3.2; RFC 6864). Whoever "
        "forwards it leaves that alone, and lowers its time to live.",
        kind=CHOICE,
        offers=WAYS,
        example=_forwarded(),
        way=Way.LAN,
    ),
    Question(
        id="eavesdropping.defence",
        exercise=21,
        level=3,
        subject="what helps",
        prompt="Eve may get every frame between ann and the server. What keeps her from reading what they say?",
        needs=(),
        right=always("tls"),
        why="Nobody can be kept from getting frames, so what is in them has to be unreadable. And without a "
        "certificate that is checked, eve would be the one with whom ann encrypts.",
        misconceptions=DEFENCE,
        where="Which of these changes the bytes in the payload?",
        rule="TLS encrypts what TCP carries, and proves who the server is (RFC 8446, section 1).",
        kind=CHOICE,
        offers=HELPS,
        wants_frame=False,
    ),
)
