"""What happens live to an instrument or an order, in the same terms for every market."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias

from kis_mcp.market.order_book import Level

EventKind: TypeAlias = Literal["trade", "book", "order", "status"]
OrderStep: TypeAlias = Literal["accepted", "amended", "cancelled", "refused", "filled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Prices are in the instrument's currency.

    Attributes:
        symbol: As KIS writes it, e.g. ``005930``, ``AAPL``, ``101W12``.
        market: A country for stocks, else the table's category; as in `kis_mcp.trading.order.Order`.
        exchange: The table's word; "" where the record's market has no exchanges to tell apart.
        time: When it happened, by the exchange or KIS; for the US in New York time, else in Korean time. When it was
            received, where KIS tells no time.
        received_at: When it was received, by this machine's clock.
    """

    kind: ClassVar[EventKind]

    symbol: str
    market: str
    exchange: str
    time: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(Event):
    """One execution in the market, and the day so far. What KIS does not tell is None.

    Attributes:
        size: Of this execution.
        side: Which side took the other's price: ``buy`` or ``sell``.
        change, change_rate: Against the previous close; the rate in percent.
        volume, turnover: Of the day so far.
        halted: Whether KIS says that trading is halted.
    """

    kind: ClassVar[EventKind] = "trade"

    price: Decimal
    size: int | None = None
    side: str | None = None
    change: Decimal | None = None
    change_rate: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | None = None
    turnover: Decimal | None = None
    halted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Event):
    """The order book as it is from now on, best first on both sides; levels without a price are left out."""

    kind: ClassVar[EventKind] = "book"

    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    total_ask_quantity: int | None = None
    total_bid_quantity: int | None = None

    @property
    def spread(self) -> Decimal | None:
        """The best ask less the best bid; None while a side is empty."""
        return self.asks[0].price - self.bids[0].price if self.asks and self.bids else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdate(Event):
    """What became of one of the person's own orders, wherever it was placed.

    Attributes:
        step: What happened. An amendment or cancel that KIS only received is ``accepted``.
        action: What the order does: ``new``, ``modify``, ``cancel`` or another word of the table.
        quantity: Of the order.
        filled_quantity, fill_price: Of this fill alone.
        price: The order's limit price, where KIS tells it.
    """

    kind: ClassVar[EventKind] = "order"

    step: OrderStep
    order_id: str
    original_order_id: str | None = None
    action: str | None = None
    side: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    filled_quantity: Decimal | None = None
    fill_price: Decimal | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Event):
    """A change in how an instrument is traded.

    Attributes:
        halted: Whether trading in it is stopped.
        halt_reason: KIS' words.
        vi_active: Whether a volatility interruption (VI) is on.
        session: What began or ended, in English, or KIS' code where no list has it.
    """

    kind: ClassVar[EventKind] = "status"

    halted: bool | None = None
    halt_reason: str | None = None
    vi_active: bool | None = None
    session: str | None = None
