"""How each type of order behaves from its arrival to the end of its day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.engine.model import Fill, Manner, Order, Side, Ticket
from kis_mcp.simulator.engine.order_types import KRX_TYPES, OVERSEAS_TYPES
from kis_mcp.simulator.engine.problems import Rejected
from tests.simulator.engine.test_engine import MARKET, Exchange

SAMSUNG, APPLE = MARKET.instruments["005930"], MARKET.instruments["AAPL"]
VENUE = {code: "KRX" if "KRX" in kind.venues else "NXT" for code, kind in KRX_TYPES.items()}


def order_of(exchange: Exchange, code: str, side: Side, quantity: int, away: int = 0, symbol: str = "005930") -> Order:
    """An order whose limit is so many ticks from the price; a stop's trigger is at it."""
    price = exchange.price(symbol, away)
    ticket = Ticket(symbol, side, quantity, code, price, price, VENUE[code] if symbol == "005930" else "NASD")
    return exchange.broker.place(exchange.customers["alice"], ticket, exchange.now)


def fills_of(exchange: Exchange, order: Order) -> list[Fill]:
    return [fill for fill in exchange.books.fills if fill.order == order.number]


def end_the_day(exchange: Exchange) -> None:
    exchange.now += timedelta(days=1)
    exchange.broker.advance(exchange.now)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(KRX_TYPES)),
    st.sampled_from(Side),
    st.integers(1, 500),
    st.integers(-8, 8),
    st.integers(0, 2000),
)
def test_every_type_keeps_its_promise_whatever_the_market_does(
    code: str, side: Side, quantity: int, away: int, wait: int
):
    exchange, kind = Exchange(), KRX_TYPES[code]
    if side is Side.SELL:
        exchange.place("alice", Side.BUY, 500, exchange.price(), "01")
    start = exchange.price()
    try:
        order = order_of(exchange, code, side, quantity, away)
    except Rejected:
        return
    at_once = order.filled
    if kind.in_force != "day":
        assert order.remaining == 0
    if kind.in_force == "fok":
        assert at_once in (0, quantity)
    if kind.pricing == "stop":
        assert at_once == 0
    exchange.now += timedelta(seconds=wait)
    exchange.broker.advance(exchange.now)
    if kind.in_force != "day":
        assert order.filled == at_once
    end_the_day(exchange)
    filled = fills_of(exchange, order)
    assert order.remaining == 0
    assert sum(fill.quantity for fill in filled) == order.filled <= quantity
    sign, prices = side.sign, [fill.price for fill in filled]
    if kind.pricing in ("limit", "stop") and kind.manner is Manner.PLAIN:
        assert all(sign * price <= sign * order.price for price in prices)
    if kind.manner is Manner.FIXED:
        assert set(prices) <= {MARKET.quote(SAMSUNG, exchange.now - timedelta(days=1)).previous_close, start}
    if kind.manner is Manner.CLOSING:
        assert order.filled == quantity
        assert all(sign * price <= sign * order.price for price in prices[:-1])
    assert exchange.broker.means.available_cash(exchange.customers["alice"], "KRW") >= 0


def test_a_midpoint_order_follows_the_middle_of_the_book():
    exchange = Exchange()
    order = order_of(exchange, "21", Side.BUY, 10)
    seen: set[Decimal | None] = set()
    while not order.filled:
        book = MARKET.book(SAMSUNG, exchange.now)
        middle = (book.asks[0].price + book.bids[0].price) / 2
        assert order.limit == middle
        seen.add(middle)
        exchange.now += timedelta(seconds=20)
        exchange.broker.advance(exchange.now)
    (fill,) = fills_of(exchange, order)
    assert fill.price in seen
    assert exchange.price() < fill.price


def test_a_midpoint_order_meets_another_customers_between_bid_and_ask():
    exchange = Exchange()
    exchange.place("bob", Side.BUY, 10, exchange.price(), "01")
    buy = order_of(exchange, "21", Side.BUY, 10)
    sell = exchange.place("bob", Side.SELL, 4, Decimal(0), "23")
    book = MARKET.book(SAMSUNG, exchange.now)
    assert (buy.filled, sell.filled, sell.remaining) == (4, 4, 0)
    assert book.bids[0].price < sell.average_price < book.asks[0].price


def test_a_conditional_limit_order_becomes_a_market_order_at_the_close():
    exchange = Exchange()
    order = order_of(exchange, "02", Side.BUY, 10, away=-40)
    plain = order_of(exchange, "00", Side.BUY, 10, away=-40)
    day = order.day
    end_the_day(exchange)
    close = MARKET.history(SAMSUNG).bar(day)
    assert close is not None
    assert (plain.filled, [fill.price for fill in fills_of(exchange, order)]) == (0, [SAMSUNG.price(close.close)])


@pytest.mark.parametrize("code", ["05", "06"])
def test_an_order_outside_the_session_trades_at_its_one_price_only(code: str):
    exchange = Exchange()
    quote = MARKET.quote(SAMSUNG, exchange.now)
    price = quote.previous_close if code == "05" else quote.price
    offered = sum(level.quantity for level in MARKET.book(SAMSUNG, exchange.now).asks)
    order = order_of(exchange, code, Side.BUY, 10)
    assert {fill.price for fill in fills_of(exchange, order)} == {price}
    assert order.filled == 10 <= offered


def test_a_stop_limit_order_rests_at_its_limit_when_the_price_has_run_past_it():
    exchange = Exchange()
    exchange.place("alice", Side.BUY, 10, exchange.price(), "01")
    trigger = exchange.price(ticks_away=-2)
    ticket = Ticket("005930", Side.SELL, 10, "22", trigger + 500, trigger, venue="KRX")
    order = exchange.broker.place(exchange.customers["alice"], ticket, exchange.now)
    while order.trigger is not None:
        assert order.filled == 0
        exchange.now += timedelta(seconds=20)
        exchange.broker.advance(exchange.now)
    assert exchange.price() <= trigger
    assert (order.filled, order.remaining) == (0, 10)


def test_an_order_at_the_open_that_its_price_does_not_suit_is_gone_after_the_open():
    exchange = Exchange()
    order = order_of(exchange, "32", Side.BUY, 3, away=-4000, symbol="AAPL")
    assert order.remaining == 3
    while MARKET.moment(APPLE, exchange.now).day < order.day:
        exchange.now += timedelta(hours=1)
        exchange.broker.advance(exchange.now)
    assert (order.filled, order.remaining) == (0, 0)


@pytest.mark.parametrize("code", ["35", "36"])
def test_a_sliced_order_is_filled_bit_by_bit_until_the_close(code: str):
    exchange = Exchange()
    assert OVERSEAS_TYPES[code].manner in (Manner.BY_TIME, Manner.BY_VOLUME)
    order = order_of(exchange, code, Side.BUY, 100, away=5_000, symbol="AAPL")
    assert order.filled == 0
    exchange.now += timedelta(hours=1)
    exchange.broker.advance(exchange.now)
    half = order.filled
    end_the_day(exchange)
    fills = fills_of(exchange, order)
    assert 20 < half < 80
    assert (order.filled, len(fills) > 20) == (100, True)
    assert len({fill.price for fill in fills}) > 5
