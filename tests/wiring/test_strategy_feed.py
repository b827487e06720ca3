"""Trades of a strategy's instruments, from a link that the test feeds."""

from datetime import timedelta
from decimal import Decimal

import pytest

from kis_mcp.catalog import FrameDecoder, Gap, Outage
from kis_mcp.catalog.loader import catalog
from kis_mcp.environment import Environment
from kis_mcp.market import Instrument, Trade, read_event
from kis_mcp.strategies.runner import Heard, Tick
from kis_mcp.wiring.strategy_feed import TICK_FIELDS, StrategyFeed, TradeTicks
from tests.streams.test_watches import NOW, TRADES, Live, apis_of

TRADE_APIS = {api.tool: api for api in catalog().apis if api.kind == "websocket" and api.blocks[0].name == "trades"}
SAMPLES = {"date": "20260303", "time": "093355", "datetime": "20260303093355", "string": "DNASAAPL"}
INSTRUMENTS = {symbol: Instrument(symbol, "KR", "krx") for symbol in ("005930", "000660")}
SOON = 0.001


@pytest.fixture
def live() -> Live:
    return Live(apis_of(Environment.REAL))


def feed_of(live: Live) -> StrategyFeed:
    return StrategyFeed(live.watches, INSTRUMENTS, TradeTicks(), lambda: live.now)


def trade(live: Live, price: int, volume: int, symbol: str = "005930", seconds: int = 0) -> None:
    clock = f"{NOW + timedelta(seconds=seconds):%H%M%S}"
    record = {"symbol": symbol, "trade_time": clock, "price": price, "trade_volume": 3, "volume": volume}
    live.send(TRADES, record, seconds=seconds)


async def test_each_trade_is_told_once_and_in_its_order(live: Live) -> None:
    feed = feed_of(live)
    await feed.open()
    assert live.channels() == ["H0STCNT0 000660", "H0STCNT0 005930"]
    trade(live, 71900, 10)
    trade(live, 560000, 5, "000660", seconds=1)
    trade(live, 72000, 13, seconds=2)
    found = await feed.read(SOON)
    assert found.ticks == [
        ("005930", Tick(NOW, Decimal(71900), 3, 10)),
        ("000660", Tick(NOW + timedelta(seconds=1), Decimal(560000), 3, 5)),
        ("005930", Tick(NOW + timedelta(seconds=2), Decimal(72000), 3, 13)),
    ]
    assert await feed.read(SOON) == Heard(ticks=[], missed=[])
    await feed.close()
    assert live.channels() == []


async def test_a_gap_is_told_once_of_every_symbol(live: Live) -> None:
    feed = feed_of(live)
    await feed.open()
    gap = Gap(NOW, NOW + timedelta(seconds=20))
    live.streams.report_gap(gap)
    found = await feed.read(SOON)
    assert sorted(found.missed) == [(symbol, gap.began_at, gap.ended_at) for symbol in ("000660", "005930")]
    assert (await feed.read(SOON)).missed == []


async def test_trades_that_came_faster_than_they_were_read_are_missed() -> None:
    live = Live(apis_of(Environment.REAL), most=2)
    feed = feed_of(live)
    await feed.open()
    live.now += timedelta(seconds=3)
    for number in range(4):
        trade(live, 71900, 10 + number)
    found = await feed.read(SOON)
    assert [tick.total for _, tick in found.ticks] == [12, 13]
    assert sorted(found.missed) == [(symbol, NOW, live.now) for symbol in ("000660", "005930")]


async def test_silence_and_its_end_are_told(live: Live) -> None:
    feed = feed_of(live)
    await feed.open()
    channels = tuple(live.gateway.registered)
    live.streams.report_outage(Outage(NOW, "The link is away.", channels))
    assert (await feed.read(SOON)).silent_since == NOW
    live.streams.report_outage(None)
    assert (await feed.read(SOON)).silent_since is None
    live.streams.report_gap(Gap(NOW, NOW, tuple((channel, "KIS refuses it.") for channel in channels)))
    assert (await feed.read(SOON)).ended_because == "KIS refuses it.; KIS refuses it."


@pytest.mark.parametrize("tool", TRADE_APIS)
def test_a_tick_needs_no_field_that_is_not_read(tool: str) -> None:
    api = TRADE_APIS[tool]
    samples = (SAMPLES.get(field.type, str(number)) for number, field in enumerate(api.blocks[0].fields, start=100))
    payload, ticks = "^".join(samples), list[object]()
    for only in (None, TICK_FIELDS):
        (record,) = FrameDecoder(api, only=only).decode(payload, 1).rows("trades")
        event = read_event(api, record, NOW)
        assert isinstance(event, Trade)
        ticks.append((event.symbol, event.market, event.exchange, event.time, event.price, event.size, event.volume))
    assert ticks[0] == ticks[1]
