"""What the engine keeps: orders, fills, reservations, accounts and their positions."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    """Its values are KIS' codes."""

    SELL = "01"
    BUY = "02"


class InForce(StrEnum):
    DAY = "day"
    IOC = "ioc"
    FOK = "fok"


class Action(StrEnum):
    """Why an order exists; KIS gives amendments and cancels numbers of their own. Its values are KIS' codes."""

    NEW = "00"
    AMEND = "01"
    CANCEL = "02"


class Auction(StrEnum):
    """The only moment of the day at which an order can fill."""

    NONE = ""
    OPEN = "open"
    CLOSE = "close"


@dataclass(slots=True)
class Order:
    """One order, from its acceptance on.

    Attributes:
        number: KIS' ODNO, ten digits.
        account: The account's key.
        code: KIS' ORD_DVSN as it was sent.
        price: As it was sent; 0 where the order type has none.
        limit: The worst acceptable price; None for any.
        trigger: The price that wakes a stop order; None when it is awake.
        placed_at: In KST.
        day: The trading day it belongs to.
        tick: How many ticks of ``day`` it has already seen while resting.
        amount: Price × quantity of its fills.
        cancelled: Shares that will not be filled any more: cancelled, amended away or expired.
    """

    number: str
    sequence: int
    account: str
    symbol: str
    side: Side
    quantity: int
    code: str
    price: Decimal
    limit: Decimal | None
    trigger: Decimal | None
    in_force: InForce
    auction: Auction
    venue: str
    placed_at: datetime
    day: date
    tick: int = 0
    action: Action = Action.NEW
    original: str = ""
    credit_type: str = ""
    loan_date: str = ""
    filled: int = 0
    amount: Decimal = ZERO
    cancelled: int = 0

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled - self.cancelled

    @property
    def average_price(self) -> Decimal:
        return self.amount / self.filled if self.filled else ZERO

    def accepts(self, price: Decimal) -> bool:
        """Whether it may trade at a price."""
        if self.limit is None:
            return True
        return price <= self.limit if self.side is Side.BUY else price >= self.limit


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of one order, with what it costs.

    Attributes:
        at: In KST.
        day: The exchange's trading day.
        cost: For a sell, what the shares had cost; else 0.
        settles_on: When money and shares change hands.
    """

    sequence: int
    order: str
    account: str
    symbol: str
    currency: str
    side: Side
    quantity: int
    price: Decimal
    at: datetime
    day: date
    commission: Decimal
    tax: Decimal
    cost: Decimal
    settles_on: date

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity

    @property
    def cash(self) -> Decimal:
        """What it adds to the account's cash; negative for a buy."""
        sign = 1 if self.side is Side.SELL else -1
        return sign * self.amount - self.commission - self.tax

    @property
    def profit(self) -> Decimal:
        """Realised by a sell, after costs; 0 for a buy."""
        return self.cash - self.cost if self.side is Side.SELL else ZERO


@dataclass(slots=True)
class Reservation:
    """An order that waits for a trading day to open."""

    number: str
    account: str
    symbol: str
    side: Side
    quantity: int
    code: str
    price: Decimal
    received_at: datetime
    day: date
    cancelled_at: datetime | None = None
    order: str = ""
    refused: str = ""


@dataclass(slots=True)
class Position:
    """Shares held and what they cost, fees apart."""

    quantity: int = 0
    cost: Decimal = ZERO

    @property
    def average_price(self) -> Decimal:
        return self.cost / self.quantity if self.quantity else ZERO


@dataclass(slots=True)
class Account:
    """One account of one host.

    Attributes:
        key: ``<host>:<CANO>-<ACNT_PRDT_CD>``.
        owner: Digest of the app key that opened it.
        cash: By currency, unsettled fills included.
        positions: By symbol; sold-out ones stay with quantity 0.
    """

    key: str
    owner: str
    cash: dict[str, Decimal]
    positions: dict[str, Position] = field(default_factory=dict[str, Position])

    @property
    def host(self) -> str:
        return self.key.partition(":")[0]

    @property
    def number(self) -> str:
        return self.key.partition(":")[2].partition("-")[0]

    @property
    def product(self) -> str:
        return self.key.rpartition("-")[2]

    def position(self, symbol: str) -> Position:
        return self.positions.setdefault(symbol, Position())
