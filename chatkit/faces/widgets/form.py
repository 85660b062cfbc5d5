"""What a chat needs to begin, in a notebook: who you are, where the server is, and whether to stay with it.

A field for the room's password is there from when a server has asked for it.
"""

from collections.abc import Callable
from typing import Any

from ipywidgets import Button, Checkbox, HBox, Password

from chatkit.faces.updates import Blame
from chatkit.faces.widgets.entry import Entry
from chatkit.net.event import Address
from chatkit.net.host import parse_address

_MARKS = {blame: f"ck-blame-{blame.value}" for blame in Blame if blame.value}


class Form:
    """Calls `connect` when its button or Enter is pressed, and `keep` when its box is ticked or not any more."""

    def __init__(
        self, name: str, server: Address, keeps: bool, connect: Callable[..., None], keep: Callable[[bool], None]
    ) -> None:
        self._name = _field("Name", name, connect, "ck-field-name")
        self._host = _field("Server", server[0], connect, "ck-field-server")
        self._port = _field("Port", str(server[1]), connect, "ck-field-server")
        self._port.widget.add_class("ck-port")
        self._password = _field("Room password", "", connect, "ck-field-password", kind=Password)
        self._password.widget.layout.display = "none"
        self._button = Button(description="Connect", button_style="primary", tooltip="Connect to this server")
        self._button.on_click(connect)
        ticked = Checkbox(keeps, description="Keep reconnecting if the connection is lost", indent=False)
        ticked.add_class("ck-keep")
        ticked.observe(lambda change: keep(bool(change["new"])), "value")
        fields = (entry.widget for entry in self._entries)
        self.box = HBox([*fields, self._button, ticked])
        self.box.add_class("ck-login")

    @property
    def _entries(self) -> tuple[Entry, ...]:
        return self._name, self._host, self._port, self._password

    def take_password(self) -> str:
        """Give the password that was typed, "" for none, and forget it: a notebook can be saved with its widgets."""
        typed = self._password.text
        self._password.clear()
        return typed

    def read(self) -> tuple[str, Address]:
        """Give the name and the server's address. Raises MisuseError."""
        host, port = self._host.text.strip(), self._port.text.strip()
        return self._name.text.strip(), parse_address(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def show(self, verb: str, blame: Blame) -> None:
        """Write the verb on the button, and mark the fields to change."""
        self._button.description = verb
        if blame is Blame.PASSWORD:
            self._password.widget.layout.display = None
        for other, mark in _MARKS.items():
            if other is blame:
                self.box.add_class(mark)
            else:
                self.box.remove_class(mark)

    def close(self) -> None:
        """End what waits in the fields."""
        for entry in self._entries:
            entry.close()


def _field(label: str, value: str, connect: Callable[..., None], mark: str, **more: Any) -> Entry:
    entry = Entry(connect, description=label, value=value, **more)
    entry.widget.add_class(mark)
    return entry
