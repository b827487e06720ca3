from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.trading.venues.ticks import kind_by_tick, krx_tick, stepped, us_tick

WON = st.integers(1, 2_000_000).map(Decimal)


@pytest.mark.parametrize(
    ("price", "stock", "etf"),
    [
        (1_999, 1, 1),
        (2_000, 5, 5),
        (4_995, 5, 5),
        (5_000, 10, 5),
        (19_990, 10, 5),
        (20_000, 50, 5),
        (49_950, 50, 5),
        (50_000, 100, 5),
        (199_900, 100, 5),
        (200_000, 500, 5),
        (499_500, 500, 5),
        (500_000, 1_000, 5),
    ],
)
def test_krx_steps_of_stocks_and_etfs(price: int, stock: int, etf: int) -> None:
    assert krx_tick(Decimal(price), "stock") == stock
    assert krx_tick(Decimal(price), "etf") == krx_tick(Decimal(price), "etn") == etf


@given(WON, WON)
def test_a_dearer_krx_price_never_has_a_finer_step(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert krx_tick(low, "stock") <= krx_tick(high, "stock")


@given(WON)
def test_the_bounds_between_krx_steps_are_on_both_steps(price: Decimal) -> None:
    on_step = price - price % krx_tick(price, "stock")
    assert on_step == 0 or on_step % krx_tick(on_step, "stock") == 0


@given(WON)
def test_the_step_tells_a_fund_from_a_stock_or_nothing(price: Decimal) -> None:
    for kind in ("stock", "etf"):
        assert kind_by_tick(price, krx_tick(price, kind)) in (kind, None)


def test_a_us_price_under_a_dollar_is_stepped_finer() -> None:
    assert us_tick(Decimal("0.9999")) == Decimal("0.0001")
    assert us_tick(Decimal("1")) == us_tick(Decimal("233.15")) == Decimal("0.01")


@pytest.mark.parametrize(
    ("price", "step"), [("2.99", "0.01"), ("3", "0.02"), ("9.98", "0.02"), ("10", "0.05"), ("350", "0.05")]
)
def test_a_step_may_depend_on_the_price(price: str, step: str) -> None:
    assert stepped("0.01 3:0.02 10:0.05", Decimal(price)) == Decimal(step)
    assert stepped("0.05", Decimal(price)) == Decimal("0.05")
