"""Minutes of the regular session are those that a strategy which runs decides on."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.strategies.backtest import Bar, Bars, Hours, regular_bars
from kis_mcp.trading.venues import venues_of

MONDAY, SATURDAY = date(2026, 9, 14), date(2026, 9, 12)
PRICE = Decimal(70_000)


def hours_of(day: date) -> Hours | None:
    return venues_of("KR", "krx", Environment.REAL)[0].usual(day)


def bars(day: date, *ends: str) -> Bars:
    moments = [datetime.combine(day, time.fromisoformat(end), KST) for end in ends]
    return Bars.of(Bar(moment, PRICE, PRICE, PRICE, PRICE, 10) for moment in moments)


@pytest.mark.parametrize(
    ("minutes", "ends", "kept"),
    [
        (1, ("08:50", "09:00", "09:01", "15:20", "15:31", "15:32", "16:01", "18:00"), ("09:01", "15:20", "15:31")),
        (5, ("09:00", "09:05", "15:30", "15:35", "15:40", "16:05"), ("09:05", "15:30", "15:35")),
        (60, ("09:00", "10:00", "16:00", "17:00"), ("10:00", "16:00")),
    ],
)
def test_what_is_traded_before_and_after_the_session_is_left_out(
    minutes: int, ends: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    found = regular_bars(bars(MONDAY, *ends), minutes, hours_of)
    assert list(found.rows()) == list(bars(MONDAY, *kept).rows())


def test_a_day_without_trading_has_no_bar() -> None:
    assert len(regular_bars(bars(SATURDAY, "10:00"), 1, hours_of)) == 0


def test_bars_that_are_all_of_the_session_stay_the_same_object() -> None:
    day = bars(MONDAY, *(f"{10 + number // 60:02}:{number % 60:02}" for number in range(180)))
    assert regular_bars(day, 1, hours_of) is day
