"""The same strategies on the same bars in backtesting.py: the same trades, and the same equity at every bar to the won.

Where its rules differ from this project's, the test writes this project's on its side, or keeps the case out:

- Its ``crossover`` wants the lines apart a bar ago; KIS' rule lets them be level. The test compares by KIS' rule.
- It takes stop and target as prices at the time of the order, when the fill is not known. The test gives it percents of
  the next bar's open, which a strategy could not know.
- A bar that opens beyond the target and later falls to the stop is sold by it at the stop, for it looks at stops first;
  here at the open, which comes before anything else in a bar. The bars of this test have no such gap.
- Its target is reached only by a price beyond it; here by the price itself. The bars' prices are whole, and no target
  of theirs is.
- It refuses an order that the cash does not pay for; here less is bought. The cash of this test pays for all.
- It knows no ticks, lots, daily limits, halts, shares of volume, nor taxes by side and day. They are off here.
- Its statistics count the bars of warm-up too; here they begin at the first decision. They are told of all bars here.
- It ends at a bar's end; here a position of a day may be sold at the last close. No case has this.

By hand, outside the test, vectorbt 1.2 made the same trades and the same equity for the cross of averages on the first
three walks (42, 50 and 47 trades), given the signals a bar later and the open as the price.
"""

import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

import pandas as pd
import pytest
from backtesting import Backtest, Strategy
from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import BacktestOptions, Bars, run_backtest
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.options import Costs, InstrumentTerms, Rates
from kis_mcp.strategies.backtest.statistics import measure
from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.indicators import BarValues, IndicatorKind, Values
from kis_mcp.strategies.indicators.kind import IndicatorParam
from kis_mcp.strategies.indicators.table import KINDS

CASH = 10_000_000
DAYS = 1500
PERCENT = Decimal("0.15")
"""Of each fill, either side."""


def walk(seed: int, days: int = DAYS) -> list[Bar]:
    """Days of a price that wanders, with small gaps between them."""
    dice, price, rows = random.Random(seed), 70_000.0, list[Bar]()
    begin = datetime(2020, 1, 1, 15, 30, tzinfo=KST)
    for day in range(days):
        opening = price * (1 + dice.gauss(0, 0.004))
        price = max(1_000.0, opening * (1 + dice.gauss(0.0002, 0.015)))
        high = max(opening, price) * (1 + abs(dice.gauss(0, 0.004)))
        low = min(opening, price) * (1 - abs(dice.gauss(0, 0.004)))
        whole = [Decimal(round(each)) for each in (opening, high, low, price)]
        rows.append(Bar(begin + timedelta(days=day), *whole, volume=10_000_000))
    return rows


def averages(closes: list[float], count: int) -> list[float | None]:
    return [None if n < count - 1 else sum(closes[n - count + 1 : n + 1]) / count for n in range(len(closes))]


def strengths(closes: list[float], count: int) -> list[float | None]:
    """Wilder's relative strength index."""
    changes = [after - before for before, after in pairwise(closes)]
    found: list[float | None] = [None] * min(count, len(closes))
    up = down = 0.0
    for number, change in enumerate(changes):
        gain, loss = max(change, 0.0), max(-change, 0.0)
        if number < count:
            up, down = up + gain / count, down + loss / count
        else:
            up, down = (up * (count - 1) + gain) / count, (down * (count - 1) + loss) / count
        if number >= count - 1:
            found.append(100 * up / (up + down) if up + down else 50.0)
    return found


class Theirs(Strategy):
    """Buys and sells where lists say so, with stop and target by the price that the next bar opens at."""

    enters: ClassVar[list[bool]]
    exits: ClassVar[list[bool]]
    opens: ClassVar[list[float]]
    stop: ClassVar[float | None] = None
    target: ClassVar[float | None] = None

    def init(self) -> None:
        pass

    def next(self) -> None:
        at = len(self.data) - 1
        if self.position:
            if self.exits[at]:
                self.position.close()
        elif self.enters[at] and at + 1 < len(self.opens):
            opening = self.opens[at + 1]
            self.buy(
                size=10,
                sl=opening * (1 - self.stop / 100) if self.stop else None,
                tp=opening * (1 + self.target / 100) if self.target else None,
            )


def crosses(left: list[float | None], right: list[float | None]) -> list[bool]:
    """Whether left passes above right, by KIS' rule."""
    found = [False]
    for at in range(1, len(left)):
        a, b, c, d = left[at - 1], right[at - 1], left[at], right[at]
        found.append(a is not None and b is not None and c is not None and d is not None and a <= b and c > d)
    return found


class Strength:
    """Wilder's relative strength index, a bar at a time."""

    def __init__(self, count: int) -> None:
        self._count, self._seen, self._close = count, 0, 0.0
        self._up = self._down = 0.0

    def push(self, bar: BarValues) -> Values:
        change, self._close = bar.close - self._close, bar.close
        self._seen += 1
        if self._seen == 1:
            return (None,)
        weight = 1 / self._count
        kept = 1.0 if self._seen <= self._count + 1 else 1 - weight
        self._up = self._up * kept + max(change, 0.0) * weight
        self._down = self._down * kept + max(-change, 0.0) * weight
        return (100 - 100 / (1 + self._up / self._down),) if self._seen > self._count else (None,)


STRENGTH = IndicatorKind(
    "strength",
    "Relative strength index",
    (IndicatorParam("period", 14, 2, 1000),),
    ("value",),
    lambda params: Strength(int(params["period"])),
    lambda params: int(params["period"]) + 1,
)

Lists = tuple[list[bool], list[bool]]


def _back(bars: int) -> Any:
    return {"of": "close", "back": bars} if bars else "close"


@dataclass(frozen=True)
class Case:
    """The same strategy for both.

    Attributes:
        document: This project's.
        enters, exits: For a list of closes, whether it wants to at each.
    """

    document: dict[str, Any]
    lists: Callable[[list[float]], Lists]


def sma_cross(fast: int = 5, slow: int = 20) -> Case:
    def lists(closes: list[float]) -> Lists:
        one, other = averages(closes, fast), averages(closes, slow)
        return crosses(one, other), crosses(other, one)

    return Case(
        {
            "indicators": {
                "fast": {"kind": "sma", "params": {"period": fast}},
                "slow": {"kind": "sma", "params": {"period": slow}},
            },
            "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
            "exit": {"left": "fast", "is": "crosses_below", "right": "slow"},
        },
        lists,
    )


def rsi_reversal(period: int = 7, low: float = 40, high: float = 60) -> Case:
    def lists(closes: list[float]) -> Lists:
        found = strengths(closes, period)
        lows: list[float | None] = [low] * len(closes)
        highs: list[float | None] = [high] * len(closes)
        return crosses(found, lows), crosses(highs, found)

    return Case(
        {
            "indicators": {"rsi": {"kind": "strength", "params": {"period": period}}},
            "entry": {"left": "rsi", "is": "crosses_above", "right": low},
            "exit": {"left": "rsi", "is": "crosses_below", "right": high},
        },
        lists,
    )


def stop_and_target(stop: float = 3.1, target: float = 4.3) -> Case:
    def lists(closes: list[float]) -> Lists:
        rises = [n >= 3 and closes[n] > closes[n - 1] > closes[n - 2] > closes[n - 3] for n in range(len(closes))]
        return rises, [False] * len(closes)

    return Case(
        {
            "entry": {"all": [{"left": _back(n), "is": "above", "right": _back(n + 1)} for n in range(3)]},
            "exits": {"stop_loss_percent": stop, "take_profit_percent": target},
        },
        lists,
    )


# No target or stop of these percents of a whole price is itself whole: to touch it and to pass it are one.
ODD_PERCENTS = st.integers(20, 80).map(lambda tenths: tenths / 10 + 0.0137)
POINTS = st.one_of(
    st.builds(sma_cross, st.integers(2, 12), st.integers(13, 40)),
    st.builds(rsi_reversal, st.integers(3, 20), st.integers(25, 48), st.integers(52, 75)),
    st.builds(stop_and_target, ODD_PERCENTS, ODD_PERCENTS),
)


@pytest.mark.parametrize("case", [sma_cross, rsi_reversal, stop_and_target])
def test_backtesting_py_makes_the_same_trades_and_the_same_equity(
    case: Callable[[], Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2, 3):
        assert compare(case(), seed, monkeypatch) >= 20


@given(POINTS, st.integers(4, 10_000))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_it_does_at_any_point_of_the_parameters(case: Case, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        compare(case, seed, patch, days=500)


def compare(case: Case, seed: int, monkeypatch: pytest.MonkeyPatch, *, days: int = DAYS) -> int:
    """Hold both results against each other; returns how many trades ended."""
    monkeypatch.setitem(KINDS, "strength", STRENGTH)
    rows = walk(seed, days)
    strategy = read_strategy({"id": "s", "name": "s", "sizing": {"shares": 10}} | case.document)
    terms = InstrumentTerms(costs=Costs((Rates(buy_percent=PERCENT, sell_percent=PERCENT),)))
    options = BacktestOptions(Decimal(CASH), slippage_ticks=0, most_volume_percent=Decimal(100))
    mine = run_backtest(strategy, {"A": Bars.of(rows)}, options, {"A": terms})

    columns = ("open", "high", "low", "close", "volume")
    frame = pd.DataFrame(
        {name.title(): [float(getattr(row, name)) for row in rows] for name in columns},
        index=pd.DatetimeIndex([row.ends_at.replace(tzinfo=None) for row in rows]),
    )
    exits = strategy.exits
    enters_at, exits_at = case.lists([float(row.close) for row in rows])
    monkeypatch.setattr(Theirs, "enters", enters_at, raising=False)
    monkeypatch.setattr(Theirs, "exits", exits_at, raising=False)
    monkeypatch.setattr(Theirs, "opens", [float(row.open) for row in rows], raising=False)
    monkeypatch.setattr(Theirs, "stop", exits.stop_loss_percent)
    monkeypatch.setattr(Theirs, "target", exits.take_profit_percent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of open trades, and pandas' of its own next version
        theirs: Any = Backtest(frame, Theirs, cash=CASH, commission=float(PERCENT) / 100).run()

    ended = [trade for trade in mine.trades if trade.exited_at is not None]
    assert [
        (rows[each.EntryBar].ends_at, rows[each.ExitBar].ends_at, each.Size, round(each.EntryPrice, 6))
        for each in sorted(theirs._trades.itertuples(), key=lambda each: each.EntryBar)
    ] == [(trade.entered_at, trade.exited_at, trade.quantity, float(trade.entry_price)) for trade in ended]
    theirs_equity = [float(value) for value in theirs._equity_curve["Equity"]]
    assert [float(value) for value in mine.equity] == pytest.approx(theirs_equity, rel=0, abs=0.01)
    found = measure(replace(mine, warm_up=1), Decimal(CASH))
    assert {
        "Equity Final [$]": float(found.final_equity),
        "Return [%]": found.return_percent,
        "CAGR [%]": found.cagr_percent,
        "Max. Drawdown [%]": -found.drawdown.percent,
        "Max. Drawdown Duration": found.drawdown.longest.days,
        "# Trades": found.trades,
        "Win Rate [%]": found.win_rate_percent,
        "Commissions [$]": float(sum(trade.costs for trade in ended)),
    } == pytest.approx(
        {
            name: theirs[name].days if isinstance(theirs[name], pd.Timedelta) else float(theirs[name])
            for name in (
                "Equity Final [$]",
                "Return [%]",
                "CAGR [%]",
                "Max. Drawdown [%]",
                "Max. Drawdown Duration",
                "# Trades",
                "Win Rate [%]",
                "Commissions [$]",
            )
        },
        rel=1e-9,
    )
    return len(ended)
