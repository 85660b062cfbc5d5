"""What is known of the user before anybody asks."""

import getpass
import os

from chatkit.protocol.names import MAX_NAME, BadName, clean_name

PASSWORD = "CHATKIT_PASSWORD"  # in the environment: on the command line every user of the machine could read it

HOW_TO_SAY_IT = f"A script takes the password from the environment variable {PASSWORD}."


def room_password() -> str | None:
    """Give the password of the room, for the server that asks for it and the clients that say it; None if unset."""
    return os.environ.get(PASSWORD) or None


def own_name() -> str:
    """Give the user's name on this computer, as far as the chat allows it."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, or a system without users
        user = ""
    return "".join(character for character in user if _is_allowed(character))[:MAX_NAME] or "student"


def _is_allowed(character: str) -> bool:
    try:
        return bool(clean_name(character))
    except BadName:
        return False
