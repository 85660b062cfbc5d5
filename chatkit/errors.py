"""Every error that chatkit raises on purpose, split by whose fault it is.

    ChatkitError
      PeerError            the other end
        ProtocolError        it sent a line that chat/1 does not allow
        Refused              it is not there, or does not let us in
      MisuseError          our caller (also a ValueError)
      MachineError         the machine will not let us; the text has the remedy
        CaptureError         to capture frames
        LanError             to build a private LAN
        SetupError           to make the environment

The text of each says what was seen and what is allowed, for the person who reads it.
"""


class ChatkitError(Exception):
    """Whatever chatkit can explain."""


class PeerError(ChatkitError):
    """The other end broke the protocol, or is not there."""


class ProtocolError(PeerError):
    """A line was not obeyed; `code` is the word after ERROR, `text` the sentence after that."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Refused(PeerError):
    """The server could not be reached, or did not let us in.

    `code` is its ERROR code, if it sent one, or "untrusted" if its certificate does not prove who it is.
    """

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class MisuseError(ChatkitError, ValueError):
    """The caller handed us something that cannot be meant."""


class MachineError(ChatkitError):
    """The machine will not let us; the text names the remedy."""


class CaptureError(MachineError):
    """Frames cannot be captured, or a capture cannot be read."""


class LanError(MachineError):
    """A private LAN cannot be built here."""


class SetupError(MachineError):
    """The environment cannot be made here."""
