"""What went wrong while the environment was made: the words of venv, pip and uv, and the sentence for a person."""

import re
from dataclasses import dataclass

from chatkit.bootstrap.remedy import install


@dataclass(frozen=True)
class Trouble:
    """A sign in the output, and what it means; {seen} in the sentence stands for the sign's last occurrence."""

    sign: re.Pattern[str]
    sentence: str


# The order matters: a package "not found" is often only a network that is not there.
TROUBLES = (
    Trouble(
        re.compile(r"No space left on device|Disk quota exceeded|os error 112\b|WinError 112\b"),
        "The disk is full ({seen}). The environment takes about 500 MB: make room and start again.",
    ),
    Trouble(
        re.compile(r"No module named '?(ensurepip|venv)\b"),
        "This Python cannot make an environment ({seen}). Type: {venv}",
    ),
    Trouble(
        re.compile(r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate: \w+|certificate verify failed"),
        "The packages could not be fetched: {seen}. Is the clock of this computer right? "
        "If a proxy or a virus scanner looks into the traffic, ask its keeper for its certificate; "
        "or take the packages from a folder: --wheels FOLDER.",
    ),
    Trouble(
        re.compile(
            r"Failed to establish a new connection|Connection refused|Temporary failure in name resolution|dns error"
            r"|Name or service not known|getaddrinfo failed|nodename nor servname provided|Network is unreachable"
            r"|No route to host|[Tt]imed out|Cannot connect to proxy|tunnel error|tcp connect error"
            r"|error sending request|[Cc]onnection (reset|aborted|closed)|network was disabled"
        ),
        "The packages could not be fetched: {seen}. Is this computer online? Where only a proxy or a mirror is "
        "reached, tell {installer} of it; where nothing is, take the packages from a folder: --wheels FOLDER "
        "(python3 -m chatkit lab --help says how to fill one).",
    ),
    Trouble(
        re.compile(r"Long Path support|WinError 206\b"),
        "A path is too long for this Windows. Move chatkit to a short one, such as C:\\chatkit, and start again.",
    ),
    Trouble(
        re.compile(r"Refusing to create a venv in .* because it contains the PATH separator ."),
        "{seen}. Rename the folder and start again.",
    ),
    Trouble(
        re.compile(r"Read-only file system.*|Permission denied.*|Access is denied.*|WinError (5|32)\b.*"),
        "A file could not be written: {seen}. Is the folder yours? Does a JupyterLab of it still run?",
    ),
    Trouble(
        re.compile(r"Directory cannot be installed in editable mode|no such option: --\S+"),
        "The pip that this Python brings is too old for chatkit ({seen}); 21.3 or newer is needed. "
        "Install uv, which is used instead where it is found (https://docs.astral.sh/uv/), and start again.",
    ),
    Trouble(
        re.compile(r"No matching distribution found for .*|Because .* was not found .*|Because there (is|are) no .*"),
        "A package was not found: {seen}. Is it offered for this Python and this system? "
        "A folder for --wheels is filled on the same system with the same Python (lab --help says how).",
    ),
)

UNKNOWN = Trouble(re.compile(r".+"), "The environment could not be made: {seen}")


def explain(output: str, installer: str) -> str:
    """The sentence for what uv or pip (the `installer`) said before it failed."""
    for trouble in (*TROUBLES, UNKNOWN):
        signs = list(trouble.sign.finditer(output))
        if signs:
            return trouble.sentence.format(seen=signs[-1][0].strip(), installer=installer, venv=install("venv"))
    return f"The environment could not be made: {installer} said nothing."
