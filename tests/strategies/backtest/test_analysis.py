"""Signals that would have been others live."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest import Bar, Bars
from kis_mcp.strategies.backtest.analysis import analyse_warm_up, find_look_ahead
from kis_mcp.strategies.document import Strategy, read_strategy
from kis_mcp.strategies.indicators import BarValues, IndicatorKind, Values
from kis_mcp.strategies.indicators.table import KINDS

BEGIN = datetime(2026, 1, 1, 15, 30, tzinfo=KST)
CLOSES = [round(10_000 + 1_000 * math.sin(number / 5)) for number in range(200)]


def bars(count: int = 200) -> Bars:
    prices = [Decimal(close) for close in CLOSES[:count]]
    return Bars.of(
        Bar(BEGIN + timedelta(days=number), price, price, price, price, 1) for number, price in enumerate(prices)
    )


def strategy(kind: str, **params: Any) -> Strategy:
    return read_strategy(
        {
            "id": "s",
            "name": "s",
            "indicators": {"line": {"kind": kind, "params": params}},
            "entry": {"left": "close", "is": "crosses_above", "right": "line"},
            "exit": {"left": "close", "is": "crosses_below", "right": "line"},
        }
    )


class Prophet:
    """Tells the close of the next bar while there is one: it counts the bars that it was made for."""

    last = 0

    def __init__(self) -> None:
        self._seen = 0

    def push(self, bar: BarValues) -> Values:
        self._seen += 1
        return (float(CLOSES[min(self._seen, Prophet.last - 1)]),)


@pytest.mark.parametrize("kind", ["sma", "ema", "atr"])
def test_an_honest_strategy_looks_at_no_later_bar(kind: str) -> None:
    assert find_look_ahead(strategy(kind, period=10), bars()) == []


def test_a_value_that_knows_the_next_bar_is_found_with_its_bar_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        KINDS, "prophet", IndicatorKind("prophet", "Prophet", (), ("value",), lambda _: Prophet(), lambda _: 1)
    )
    whole = bars()
    until = whole.until

    def cut(count: int) -> Bars:
        Prophet.last = count
        return until(count)

    Prophet.last = len(whole)
    monkeypatch.setattr(Bars, "until", lambda self, count: cut(count))
    found = find_look_ahead(strategy("prophet"), whole, cuts=3)
    # The last bar of each part, of which it cannot know the next.
    assert {(each.at - BEGIN).days for each in found} == {49, 99, 149}
    (value,) = (each for each in found if each.name == "line" and (each.at - BEGIN).days == 49)
    assert (value.whole, value.part) == (CLOSES[50], CLOSES[49])


def test_an_average_of_so_many_bars_is_the_same_from_any_start() -> None:
    found = analyse_warm_up(strategy("sma", period=10), bars())
    assert (found.bars, found.settling, found.signals, found.bars_to_give) == (11, [], [], 11)


def test_an_average_that_remembers_everything_settles_later_than_it_is_warm() -> None:
    found = analyse_warm_up(strategy("ema", period=20), bars())
    (line,) = found.settling
    assert line.name == "line"
    assert line.most_percent > 0.1
    assert line.bars is not None
    assert found.bars < line.bars < 100
    assert found.bars_to_give == line.bars


def test_signals_that_a_later_start_changes_are_told() -> None:
    found = analyse_warm_up(strategy("ema", period=40), bars(), starts=40)
    assert {each.name for each in found.signals} <= {"entry", "exit"}
    assert found.signals
    assert all(each.whole != each.part for each in found.signals)


def test_too_few_bars_are_refused() -> None:
    with pytest.raises(BadArgument):
        find_look_ahead(strategy("sma", period=2), bars(9))
    with pytest.raises(BadArgument, match="40 bars are too few"):
        analyse_warm_up(strategy("sma", period=20), bars(40))
