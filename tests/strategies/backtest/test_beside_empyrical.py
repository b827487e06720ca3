"""Risk of any equity as empyrical tells it, which others wrote: what a person compares two strategies by.

It counts a year as 252 returns of days, or 52 of weeks, as this project does for risk. Growth a year it counts by
returns too, where this project counts the time that passed; that is held against backtesting.py.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, cast

import empyrical
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.backtest.statistics import measure

BEGIN = datetime(2025, 1, 6, 15, 30, tzinfo=KST)
EQUITY = st.lists(st.integers(100_000, 3_000_000), min_size=3, max_size=80)


@pytest.mark.parametrize(("interval", "days", "period"), [("1d", 1, "daily"), ("1w", 7, "weekly")])
@given(equity=EQUITY)
def test_risk_is_as_empyrical_tells_it(
    interval: str, days: int, period: Literal["daily", "weekly"], equity: list[int]
) -> None:
    times = [BEGIN + timedelta(days=days * number) for number in range(len(equity))]
    money = [Decimal(value) for value in equity]
    found = measure(BacktestResult(money[-1], times, money, warm_up=1), money[0], interval)
    returns = pd.Series(equity, dtype=float).pct_change().iloc[1:]
    told_by_them = {
        "volatility": empyrical.annual_volatility(returns, period=period) * 100,
        "sharpe": empyrical.sharpe_ratio(returns, period=period),
        "sortino": empyrical.sortino_ratio(returns, period=period),
        "return": empyrical.cum_returns_final(returns) * 100,
    }
    theirs = {name: float(cast("float", value)) for name, value in told_by_them.items()}
    mine = {
        "volatility": found.volatility_percent,
        "sharpe": found.sharpe,
        "sortino": found.sortino,
        "return": found.return_percent,
    }
    told = {name: value for name, value in mine.items() if value is not None}
    assert told == pytest.approx({name: theirs[name] for name in told}, rel=1e-9)
    untold = [theirs[name] for name in mine.keys() - told]
    assert all(not value or not math.isfinite(value) for value in untold)


@given(equity=EQUITY)
def test_the_deepest_fall_is_as_empyrical_tells_it(equity: list[int]) -> None:
    times = [BEGIN + timedelta(days=number) for number in range(len(equity))]
    money = [Decimal(value) for value in equity]
    found = measure(BacktestResult(money[-1], times, money, warm_up=1), money[0])
    returns = pd.Series(equity, dtype=float).pct_change().iloc[1:]
    assert found.drawdown.percent == pytest.approx(-100 * empyrical.max_drawdown(returns), rel=1e-9)
