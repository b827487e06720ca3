"""What is said of a history before anything is found in it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import Bars
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.cautions import cautions_of
from kis_mcp.strategies.document import read_strategy


def bars(count: int, last: datetime = datetime(2026, 9, 11, 15, 30, tzinfo=KST)) -> Bars:
    one = Decimal(1)
    return Bars.of(Bar(last - timedelta(days=number), one, one, one, one, 1) for number in reversed(range(count)))


def cautions(history: dict[str, Bars], market: str = "KR", **document: Any) -> list[str]:
    entry = {"left": "close", "is": "above", "right": 0}
    return cautions_of(read_strategy({"id": "s", "name": "s", "entry": entry} | document), history, market)


def test_a_plain_history_needs_no_caution() -> None:
    assert cautions({"A": bars(30), "B": bars(28)}, universe={"symbols": ["A", "B"]}) == []


@pytest.mark.parametrize(
    ("universe", "words"),
    [({"index": "KOSPI200"}, "members of KOSPI200"), ({"ranking": "volume"}, "ranking by volume")],
)
def test_instruments_of_today_were_not_those_of_the_past(universe: Any, words: str) -> None:
    (caution,) = cautions({"A": bars(30), "B": bars(30)}, universe=universe)
    assert caution.startswith(f"The instruments are the {words} as of today")


@pytest.mark.parametrize(
    ("day", "market", "interval", "warned"),
    [
        (14, "KR", "1d", True),
        (18, "KR", "1w", True),
        (13, "KR", "1d", False),
        (14, "KR", "5m", False),
        (14, "US", "1d", False),
    ],
)
def test_daily_candles_with_the_after_market_are_told(day: int, market: str, interval: str, warned: bool) -> None:
    last = datetime(2026, 9, day, 15, 30, tzinfo=KST)
    history = {"A": bars(30, last), "B": bars(30, last)}
    assert bool(cautions(history, market, interval=interval)) is warned


def test_an_instrument_with_less_history_is_named() -> None:
    (caution,) = cautions({"A": bars(30), "B": bars(26)})
    assert caution.startswith("B had fewer bars")


def test_one_instrument_may_have_been_chosen_with_hindsight() -> None:
    (caution,) = cautions({"A": bars(30)})
    assert caution.startswith("One instrument was chosen")
