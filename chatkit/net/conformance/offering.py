"""What a server may offer, and how, if it does: the history of the room, the capture of one's own connection."""

from chatkit.net.conformance.probe import Broken, Probe, listed
from chatkit.net.conformance.rule import Rule, heard_only, refused
from chatkit.net.conformance.visit import Visit
from chatkit.protocol.text import quote


def past_is_what_was_said_to_all(visit: Visit) -> None:
    """A history may be short: of the last messages the newest have to be there, none, or all."""
    ann = visit.join("ann")
    said = [f"PAST {ann.name} {visit.marked(word)}" for word in ("one", "two", "three")]
    ann.say(visit.marked("one"))
    ann.say(visit.marked("two"))
    ann.send(f"TELL {ann.name} {visit.marked('psst')}")
    ann.say(visit.marked("three"))
    ann.fence()
    heard = [line for line in visit.join("bob").fence() if not line.startswith("USERS ")]
    if whispered := [line for line in heard if visit.marked("psst") in line]:
        raise Broken(f"what ann told one alone came to a newcomer: {listed(whispered)}")
    newest = said[len(said) - len(heard) :]
    heard_only(heard, newest, "what was said before bob came reaches him as PAST, in its order, or not at all")


def past_follows_users(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.say(visit.marked("one"))
    ann.fence()
    verbs = [line.split(" ")[0] for line in visit.join("bob").fence()]
    if "USERS" in verbs[verbs.index("PAST") if "PAST" in verbs else len(verbs) :]:
        raise Broken("PAST came before USERS, or between its lines; a newcomer is told first who is here")


def capture_is_a_link_or_no_capture(visit: Visit) -> None:
    ann = visit.join("ann")
    ann.send("CAPTURE")
    answers = [line for line in ann.fence() if line.startswith(("CAPTURED ", "ERROR "))]
    if len(answers) != 1 or not answers[0].startswith(("CAPTURED ", "ERROR no-capture")):
        raise Broken(f"CAPTURE is answered by CAPTURED and a link, or by ERROR no-capture; {listed(answers)} came")


def each_has_a_link_of_its_own(visit: Visit) -> None:
    links = [link for link in map(_link, (visit.join("ann"), visit.join("bob"))) if link]
    if len(links) != len(set(links)):
        raise Broken(f"two clients were given the same link to their captures, {quote(links[0])}; it is a secret")


def capture_before_join(visit: Visit) -> None:
    refused(visit.arrive(), "CAPTURE", "not-joined")


def nothing_behind_capture(visit: Visit) -> None:
    refused(visit.join("ann"), "CAPTURE me", "bad-line")


ALONE = (  # a short history forgets what several say side by side
    Rule("PAST: what was said to all before one came, in order, where it is told", "9", past_is_what_was_said_to_all),
    Rule("PAST: after USERS", "9", past_follows_users),
)

RULES = (
    Rule("CAPTURE: a link, or no-capture", "8", capture_is_a_link_or_no_capture),
    Rule("CAPTURE: a link for each client, where there are any", "9", each_has_a_link_of_its_own),
    Rule("CAPTURE before JOIN: not-joined", "7", capture_before_join),
    Rule("errors: bad-line, for anything behind CAPTURE", "8", nothing_behind_capture),
)


def _link(probe: Probe) -> str:
    """Give the link to the client's capture, empty where none is offered."""
    probe.send("CAPTURE")
    return next((line for line in probe.fence() if line.startswith("CAPTURED ")), "")
