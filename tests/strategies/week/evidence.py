"""All that is known at the end of a simulated week."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.market import Candle
from kis_mcp.simulator.engine.model import Fill, Order
from kis_mcp.strategies.backtest import Bars
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import SignalEntry, StoredBar, StrategyRun
from kis_mcp.trading.journal import Record
from kis_mcp.trading.mandate import Mandate
from tests.strategies.week.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade as the simulator's world has it."""

    at: datetime
    price: Decimal
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """A run, and all that it wrote down.

    Attributes:
        heard: Trades.
        missed: Trades while it did not listen, because it began anew: it read their bars from KIS.
        opened_at: When it began to listen: at its start, with each process that took it up, and after each wait.
    """

    run: StrategyRun
    strategy: Strategy
    mandate: Mandate
    signals: Sequence[SignalEntry]
    positions: Mapping[str, int]
    heard: int
    missed: int
    opened_at: Sequence[datetime]
    decisions: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """All that is known at the end of a week.

    Attributes:
        history: Symbol and interval → the bars of KIS before the week.
        bars: Symbol and interval → the bars that the runs wrote down.
        trades: Symbol → the simulator's own.
        minutes, days: Symbol → its candles as KIS' REST tells them.
        records: The whole journal.
        warnings: What was logged → how often.
        waits: Why a run waited, to begin anew → how often.
        held: Symbol → what the simulator's account has.
    """

    plan: Plan
    runs: Sequence[RunEvidence]
    history: Mapping[tuple[str, str], Bars]
    bars: Mapping[tuple[str, str], Sequence[StoredBar]]
    trades: Mapping[str, Sequence[Trade]]
    minutes: Mapping[str, Sequence[Candle]]
    days: Mapping[str, Sequence[Candle]]
    orders: Sequence[Order]
    fills: Sequence[Fill]
    held: Mapping[str, int]
    records: Sequence[Record]
    warnings: Counter[str]
    waits: Counter[str]
