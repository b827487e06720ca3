"""What a backtest takes beside backtesting.py: processor time with start-up, and memory, each run in its own process.

python -m tests.benchmarks.backtests

Both read the same bars from the same files and measure the same statistics of a cross of two averages. Of the grid,
backtesting.py runs a tenth, which counts tenfold; of a hundred symbols it makes a hundred runs, for it has no common
purse.
"""

import operator
import random
import resource
import subprocess
import sys
import tempfile
import time
from array import array
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat
from pathlib import Path
from typing import Any

from tests.benchmarks.report import line, median

CASES = {
    "5 years of days × 1 symbol": (1_250, 1, 1, timedelta(days=1)),
    "1 year of minutes × 1 symbol": (97_500, 1, 1, timedelta(minutes=1)),
    "5 years of days × 1,000 points": (1_250, 1, 1_000, timedelta(days=1)),
    "5 years of days × 100 symbols": (1_250, 100, 1, timedelta(days=1)),
}
"""Name → bars, symbols, points, and from one bar to the next."""

COLUMNS = 5
GOAL = 3
RUNS = 3
FAST, SLOW = range(2, 22), range(25, 75)


def write_bars(folder: Path, bars: int, symbols: int) -> None:
    """A file of prices and volumes, column by column, for each symbol."""
    for symbol in range(symbols):
        dice, price = random.Random(symbol), 70_000
        columns = [array("q") for _ in range(COLUMNS)]
        for _ in range(bars):
            opening, price = price, max(1_000, price + dice.choice((-200, -100, 0, 100, 200)))
            row = (opening, max(opening, price) + 100, min(opening, price) - 100, price, 1_000_000)
            for column, value in zip(columns, row, strict=True):
                column.append(value)
        with (folder / f"{symbol:03}").open("wb") as file:
            for column in columns:
                column.tofile(file)


def mine(folder: Path, case: str) -> int:
    """This project's; returns how many trades it made."""
    from decimal import Decimal

    from kis_mcp.strategies.backtest.bars import Bars
    from kis_mcp.strategies.backtest.options import BacktestOptions
    from kis_mcp.strategies.backtest.points import grid
    from kis_mcp.strategies.backtest.run import run_backtest
    from kis_mcp.strategies.backtest.search import Ground, search_points
    from kis_mcp.strategies.backtest.statistics import measure
    from kis_mcp.strategies.document import read_strategy, resolve

    count, _, points, step = CASES[case]
    begin, history = datetime(2020, 1, 2, tzinfo=UTC), dict[str, Bars]()
    for path in sorted(folder.iterdir()):
        columns = [array("q") for _ in range(COLUMNS)]
        with path.open("rb") as file:
            for column in columns:
                column.fromfile(file, count)
        times = list(accumulate(repeat(step, count - 1), operator.add, initial=begin))
        history[path.name] = Bars(times, columns[:4], columns[4], Decimal(1))
    strategy = read_strategy(
        {
            "id": "cross",
            "name": "cross",
            "parameters": {
                "fast": {"default": 5, "min": FAST[0], "max": FAST[-1]},
                "slow": {"default": SLOW[0], "min": SLOW[0], "max": SLOW[-1]} if points > 1 else {"default": 20},
            },
            "indicators": {name: {"kind": "sma", "params": {"period": f"${name}"}} for name in ("fast", "slow")},
            "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
            "exit": {"left": "fast", "is": "crosses_below", "right": "slow"},
            "sizing": {"shares": 10},
        }
    )
    options = BacktestOptions(Decimal(10**9), slippage_ticks=0)
    if points > 1:
        found = search_points(strategy, grid(strategy), Ground(history, options), check_percent=0)
        assert len(found.attempts) == points
        return sum(each.statistics.trades for each in found.attempts)
    result = run_backtest(resolve(strategy), history, options)
    return measure(result, options.cash).trades


def theirs(folder: Path, case: str) -> int:
    """backtesting.py's; returns how many trades it made."""
    import warnings

    warnings.simplefilter("ignore")
    import numpy as np
    import pandas as pd
    from backtesting import Backtest, Strategy
    from backtesting.lib import crossover

    def average(values: Any, days: int) -> Any:
        return pd.Series(values).rolling(days).mean()

    class Cross(Strategy):
        fast = 5
        slow = 20

        def init(self) -> None:
            self.one = self.I(average, self.data.Close, self.fast)
            self.other = self.I(average, self.data.Close, self.slow)

        def next(self) -> None:
            if crossover(self.one, self.other):  # pyright: ignore[reportArgumentType]
                self.buy(size=10)
            elif crossover(self.other, self.one):  # pyright: ignore[reportArgumentType]
                self.position.close()

    count, _, points, step = CASES[case]
    trades = 0
    chosen = [(fast, slow) for fast in FAST for slow in SLOW][::10] if points > 1 else [(5, 20)]
    for path in sorted(folder.iterdir()):
        rows = np.fromfile(path, dtype=np.int64).reshape(COLUMNS, count).T.astype(float)
        times = pd.date_range("2020-01-02", periods=count, freq=step)
        frame = pd.DataFrame(rows, index=times, columns=["Open", "High", "Low", "Close", "Volume"])
        test = Backtest(frame, Cross, cash=10**9)
        for fast, slow in chosen:
            trades += int(test.run(fast=fast, slow=slow)["# Trades"])  # pyright: ignore[reportArgumentType]
    return trades


def child(engine: str, folder: str, case: str) -> None:
    trades = {"mine": mine, "theirs": theirs}[engine](Path(folder), case)
    print(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, trades)


def spent(engine: str, folder: str, case: str) -> tuple[float, float, int]:
    """Seconds of processor time, MB at most, and trades."""
    command = [sys.executable, "-m", "tests.benchmarks.backtests", engine, folder, case]
    seconds, memory, trades = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), float(memory), int(trades)


def main() -> None:
    start_up = min(spent("theirs", tempfile.mkdtemp(), "5 years of days × 1 symbol")[0] for _ in range(RUNS))
    for case, (bars, symbols, points, _) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            write_bars(Path(folder), bars, symbols)
            repeats = 1 if points > 1 else RUNS
            here = [spent("mine", folder, case) for _ in range(repeats)]
            there = [spent("theirs", folder, case) for _ in range(repeats)]
        own, other = (median([each[0] for each in runs]) for runs in (here, there))
        if points > 1:
            other = start_up + (other - start_up) * 10
        print(f"{case}: {own:.2f} s, {here[0][1]:.0f} MB, {here[0][2]} trades; backtesting.py {other:.2f} s, ", end="")
        print(f"{there[0][1]:.0f} MB, {there[0][2]} trades")
        line(f"{case}: backtesting.py / this", other / own, "×", GOAL, at_least=True)


if len(sys.argv) > 1:
    child(*sys.argv[1:])
else:
    main()
