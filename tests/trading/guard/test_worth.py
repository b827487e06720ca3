"""What an order may be worth at most: the figure that its caps are held against and that the person sees."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.trading.guard.market_facts import MarketFacts, estimate_amount
from kis_mcp.trading.order import Action, Order, Side
from kis_mcp.trading.venues.order_types import LIMITED, PRICED, UNPRICED

LAST = Decimal(100)
CEILING = Decimal(130)
COLLAR = Decimal(10)
TYPES = sorted({*PRICED, *UNPRICED, "twap", "vwap"})


def worth(
    order_type: str | None,
    side: Side,
    price: int | None = None,
    stop_price: int | None = None,
    ceiling: Decimal | None = CEILING,
) -> Decimal | None:
    order = Order(
        kis_title="주식주문(현금)",
        action=Action.NEW,
        market="KR",
        side=side,
        quantity=Decimal(2),
        price=None if price is None else Decimal(price),
        stop_price=None if stop_price is None else Decimal(stop_price),
        order_type=order_type,
        currency="KRW",
    )
    return estimate_amount(order, MarketFacts(last=LAST, ceiling=ceiling), collar=COLLAR, closes=False).amount_krw


@pytest.mark.parametrize(
    ("order_type", "side", "price", "stop_price", "each"),
    [
        ("limit", "buy", 90, None, 90),
        (None, "buy", 90, None, 90),
        ("limit", "sell", 90, None, 100),
        ("limit", "sell", 120, None, 120),
        ("stop_limit", "buy", 125, 120, 125),
        ("market", "buy", None, None, 130),
        ("conditional_limit", "buy", 90, None, 130),
        ("midpoint", "buy", 1, None, 130),
        ("vwap", "buy", 1, None, 130),
        ("stop", "buy", None, 120, 130),
    ],
)
def test_a_unit_is_worth_what_it_may_be_traded_at(
    order_type: str | None, side: Side, price: int | None, stop_price: int | None, each: int
) -> None:
    assert worth(order_type, side, price, stop_price) == 2 * each


@pytest.mark.parametrize(("stop_price", "each"), [(None, 110), (200, 220), (1, 110)])
def test_without_an_upper_limit_it_is_the_market_or_the_stop_and_the_collar(stop_price: int | None, each: int) -> None:
    assert worth("stop", "buy", None, stop_price, ceiling=None) == 2 * each


@given(st.sampled_from(TYPES), st.sampled_from(["buy", "sell"]), st.integers(1, 500))
def test_no_price_makes_an_order_look_cheaper_than_the_market_unless_it_limits_what_is_paid(
    order_type: str, side: Side, price: int
) -> None:
    found = worth(order_type, side, price)
    assert found is not None
    if side == "buy" and order_type in LIMITED:
        assert found == 2 * price
    else:
        assert found >= 2 * max(LAST, Decimal(price))
