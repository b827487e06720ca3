"""What running strategies cost: how long after a trade its signals are there, 40 instruments × 10 strategies.

    python -m tests.benchmarks.live_strategies

Every trade goes through the streams, the watches and the feed of each strategy, as in the server; records are kept in
memory. In every other minute the first trades of the 40 instruments come one after the other, each of which ends 10
bars; in the others all at the same moment, which ends 400 bars: the worst there is.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kis_mcp.catalog import Frame
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import Instrument
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.records import SignalEntry, StrategyRun
from kis_mcp.strategies.runner import Bounds, Runner, RunTerms
from kis_mcp.streams import Watches
from kis_mcp.wiring.strategy_feed import StrategyFeed, TradeTicks
from tests.benchmarks.live import RECORD
from tests.benchmarks.report import line, median
from tests.strategies.runner.live import Crash, MemoryRecords, sessions
from tests.streams.test_watches import Live, apis_of

INSTRUMENTS, STRATEGIES, MINUTES = 40, 10, 30
GOAL = 20
BEGIN = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
SYMBOLS = [f"{number:06}" for number in range(INSTRUMENTS)]


class Records(MemoryRecords):
    """Notes when each signal was written down, by processor time: the machine may have other work.

    Attributes:
        ages: Whether all trades came at once → how long after its trade each signal was there, in milliseconds.
        sent_at: Symbol → when it traded last, and whether all did at once.
    """

    def __init__(self) -> None:
        super().__init__(Crash())
        self.ages: dict[bool, list[float]] = {False: [], True: []}
        self.sent_at: dict[str, tuple[float, bool]] = {}

    async def add_signals(self, signals: Sequence[SignalEntry]) -> int:
        added = await super().add_signals(signals)
        now = time.process_time()
        for signal in signals:
            sent_at, is_crowded = self.sent_at[signal.symbol]
            self.ages[is_crowded].append((now - sent_at) * 1_000)
        return added


class History:
    """A hundred bars that ended before the first trade."""

    async def latest(self, symbol: str, count: int) -> Sequence[Bar]:
        first = BEGIN - timedelta(minutes=100)
        prices = [Decimal(70_000 + (number * 37 + int(symbol)) % 400 * 10) for number in range(100)]
        return [
            Bar(first + timedelta(minutes=number + 1), price, price, price, price, 100)
            for number, price in enumerate(prices)
        ]

    async def since(self, symbol: str, after: datetime) -> Sequence[Bar]:
        return []

    async def adjustment(self, symbol: str, day: date, *, in_session: bool) -> Decimal:
        return Decimal(1)


def document(number: int) -> dict[str, Any]:
    """A strategy that is in or out at every bar, with averages of its own."""
    return {
        "id": f"s{number}",
        "name": "s",
        "interval": "1m",
        "indicators": {
            "fast": {"kind": "ema", "params": {"period": 3 + number}},
            "slow": {"kind": "sma", "params": {"period": 20 + number}},
            "rsi": {"kind": "rsi", "params": {"period": 14}},
        },
        "entry": {
            "any": [{"left": "fast", "is": "above", "right": "slow"}, {"left": "rsi", "is": "below", "right": 99}]
        },
        "sizing": {"shares": 10},
        "exits": {"stop_loss_percent": 3},
    }


def frame(symbol: str, moment: datetime, number: int) -> Frame:
    fields = list[str](RECORD.split("^"))
    fields[0], fields[1] = symbol, f"{moment:%H%M%S}"
    fields[2], fields[12], fields[13] = str(70_000 + number * 7 % 400 * 10), "10", str(100 + number * 10)
    return Frame("H0STCNT0", 1, "^".join(fields), moment)


async def main() -> None:
    live, records = Live(apis_of(Environment.REAL)), Records()
    live.now, ticks = BEGIN, TradeTicks()
    running = list[asyncio.Task[None]]()
    instruments = {symbol: Instrument(symbol, "KR", "krx") for symbol in SYMBOLS}
    for number in range(STRATEGIES):
        own = Records()
        own.ages, own.sent_at = records.ages, records.sent_at
        own.run = StrategyRun(
            id=f"r{number}",
            strategy=f"s{number}",
            version=1,
            digest="",
            mandate_id=None,
            account_id="",
            symbols=tuple(SYMBOLS),
            state="running",
            reason="",
            started_at=BEGIN,
        )
        terms = RunTerms(
            run=own.run,
            strategy=read_strategy(document(number)),
            records=own,  # type: ignore[arg-type]
            history=History(),
            orders=None,
            sessions=sessions("1m"),
            bounds=Bounds(capital=Decimal(10**9)),
            clock=lambda: live.now,
        )
        watches = Watches(live.streams, apis_of(Environment.REAL), clock=lambda: live.now)
        feed = StrategyFeed(watches, instruments, ticks, lambda: live.now)
        running.append(asyncio.create_task(Runner(terms, feed).run()))
    await asyncio.sleep(1)
    gc.collect()
    gc.freeze()  # as the server does once it has started
    number = 0
    for minute in range(MINUTES):
        for second in (0, 20, 40):
            moment = live.now = BEGIN + timedelta(minutes=minute, seconds=second)
            is_crowded = not second and minute % 2 == 0
            frames = [frame(symbol, moment, number + at) for at, symbol in enumerate(SYMBOLS, start=1)]
            number += len(SYMBOLS)
            for symbol, each in zip(SYMBOLS, frames, strict=True):
                records.sent_at[symbol] = time.process_time(), is_crowded
                live.streams.receive(each)
                if not is_crowded:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    count = sum(map(len, records.ages.values()))
    print(f"{number:,} trades, {count:,} signals")
    for is_crowded, name in ((False, "one after the other"), (True, "40 at the same moment")):
        ages = sorted(records.ages[is_crowded])
        print(f"{name}: median {median(ages):.2f} ms, worst {ages[-1]:.1f} ms")
        line(f"p99 from a trade to its signals, {name}", ages[int(len(ages) * 0.99)], "ms", GOAL)
    line("signals a bar", count / (MINUTES - 1) / INSTRUMENTS / STRATEGIES, "", 0.9, at_least=True)


if __name__ == "__main__":
    asyncio.run(main())
