"""What was measured of servers whose class grows: exercise 23. The numbers are the student's own machine's.

figures.at("threads", 1000).cost       seconds until 999 others had heard one line
figures.largest("threads")             clients that it has served
figures.sizes                          the sizes of class that every server has served
"""

from dataclasses import dataclass

from chatkit.errors import MisuseError

THREADS, SELECTOR, ASYNCIO = "threads", "selector", "asyncio"  # the servers


@dataclass(frozen=True, slots=True)
class Figure:
    """One server with one class."""

    server: str
    clients: int
    cost: float  # seconds from a SAY until all others had heard it: the median of several
    threads: int | None  # of the server's process; None where the system does not tell
    memory: int | None  # bytes of the server's process

    @property
    def deliveries(self) -> int:
        """How often one line is sent: to all but who said it."""
        return self.clients - 1

    @property
    def rate(self) -> float:
        """Deliveries per second."""
        return self.deliveries / self.cost


@dataclass(frozen=True, slots=True, repr=False)
class Figures:
    """All that was measured, and what could not be."""

    rows: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()

    @property
    def servers(self) -> tuple[str, ...]:
        """The servers, in the order in which they were measured."""
        return tuple(dict.fromkeys(row.server for row in self.rows))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that all of them have served, the smallest first."""
        served = [{row.clients for row in self.of(server)} for server in self.servers]
        return tuple(sorted(set.intersection(*served))) if served else ()

    def of(self, server: str) -> tuple[Figure, ...]:
        """Those of one server, the smallest class first."""
        return tuple(sorted((row for row in self.rows if row.server == server), key=lambda row: row.clients))

    def at(self, server: str, clients: int) -> Figure:
        """That of one server with one class. Raises MisuseError where it was not measured."""
        for row in self.of(server):
            if row.clients == clients:
                return row
        raise MisuseError(f"{server} with {clients} clients was not measured; there is {self.sizes}")

    def largest(self, server: str) -> int:
        """The largest class that a server has served; 0 if none."""
        return max((row.clients for row in self.of(server)), default=0)

    def __repr__(self) -> str:
        heading = f"{'server':10}{'clients':>8}{'ms per line':>13}{'deliveries/s':>14}{'threads':>9}{'memory':>10}"
        return "\n".join((heading, *map(_line, self.rows), *self.remarks))


def _line(row: Figure) -> str:
    threads = "?" if row.threads is None else str(row.threads)
    memory = "?" if row.memory is None else f"{row.memory / 1e6:.1f} MB"
    return f"{row.server:10}{row.clients:8}{row.cost * 1000:13.2f}{row.rate:14,.0f}{threads:>9}{memory:>10}"
