"""What running strategies cost: how long after a trade its signals are there, 40 instruments × 10 strategies.

    python -m tests.benchmarks.live_strategies

Every trade goes through the streams, the watches and the feed of each strategy, as in the server; records are kept in
memory. Once a minute all 40 instruments trade at once in a new minute, which ends 400 bars: the worst moment there is.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
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
BEGIN = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
SYMBOLS = [f"{number:06}" for number in range(INSTRUMENTS)]


class Records(MemoryRecords):
    """Notes when each signal was written down."""

    def __init__(self) -> None:
        super().__init__(Crash())
        self.ages: list[float] = []
        self.works: list[float] = []
        self.sent_at: dict[str, tuple[float, float]] = {}

    async def add_signal(self, signal: SignalEntry) -> bool:
        sent, worked = self.sent_at[signal.symbol]
        self.ages.append((time.perf_counter() - sent) * 1_000)
        self.works.append((time.process_time() - worked) * 1_000)
        return await super().add_signal(signal)


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
    fields = RECORD.split("^")
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
        own.ages, own.works, own.sent_at = records.ages, records.works, records.sent_at
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
    alone = list[float]()
    number = 0
    for minute in range(MINUTES):
        for second in (0, 20, 40):
            moment = live.now = BEGIN + timedelta(minutes=minute, seconds=second)
            begun = time.perf_counter()
            for symbol in SYMBOLS:
                number += 1
                records.sent_at[symbol] = time.perf_counter(), time.process_time()
                live.streams.receive(frame(symbol, moment, number))
                if second or minute % 2:  # in every other minute they come one by one, else all at once
                    await asyncio.sleep(0.001)
            if second:
                alone.append((time.perf_counter() - begun) / INSTRUMENTS * 1_000)
            await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    ages, works = sorted(records.ages), sorted(records.works)
    print(f"{number:,} trades, {len(ages):,} signals; one that ends no bar takes {median(alone):.2f} ms")
    print(f"from a trade to its signals: median {median(ages):.2f} ms, worst {ages[-1]:.1f} ms by the clock")
    line("p99 from a trade to its signals, by the clock", ages[int(len(ages) * 0.99)], "ms", 20)
    line("p99 from a trade to its signals, of processor time", works[int(len(works) * 0.99)], "ms", 20)
    line("signals a bar", len(ages) / (MINUTES - 1) / INSTRUMENTS / STRATEGIES, "", 0.9, at_least=True)


if __name__ == "__main__":
    asyncio.run(main())
