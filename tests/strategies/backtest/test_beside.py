"""The lines beside which a backtest is drawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import Bars, hold_return
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.beside import close_line, hold_line, return_line
from kis_mcp.strategies.backtest.result import BacktestResult

BEGIN = datetime(2026, 3, 2, 15, 30, tzinfo=KST)


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number)


def bars(closes: Sequence[int], first: int = 0) -> Bars:
    """Bars that open at the close before."""
    opens = [closes[0], *closes]
    return Bars.of(
        Bar(day(first + n), Decimal(o), Decimal(max(o, c)), Decimal(min(o, c)), Decimal(c), 1)
        for n, (o, c) in enumerate(zip(opens, closes, strict=False))
    )


def account(days: int, warm_up: int) -> BacktestResult:
    return BacktestResult(Decimal(1), [day(n) for n in range(days)], [Decimal(1)] * days, warm_up=warm_up)


def test_the_account_is_told_in_percent_of_its_start() -> None:
    result = BacktestResult(Decimal(90), [day(0), day(1)], [Decimal(110), Decimal(90)])
    assert return_line(result, Decimal(100)) == pytest.approx([10, -10])


def test_a_price_stays_where_it_was_until_it_is_traded_again() -> None:
    assert close_line(bars([5, 7], first=1), [day(n) for n in range(4)]) == [None, 5, 7, 7]


def test_holding_begins_at_the_open_after_warm_up_and_waits_as_cash_until_then() -> None:
    history = {"A": bars([100, 100, 110, 120]), "B": bars([50, 75], first=2)}
    # A is bought on day 1 at 100, and B, which is listed later, on day 2 at 50.
    assert hold_line(history, account(4, 1)) == [None, *map(pytest.approx, (0, 5, 35))]
    assert hold_line(history, account(1, 9)) == [None]


@given(st.lists(st.lists(st.integers(1, 1000), min_size=4, max_size=9), min_size=1, max_size=3), st.integers(0, 3))
def test_the_line_ends_at_what_holding_returned(closes: list[list[int]], warm_up: int) -> None:
    history = {str(number): bars(each) for number, each in enumerate(closes)}
    result = account(max(map(len, closes)), warm_up)
    assert hold_line(history, result)[-1] == pytest.approx(hold_return(history, result.trades_from))
