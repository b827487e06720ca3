"""What a backtest found: every trade, the value of the account at each bar, and what it could not do."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(slots=True)
class Trade:
    """A position from its entry to its exit.

    Attributes:
        symbol: Which instrument.
        quantity: Shares or contracts.
        entered_at, exited_at: The end of the bar in which it was filled; without an exit it is still open.
        entry_price, exit_price: Of one share, slippage included.
        costs: Commission and taxes of both fills so far.
        bars: How many bars it was held.
        exit_reason: ``exit_condition``, ``stop_loss``, ``trailing_stop``, ``take_profit``, ``after_bars`` or
            ``session_end``.
    """

    symbol: str
    quantity: int
    entered_at: datetime
    entry_price: Decimal
    costs: Decimal
    exited_at: datetime | None = None
    exit_price: Decimal | None = None
    bars: int = 0
    exit_reason: str = ""

    @property
    def profit(self) -> Decimal | None:
        """After costs, in the instrument's currency; None while it is open."""
        if self.exit_price is None:
            return None
        return (self.exit_price - self.entry_price) * self.quantity - self.costs


@dataclass(frozen=True, slots=True)
class SignalEvent:
    """A decision that a strategy made at the end of a bar: what a live run is held against.

    Attributes:
        at: The end of the bar.
        action: ``enter`` or ``exit``; ``none`` where limits kept an entry from being made.
        quantity: Of an entry.
        reason: As `kis_mcp.strategies.evaluation.Decision.reason`.
    """

    symbol: str
    at: datetime
    action: str
    quantity: int
    reason: str


@dataclass(slots=True)
class BacktestResult:
    """Attributes:
    cash: What was left at the end.
    times, equity: Cash and positions at the end of each moment at which a bar ended.
    exposed: At how many of these a position was open.
    trades: In the order of their entries; open ones at their end included.
    signals: Every decision.
    turnover: What all fills were worth.
    costs: Commission and taxes of all fills.
    ambiguous_exits: How often stop and target both lay within one bar, and its open did not tell; the stop was taken.
    large_exits: How many exits sold more than the share of the bar's volume that an entry may take.
    unfilled: Why orders were not filled, or not in full, and how often.
    warm_up: At how many moments nothing could be decided of any instrument but at the last.
    """

    cash: Decimal
    times: list[datetime] = field(default_factory=list[datetime])
    equity: list[Decimal] = field(default_factory=list[Decimal])
    exposed: int = 0
    trades: list[Trade] = field(default_factory=list[Trade])
    signals: list[SignalEvent] = field(default_factory=list[SignalEvent])
    turnover: Decimal = Decimal(0)
    costs: Decimal = Decimal(0)
    ambiguous_exits: int = 0
    large_exits: int = 0
    unfilled: dict[str, int] = field(default_factory=dict[str, int])
    warm_up: int = 0

    @property
    def begins(self) -> int:
        """The number of the moment of the first decision, at which the account is the cash at the start."""
        return max(0, min(self.warm_up, len(self.times)) - 1)

    @property
    def trades_from(self) -> datetime | None:
        """The end of the first bar in which something could be traded; None where all went into warm-up."""
        return self.times[self.warm_up] if self.warm_up < len(self.times) else None
