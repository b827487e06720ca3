"""What is watched in any environment of one server."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kis_mcp.bell import Bell
from kis_mcp.environment import Environment

if TYPE_CHECKING:
    from kis_mcp.streams import Watches


class OpenWatches:
    """The watches of each environment that has had any."""

    def __init__(self) -> None:
        self._watches: dict[Environment, Watches] = {}
        self._bell = Bell()

    def add(self, environment: Environment, watches: "Watches") -> None:
        """Take the watches of an environment in, and tell whenever one is opened or ends."""
        self._watches[environment] = watches
        watches.listen_to_all(self._bell.ring)

    def by_environment(self, first: Environment) -> "list[tuple[Environment, Watches]]":
        """The watches with their environment, one environment before the others."""
        return sorted(self._watches.items(), key=lambda each: each[0] is not first)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever a watch was opened or ended; returns what ends that."""
        return self._bell.listen(listener)
