"""What the user typed, understood: a message, or a command, which begins with a slash."""

from dataclasses import dataclass

from chatkit.errors import MisuseError
from chatkit.faces.updates import Kind, Line
from chatkit.protocol import messages as m

HELP = (
    "Type a message and press Enter: everybody here reads it. /msg NAME TEXT tells one person, /who lists the users, "
    "/capture gives the link to your own capture, /quit leaves, //text says a text that begins with a slash."
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What to send, and the line that shows it once it is sent."""

    message: m.Say | m.Tell | m.Who | m.Capture
    shown: Line | None = None


@dataclass(frozen=True, slots=True)
class Leaving:
    """Leave, with these last words."""

    text: str


def understand(text: str) -> Sending | Leaving | Line:
    """Give what to do; a Line is only to be shown. Raises MisuseError with the sentence for the user."""
    command, _, rest = text.partition(" ")
    match command.lower():
        case "/help":
            return Line(Kind.NOTICE, HELP)
        case "/quit":
            return Leaving(rest)
        case "/who":
            return Sending(m.Who())
        case "/capture":
            return Sending(m.Capture())
        case "/msg":
            name, _, whispered = rest.strip().partition(" ")
            return _whisper(name, whispered)
    if text.startswith("/") and not text.startswith("//"):
        raise MisuseError(f"{command} is not a command. /help lists them; //text says a text that begins with /.")
    said = text.removeprefix("/") if text.startswith("//") else text
    return Sending(m.Say(said), Line(Kind.SAID, said, mine=True))


def _whisper(name: str, text: str) -> Sending:
    if not text:
        raise MisuseError("/msg needs a name and a text: /msg bob hello")
    return Sending(m.Tell(name, text), Line(Kind.TOLD, text, name, mine=True))
