"""What the engine keeps: orders, fills, reservations, accounts and their positions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    """Its values are KIS' codes."""

    SELL = "01"
    BUY = "02"

    @property
    def sign(self) -> int:
        """What it does to a position."""
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class InForce(StrEnum):
    """How long an order lives; GTD until its contract's last day."""

    DAY = "day"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class Action(StrEnum):
    """Why an order exists; KIS gives amendments and cancels numbers of their own. Its values are KIS' codes."""

    NEW = "00"
    AMEND = "01"
    CANCEL = "02"

    @property
    def words(self) -> str:
        """What KIS adds to an order's side."""
        return {Action.NEW: "", Action.AMEND: "정정", Action.CANCEL: "취소"}[self]


class Auction(StrEnum):
    """The only moment of the day at which an order can fill."""

    NONE = ""
    OPEN = "open"
    CLOSE = "close"


class Manner(StrEnum):
    """How an order trades, if not as a plain limit or market order.

    MIDPOINT: halfway between the best bid and ask, wherever they go.
    CLOSING: what is left at the close becomes a market order.
    FIXED: at its own price only, with what is on the other side when it comes.
    BY_TIME, BY_VOLUME: in slices until the close, each at the market's price.
    """

    PLAIN = ""
    MIDPOINT = "midpoint"
    CLOSING = "closing"
    FIXED = "fixed"
    BY_TIME = "by_time"
    BY_VOLUME = "by_volume"


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as a customer wants it.

    Attributes:
        code: KIS' ORD_DVSN.
        price: 0 stands for none.
        lives_on: Whether what is left at the end of a day stays, until a contract's last.
    """

    symbol: str
    side: Side
    quantity: int
    code: str
    price: Decimal
    stop_price: Decimal = ZERO
    venue: str = ""
    credit_type: str = ""
    loan_date: str = ""
    lives_on: bool = False

    def of(self, quantity: int) -> "Ticket":
        """The same of another quantity."""
        return replace(self, quantity=quantity)

    def lent_on(self, loan_date: str) -> "Ticket":
        """The same on a loan of a day, YYYYMMDD."""
        return replace(self, loan_date=loan_date)


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
        until: When its session ends, if that is not the regular one; it sees none of the day's ticks.
        on: The later day that it has lived on to; None on its first.
        tick: How many ticks of that day it has already seen while resting.
        ahead: How much the market's own traders have before it at its limit.
        since: Sequence of the order whose place in the queue it kept when it was amended; 0 for its own.
        amount: Price × quantity of its fills, without a contract's multiplier.
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
    manner: Manner = Manner.PLAIN
    until: datetime | None = None
    on: date | None = None
    ahead: int = 0
    since: int = 0

    @property
    def alive_on(self) -> date:
        """The trading day whose ticks it sees."""
        return self.on or self.day

    @property
    def place(self) -> int:
        """What its priority among orders of one price goes by."""
        return self.since or self.sequence

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
        cost: What had been paid for what it closed; 0 where it only opens.
        settles_on: When money and shares change hands.
        multiplier: Money for one contract and one point.
        closed: How much of the quantity closed a position.
        gain: What the closing of a margined contract realised, before costs, and all that it moves; None where the
            whole amount is paid.
        lent: What a lender gave for it; negative for what he took back or keeps.
        interest: Paid with what he took back.
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
    multiplier: Decimal = Decimal(1)
    closed: int = 0
    gain: Decimal | None = None
    credit_type: str = ""
    loan_date: str = ""
    lent: Decimal = ZERO
    interest: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity * self.multiplier

    @property
    def cash(self) -> Decimal:
        """What it adds to the account's cash; negative for a buy."""
        moved = self.side.sign * -self.amount if self.gain is None else self.gain
        return moved + self.lent - self.commission - self.tax - self.interest

    @property
    def profit(self) -> Decimal:
        """Realised by what closed a position, or by a margined contract, after costs; 0 for what opened one."""
        if self.gain is not None:
            return self.cash
        return self.cash - self.lent + self.side.sign * self.cost if self.closed else ZERO


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that came into an account from outside, after its opening. ``at`` is in KST."""

    sequence: int
    account: str
    currency: str
    amount: Decimal
    at: datetime


@dataclass(slots=True)
class Reservation:
    """An order that waits for a trading day to open.

    Attributes:
        received_at: In KST.
        day: The trading day on which it is sent next, or was sent last.
        end: The last day of a period over which the rest is sent again each day.
        sent_on: The last day on which it was sent, or refused.
        orders: Numbers of what was sent, oldest first.
        refused: Name of the problem that kept it from being sent the last time.
    """

    number: str
    account: str
    ticket: Ticket
    received_at: datetime
    day: date
    end: date | None = None
    sent_on: date | None = None
    cancelled_at: datetime | None = None
    orders: list[str] = field(default_factory=list[str])
    refused: str = ""

    @property
    def waits(self) -> bool:
        """Whether it will still be sent."""
        return self.cancelled_at is None and self.sent_on != self.day


@dataclass(slots=True)
class Position:
    """What is held and what it cost, fees apart. Both are negative for contracts that were sold short.

    Attributes:
        cost: Of a future at its last daily settlement.
        marked: What daily settlements have added to the cost of what is still held.
    """

    quantity: int = 0
    cost: Decimal = ZERO
    marked: Decimal = ZERO

    @property
    def average_price(self) -> Decimal:
        """With a contract's multiplier."""
        return self.cost / self.quantity if self.quantity else ZERO

    @property
    def closing_side(self) -> Side:
        """Of the orders that close it."""
        return Side.BUY if self.quantity < 0 else Side.SELL


@dataclass(slots=True, kw_only=True)
class Loan(Position):
    """What was bought on a loan, or borrowed and sold short, on one day.

    Attributes:
        credit_type: KIS' code that opened it.
        loan_date: YYYYMMDD.
        lent: What the lender has given for it; negative for the proceeds of a short sale, which he keeps.
    """

    symbol: str
    credit_type: str
    loan_date: str
    lent: Decimal = ZERO


@dataclass(slots=True)
class Account:
    """One account of one host.

    Attributes:
        key: ``<host>:<CANO>-<ACNT_PRDT_CD>``.
        owner: Digest of the app key that opened it, or used it first.
        cash: By currency, unsettled fills included.
        positions: By symbol; sold-out ones stay with quantity 0.
        loans: By symbol, credit type and date; repaid ones stay with quantity 0.
        margin_call: The day at whose end its money did not cover its contracts; None when it is answered.
    """

    key: str
    owner: str
    cash: dict[str, Decimal]
    positions: dict[str, Position] = field(default_factory=dict[str, Position])
    loans: dict[str, Loan] = field(default_factory=dict[str, Loan])
    margin_call: date | None = None

    @property
    def host(self) -> str:
        return self.key.partition(":")[0]

    @property
    def number(self) -> str:
        return self.key.partition(":")[2].partition("-")[0]

    @property
    def product(self) -> str:
        return self.key.rpartition("-")[2]

    @property
    def lots(self) -> Mapping[str, Position]:
        """Positions and loans by their keys."""
        return {**self.positions, **self.loans}

    def position(self, symbol: str) -> Position:
        return self.positions.setdefault(symbol, Position())
