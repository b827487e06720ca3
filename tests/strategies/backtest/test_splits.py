"""Minutes of before a split, in shares of today."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import Bar, Bars
from kis_mcp.strategies.backtest.splits import apply_splits, split_ratios

DAYS = [date(2026, 3, 2) + timedelta(days=number) for number in range(3)]


def bars(*rows: tuple[date, int, int], clock: str = "15:30") -> Bars:
    return Bars.of(
        Bar(datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=KST), *[Decimal(price)] * 4, volume=volume)
        for day, price, volume in rows
    )


def test_each_day_is_multiplied_by_what_its_own_close_was() -> None:
    was = bars(*[(day, price, 1) for day, price in zip(DAYS, (1000, 500, 101), strict=True)])
    now = bars(*[(day, price, 1) for day, price in zip(DAYS, (100, 100, 101), strict=True)])
    ratios = split_ratios(now, was)
    assert ratios == {DAYS[0]: Decimal("0.1"), DAYS[1]: Decimal("0.2"), DAYS[2]: 1}
    minutes = bars((DAYS[0], 990, 7), (DAYS[1], 503, 2), (DAYS[2], 101, 3), clock="09:01")
    rows = [(bar.close, bar.low, bar.volume) for bar in apply_splits(minutes, ratios).rows()]
    assert rows == [(99, 99, 70), (101, 101, 10), (101, 101, 3)]


def test_no_price_becomes_nothing_and_without_splits_the_bars_are_the_same() -> None:
    minutes = bars((DAYS[0], 1, 7), clock="09:01")
    assert next(apply_splits(minutes, {DAYS[0]: Decimal("0.01")}).rows()).close == 1
    assert apply_splits(minutes, {}) is minutes
    assert apply_splits(minutes, {DAYS[0]: Decimal(1)}) is minutes


def test_a_day_without_a_daily_candle_is_taken_as_the_last_one_before() -> None:
    minutes = bars((DAYS[0], 100, 1), (DAYS[1], 100, 1), (DAYS[2], 20, 1), clock="09:01")
    found = apply_splits(minutes, {DAYS[0]: Decimal("0.2"), DAYS[2]: Decimal(1)})
    assert [bar.close for bar in found.rows()] == [20, 20, 20]
    found = apply_splits(minutes, {DAYS[1]: Decimal("0.2"), DAYS[2]: Decimal(1)})
    assert [bar.close for bar in found.rows()] == [20, 20, 20]
