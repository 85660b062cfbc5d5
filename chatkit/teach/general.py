"""Mistakes that can be made with any number. None of them is one of counting, so they have no numbers of their own."""

from chatkit.teach.question import Misconception

RELATIVE = Misconception(
    "relative-as-absolute",
    "a relative number for an absolute one",
    "You gave the relative number, counted from the ISN as Wireshark shows it.",
)
OTHER_FRAME = Misconception(
    "other-frame",
    "the right number, another frame",
    "The number is right, but the frame does not show it.",
)
DUPLICATE_CAPTURE = Misconception(
    "duplicate-capture",
    "a frame that was caught twice",
    "That frame shows a segment a second time that was sent once: both have the same identification in the header of "
    "IP. Loopback shows every frame twice, and a wire may double one.",
)
OTHER_CONVERSATION = Misconception(
    "other-conversation",
    "another conversation's number",
    "Give the number and the frame of one and the same conversation.",
)
