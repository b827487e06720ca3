"""What all parts of a run share."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.clock import Clock
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.strategies.runner.ports import BarHistory, Orders
from kis_mcp.strategies.runner.sessions import Sessions

Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Within what a run stays.

    Attributes:
        capital: What it may spend, in the currency of its instruments.
        most_loss: At so much it stops; None where nothing is said.
        until: When its mandate ends; None where it has none.
    """

    capital: Decimal
    most_loss: Decimal | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTerms:
    """A run and what it works with.

    Attributes:
        strategy: Its document, resolved.
        records: Where its state, signals, positions and bars are kept.
        history: What was traded.
        orders: The way of its orders; None where it only signals.
        sessions: Of its interval and exchange.
        bounds: Within what it stays.
        lots: Symbol → the smallest quantity, where that is not 1.
        sleep: Passes time between looks.
    """

    run: StrategyRun
    strategy: Strategy
    records: StrategyRecords
    history: BarHistory
    orders: Orders | None
    sessions: Sessions
    bounds: Bounds
    clock: Clock
    sleep: Sleep = asyncio.sleep
    lots: Mapping[str, int] = field(default_factory=dict[str, int])
