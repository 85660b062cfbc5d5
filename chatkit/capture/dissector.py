"""The Wireshark dissector for chat/1 that chatkit brings: a program in Lua, for Wireshark's own use.

    tshark -X lua_script:$(python3 -m chatkit.capture.dissector) -r mine.pcap -Y chatkit

Or copy it into the folder that Wireshark names under Help, About, Folders, "Personal Lua Plugins".
"""

from pathlib import Path


def dissector_path() -> Path:
    """Where it lies; Wireshark wants the whole path."""
    return Path(__file__).with_name("chatkit.lua").resolve()


if __name__ == "__main__":
    print(dissector_path())
