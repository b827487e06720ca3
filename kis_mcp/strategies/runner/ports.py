"""What a run needs of the world: what is traded, what was traded, and its own orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner.bar_builder import Tick

Side: TypeAlias = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over the feed since it was read last.

    Attributes:
        ticks: Symbol and tick, in the order in which they came.
        missed: Symbol, since when and until when something of it may have been missed.
        silent_since: Since when nothing comes for now; None while it does.
        ended_because: Why nothing will come any more; empty while it does.
    """

    ticks: Sequence[tuple[str, Tick]] = ()
    missed: Sequence[tuple[str, datetime, datetime]] = ()
    silent_since: datetime | None = None
    ended_because: str = ""


class Feed(Protocol):
    """The trades of a run's symbols, live."""

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            KisMcpError: Nothing can be heard.
        """
        ...

    async def read(self, seconds: float) -> Heard:
        """What came; waits for something, but at most so long."""
        ...

    async def close(self) -> None:
        """Listen no more, and give up what that takes."""
        ...


class BarHistory(Protocol):
    """Bars that KIS keeps, as `kis_mcp.strategies.backtest.bars_of_candles` dates them, of regular sessions only."""

    async def latest(self, symbol: str, count: int) -> Sequence[Bar]:
        """The last so many bars that have ended, the oldest first; fewer where KIS has fewer.

        Raises:
            KisMcpError: By KIS' answer.
        """
        ...

    async def since(self, symbol: str, after: datetime) -> Sequence[Bar]:
        """Those that ended after a moment, the oldest first.

        Raises:
            KisMcpError: By KIS' answer.
        """
        ...

    async def adjustment(self, symbol: str, day: date, *, in_session: bool) -> Decimal | None:
        """By what prices of an earlier day have been multiplied since, for splits and rights: 1 where they were not,
        0.2 where one share has become five; None while KIS still tells the last day's base price.

        Args:
            in_session: Whether today's base price (기준가) counts too.

        Raises:
            KisMcpError: By KIS' answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An order that a run wants.

    Attributes:
        price: The last price: what it is to be filled near.
        key: Equal for the same decision, whoever makes it again.
    """

    symbol: str
    side: Side
    quantity: int
    price: Decimal
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish.

    Attributes:
        kind: ``accepted`` by KIS; ``refused`` by a guard, a person or KIS, so that nothing stands there; ``outside`` of
            the mandate, so that the strategy ends; ``unknown``, where it may stand at KIS.
        intent_id: In the journal; there is one of what was accepted or is unknown.
        reason: In words.
    """

    kind: Literal["accepted", "refused", "outside", "unknown"]
    intent_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrder:
    """An order of the run, and what it has come to.

    Attributes:
        key: As the wish had it.
        at: When it was sent, by this machine's clock as that is set now.
        state: ``open`` at KIS; ``ended``, so that nothing more can be filled; ``unknown``, where it may stand at KIS.
        filled: So much of it was traded.
        price: Its average fill price; None while nothing was traded.
        limit: The worst price that it takes; None at the market.
    """

    intent_id: str
    key: str
    at: datetime
    symbol: str
    side: Side
    quantity: int
    state: Literal["open", "ended", "unknown"]
    filled: int = 0
    price: Decimal | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InAccount:
    """What an account has of an instrument.

    Attributes:
        held: In all.
        sellable: What of it no standing order is for.
    """

    held: int
    sellable: int


class Orders(Protocol):
    """The way of a run's orders: within its mandate, through guard and journal."""

    async def place(self, wish: Wish) -> Answer:
        """Send an order, once however often the same key is given.

        Raises:
            StorageError, OrderStateUnknown: What became of it cannot be read.
            KisMcpError: Any other: it could not be looked at; nothing was sent.
        """
        ...

    async def cancel(self, intent_id: str, key: str) -> Answer:
        """Take back what of an order is not filled, once however often the same key is given.

        Raises:
            KisMcpError: It could not be looked at, or what became of it cannot be read. It is harmless either way.
        """
        ...

    async def orders_left(self) -> int:
        """How many more orders may go out today; cancels do not count.

        Raises:
            KisMcpError: It cannot be read.
        """
        ...

    async def look_up(self, intent_id: str) -> OwnOrder:
        """Where an order stands, after a look at KIS.

        Raises:
            KisMcpError: It could not be looked up.
        """
        ...

    async def orders(self) -> Sequence[OwnOrder]:
        """All orders of the run, the oldest first, after a look at KIS.

        Raises:
            KisMcpError: They could not be looked up.
        """
        ...

    def loss(self, prices: Mapping[str, Decimal]) -> Decimal:
        """What the run has lost, as its mandate counts it, by the orders that were looked at last; negative for a
        profit. What somebody else sold counts at cost.

        Args:
            prices: Symbol → the last price, of what it holds.
        """
        ...

    async def note_lost(self) -> None:
        """It was written down that somebody else sold what the run had bought: count without that from now on.

        Raises:
            StorageError: The journal cannot be read.
        """
        ...

    async def account(self, symbol: str) -> InAccount:
        """What the account has of an instrument, whoever bought it.

        Raises:
            KisMcpError: By KIS' answer.
        """
        ...
