"""The command that installs a thing on this machine: a table of things and package managers."""

import shutil

MANAGERS = {
    "apt-get": "sudo apt install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
    "brew": "brew install",
    "winget": "winget install",
}

PACKAGES = {
    "venv": {"apt-get": "python3-venv"},
    "Wireshark": {
        "apt-get": "wireshark",
        "dnf": "wireshark",
        "pacman": "wireshark-qt",
        "zypper": "wireshark",
        "brew": "--cask wireshark",
        "winget": "WiresharkFoundation.Wireshark",
    },
    "Chromium": {
        "apt-get": "chromium",
        "dnf": "chromium",
        "pacman": "chromium",
        "zypper": "chromium",
        "brew": "--cask chromium",
    },
}

ELSEWHERE = {
    "venv": "install a Python from https://www.python.org/downloads/",
    "Wireshark": "https://www.wireshark.org/download.html",
    "Chromium": "install any browser",
}


def install(thing: str) -> str:
    """What to type here to install one of PACKAGES, or where to get it."""
    for manager, command in MANAGERS.items():
        package = PACKAGES[thing].get(manager)
        if package and shutil.which(manager):
            return f"{command} {package}"
    return ELSEWHERE[thing]
