"""The bars that say where the connection is: one on top always, one near the message box when it is gone."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from chatkit.faces.tk import looks
from chatkit.faces.tk.keys import bind_alt
from chatkit.faces.updates import Phase, Status
from chatkit.net.host import write_address

Action = Callable[[], object]


class ConnectionBar(ttk.Frame):
    """State as a dot and a word, both ends' addresses, and Disconnect."""

    def __init__(self, parent: ttk.Frame, fonts: looks.Fonts, disconnect: Action) -> None:
        super().__init__(parent)
        self.columnconfigure(1, weight=1)
        self._dot = ttk.Label(self, text="●")
        self._word = ttk.Label(self, font=fonts.bold)
        self._ends = ttk.Label(self, font=fonts.small, foreground=looks.FAINT)
        self._disconnect = ttk.Button(self, text="Disconnect", underline=0, command=disconnect)
        self._dot.grid(row=0, column=0, padx="0 4p")
        self._word.grid(row=0, column=1, sticky="w")
        self._disconnect.grid(row=0, column=2)
        self._ends.grid(row=1, column=0, columnspan=3, sticky="w")
        bind_alt(parent, "d", self._disconnect.invoke)

    def show(self, status: Status) -> None:
        """Say where the connection is; the addresses stay until there are others."""
        connected, has_to_leave = status.phase is Phase.CONNECTED, status.phase in (Phase.CONNECTED, Phase.WAITING)
        self._dot.configure(foreground=looks.DOT[status.phase])
        self._word.configure(text=f"{status.phase.value} as {status.name}" if connected else status.phase.value)
        self._disconnect.state(["!disabled" if has_to_leave else "disabled"])
        if status.own and status.server:
            seal = f"   {status.seal.version}" if status.seal else ""
            ends = f"you {write_address(status.own)}   server {write_address(status.server)}{seal}"
            self._ends.configure(text=ends)


class GoneBar(tk.Frame):
    """Why the connection is gone, and what to do; hidden while there is one."""

    def __init__(
        self, parent: ttk.Frame, reconnect: Action, cancel: Action, log_in: Action, keeps: tk.BooleanVar
    ) -> None:
        super().__init__(parent, background=looks.ALARM_GROUND)
        self._sentence = tk.Label(self, background=looks.ALARM_GROUND, foreground=looks.ALARM, justify="left")
        self._sentence.configure(anchor="w", padx="6p", pady="4p", font="TkDefaultFont")
        self._sentence.bind("<Configure>", self._wrap)
        self._log_in = ttk.Button(self, text="Back to login", underline=0, command=log_in)
        self._reconnect = ttk.Button(self, text="Reconnect", style="Accent.TButton", underline=0, command=reconnect)
        self._cancel = ttk.Button(self, text="Cancel", command=cancel)
        self._try_now = ttk.Button(self, text="Try now", style="Accent.TButton", underline=0, command=reconnect)
        self._stop = ttk.Button(self, text="Stop trying", underline=2, command=cancel)
        self._keep = ttk.Checkbutton(self, text="Keep trying", style="Alarm.TCheckbutton", variable=keeps)
        self._sentence.pack(fill="x", expand=True)
        for button in (self._reconnect, self._log_in, self._try_now, self._stop):
            _bind_letter(parent, button)

    def show(self, status: Status) -> None:
        """Say why the connection is gone, or hide."""
        if status.phase is Phase.CONNECTED:
            self.grid_remove()
            return
        self.grid()
        if status.phase is not Phase.CONNECTING or status.is_news:  # between two waits the bar stays as it is
            self._sentence.configure(text=status.story or f"{status.phase.value.capitalize()}.")
            self._offer(status.phase)

    def _offer(self, phase: Phase) -> None:
        offers = {
            Phase.OFFLINE: (self._reconnect, self._log_in),
            Phase.CONNECTING: (self._cancel,),
            Phase.WAITING: (self._try_now, self._stop),
        }
        for old in self.pack_slaves():
            if old is not self._sentence:
                old.pack_forget()
        for button in offers[phase]:
            button.pack(side="right", padx="0 6p", pady="0 6p")
        if phase is Phase.OFFLINE:
            self._keep.pack(side="left", padx="6p", pady="0 6p")

    def _wrap(self, event: "tk.Event[tk.Label]") -> None:
        self._sentence.configure(wraplength=max(event.width - self.winfo_pixels("12p"), 1))


def _bind_letter(page: ttk.Frame, button: ttk.Button) -> None:
    """Let Alt and its underlined letter press the button, while it is seen."""
    letter = str(button.cget("text"))[int(button.cget("underline"))].lower()
    bind_alt(page, letter, lambda: button.invoke() if button.winfo_ismapped() else None)
