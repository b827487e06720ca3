"""What the simulator remembers for tests."""

from dataclasses import dataclass
from datetime import datetime

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.model import Fill, Order
from kis_mcp.simulator.wire.received import Received

_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order, amendment, cancel or reservation that KIS took: its number, and the request that brought it."""

    number: str
    request: Received


class Ledger:
    """The newest orders that were accepted since the start, oldest first, and all that is known of any order."""

    def __init__(self, broker: Broker, books: Books) -> None:
        self._broker = broker
        self._books = books
        self.accepted: list[Accepted] = []

    def accept(self, accepted: Accepted) -> None:
        """Remember one."""
        self.accepted.append(accepted)
        if len(self.accepted) > _REMEMBERED:
            del self.accepted[: _REMEMBERED // 2]

    @property
    def orders(self) -> list[Order]:
        """All orders, oldest first, those from before a restart too."""
        return list(self._broker.orders.values())

    @property
    def fills(self) -> list[Fill]:
        """All fills, oldest first, those from before a restart too."""
        return list(self._books.fills.values())

    @property
    def last_at(self) -> datetime | None:
        """When an order last came or was filled; the world's clock does not go back before it."""
        placed = [order.placed_at for order in self.orders]
        filled = [fill.at for fill in self.fills]
        return max([*placed, *filled], default=None)

    def order(self, number: str) -> Order:
        """The order of a number, padded or not.

        Raises:
            KeyError: There is none.
        """
        return self._broker.orders[f"{int(number):010}"]
