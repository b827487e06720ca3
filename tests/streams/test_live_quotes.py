"""Quotes of watched instruments: told from a watch only while that is as good as reading."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from kis_mcp.catalog import Channel, Outage
from kis_mcp.environment import Environment
from kis_mcp.market import Interest, Quote, builtin_instruments
from kis_mcp.streams import LiveQuote, LiveQuotes
from tests.streams.test_watches import NOW, SAMSUNG, TRADES, Live, apis_of

INSTRUMENT = builtin_instruments().resolve("005930")
READ = Quote(
    symbol="005930",
    name="삼성전자",
    market="KR",
    exchange="krx",
    currency="KRW",
    price=Decimal(71900),
    halted=False,
    change=Decimal(-100),
    change_rate=Decimal("-0.14"),
    open=Decimal(71800),
    high=Decimal(72000),
    low=Decimal(71700),
    previous_close=Decimal(72000),
    volume=1000,
    turnover=Decimal(71900000),
    upper_limit_price=Decimal(93600),
    lower_limit_price=Decimal(50400),
    tick_size=Decimal(100),
    high_52_week=None,
    low_52_week=None,
    market_cap=None,
    per=Decimal("12.3"),
    pbr=None,
    eps=None,
)


@pytest.fixture
async def live() -> Live:
    live = Live(apis_of(Environment.REAL))
    await live.watches.watch([SAMSUNG])
    return live


def send(live: Live, price: int, **more: object) -> None:
    values = {"symbol": "005930", "price": price, "change": price - 72000, "high": 72500, "volume": 1010, **more}
    live.send(TRADES, {"trade_time": "103105", "trading_halted": "N", **values})


async def read_then_trade(live: Live, price: int = 72400, **more: object) -> LiveQuotes:
    """A quote that was read when a trade had been seen, and a later trade."""
    quotes = LiveQuotes(live.watches)
    send(live, 71900)
    quotes.keep(INSTRUMENT, READ, live.now)
    live.now += timedelta(seconds=60)
    send(live, price, **more)
    return quotes


async def test_a_fresh_trade_tells_the_price_and_what_was_read_the_rest(live: Live) -> None:
    quotes = await read_then_trade(live)
    found = quotes.find(INSTRUMENT, live.now + timedelta(seconds=2))
    assert isinstance(found, LiveQuote)
    assert found.base_as_of == NOW
    assert found.quote == replace(
        READ,
        price=Decimal(72400),
        change=Decimal(400),
        change_rate=Decimal("0.56"),
        high=Decimal(72500),
        volume=1010,
    )


@pytest.mark.parametrize("seconds", [-1, 6, 3600])
async def test_an_old_trade_tells_nothing(live: Live, seconds: int) -> None:
    quotes = await read_then_trade(live)
    assert quotes.find(INSTRUMENT, live.now + timedelta(seconds=seconds)) is None


async def test_a_trade_before_what_was_read_tells_nothing(live: Live) -> None:
    quotes = LiveQuotes(live.watches)
    send(live, 72400)
    quotes.keep(INSTRUMENT, READ, live.now + timedelta(seconds=1))
    assert quotes.find(INSTRUMENT, live.now + timedelta(seconds=2)) is None


@pytest.mark.parametrize("change", [390, ""])
async def test_a_trade_that_counts_from_another_close_tells_nothing(live: Live, change: object) -> None:
    quotes = await read_then_trade(live, change=change)
    assert quotes.find(INSTRUMENT, live.now) is None


async def test_what_was_read_long_ago_is_read_again(live: Live) -> None:
    quotes = await read_then_trade(live)
    live.now += timedelta(minutes=10)
    send(live, 72400)
    assert quotes.find(INSTRUMENT, live.now) is None


async def test_another_venues_trades_tell_nothing(live: Live) -> None:
    quotes = await read_then_trade(live)
    assert quotes.find(replace(INSTRUMENT, exchange="nxt"), live.now) is None
    await live.watches.watch([Interest("005930", "trade", "KR", "nxt")])
    assert quotes.find(replace(INSTRUMENT, exchange="nxt"), live.now) is None


async def test_a_halt_is_told_as_the_trade_has_it(live: Live) -> None:
    quotes = await read_then_trade(live, trading_halted="Y")
    found = quotes.find(INSTRUMENT, live.now)
    assert found is not None
    assert found.quote.halted is True


async def test_a_trade_before_the_link_was_lost_tells_nothing_until_it_is_back(live: Live) -> None:
    quotes = await read_then_trade(live)
    live.streams.report_outage(Outage(live.now, "KIS closed it.", (Channel("H0STCNT0", "005930"),)))
    assert quotes.find(INSTRUMENT, live.now) is None
    live.streams.report_outage(None)
    assert quotes.find(INSTRUMENT, live.now) is not None


async def test_what_is_not_watched_any_more_tells_nothing(live: Live) -> None:
    quotes = await read_then_trade(live)
    (watch,) = live.watches.watches()
    await live.watches.unwatch(watch.id)
    assert quotes.find(INSTRUMENT, live.now) is None
