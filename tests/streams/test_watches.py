"""Watches: what is watched together, read since a cursor, waited on, and ended."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog import AccountKind, Channel, Frame, Gap, KisApis, Outage
from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, CredentialsError, NotInEnvironment
from kis_mcp.market import Event, Interest, OrderUpdate, Status, Trade
from kis_mcp.streams import Streams, Waiting, Watches, read_condition
from kis_mcp.streams.conditions import Condition, Simple
from kis_mcp.streams.waiting import Met
from kis_mcp.streams.watch_cursor import WatchCursor, read_watch_cursor
from kis_mcp.trading.venues import Listing
from tests.market.conftest import FakeGateway as FakeKis, NoCache
from tests.streams.test_streams import FakeGateway

NOW = datetime(2026, 3, 4, 10, 31, 5, tzinfo=KST)
TRADES, BOOKS, NOTICES = "domestic_stock_ccnl_krx", "domestic_stock_asking_price_krx", "domestic_stock_ccnl_notice"
SAMSUNG, HYNIX = Interest("005930", "trade", "KR", "krx"), Interest("000660", "trade", "KR", "krx")
SAMSUNG_BOOK, ORDERS = Interest("005930", "book", "KR", "krx"), Interest("", "order")


def apis_of(environment: Environment, *, hts_id: str = "hts-id") -> KisApis:
    accounts: dict[AccountKind, Account] = {"stock": Account("12345678", "01")}
    return KisApis(
        catalog(), FakeKis(), NoCache(), environment=environment, accounts=accounts, hts_id=hts_id, clock=lambda: NOW
    )


class Live:
    """Watches over a link that this test feeds."""

    def __init__(self, apis: KisApis, most: int = 2_000) -> None:
        self.now = NOW
        self.gateway = FakeGateway()
        self.streams = Streams(lambda receiver: self.gateway, most_records=most)
        self.watches = Watches(self.streams, apis, clock=lambda: self.now)

    def send(self, tool: str, *records: Mapping[str, object], seconds: int = 0) -> None:
        api = catalog().find(tool)
        assert api is not None
        fields = api.blocks[0].fields
        payload = "^".join("^".join(str(values.get(field.name, "")) for field in fields) for values in records)
        received_at = self.now + timedelta(seconds=seconds)
        self.streams.receive(Frame(api.tr.real[""], len(records), payload, received_at))

    def trade(self, *prices: int, symbol: str = "005930", seconds: int = 0) -> None:
        records = ({"symbol": symbol, "trade_time": "103105", "price": price} for price in prices)
        self.send(TRADES, *records, seconds=seconds)

    def channels(self) -> list[str]:
        return sorted(f"{channel.tr_id} {channel.key}" for channel in self.gateway.registered)


@pytest.fixture
def live() -> Live:
    return Live(apis_of(Environment.REAL))


def prices(events: Sequence[object]) -> list[int]:
    return [int(event.price) for event in events if isinstance(event, Trade)]


def condition(document: object) -> Condition:
    return read_condition(document, lambda symbol, exchange, market: Listing(symbol, market or "KR", exchange or "krx"))


async def result_of(waiting: Waiting) -> Met:
    async with asyncio.timeout(5):
        return await waiting.until_met()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_same_watch_asked_twice_is_one(live: Live) -> None:
    first = await live.watches.watch([SAMSUNG, HYNIX])
    second = await live.watches.watch([HYNIX, SAMSUNG])
    assert second is first
    assert live.channels() == ["H0STCNT0 000660", "H0STCNT0 005930"]
    other = await live.watches.watch([SAMSUNG])
    assert other.id != first.id
    assert len(live.channels()) == 2


async def test_a_watch_keeps_its_id_when_it_is_opened_again(live: Live) -> None:
    first = await live.watches.watch([SAMSUNG])
    await live.watches.unwatch(first.id)
    assert live.channels() == []
    assert (await live.watches.watch([SAMSUNG])).id == first.id


async def test_a_reader_gets_what_came_since_its_cursor_in_the_order_of_receipt(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG, HYNIX])
    live.trade(71900)
    live.trade(560000, symbol="000660", seconds=1)
    live.trade(72000, seconds=2)
    news, cursor = live.watches.read(watch.id)
    assert prices(news.events) == [71900, 560000, 72000]
    live.trade(72100, seconds=3)
    news, cursor = live.watches.read(watch.id, cursor)
    assert prices(news.events) == [72100]
    assert live.watches.read(watch.id, cursor)[0].events == []


async def test_the_latest_are_told_and_how_many_were_left_out_or_lost() -> None:
    live = Live(apis_of(Environment.REAL), most=5)
    watch = await live.watches.watch([SAMSUNG])
    for price in range(1, 9):
        live.trade(price)
    news, cursor = live.watches.read(watch.id, most={"trade": 2, "book": 1, "order": None, "status": None})
    assert (prices(news.events), news.skipped, news.lost) == ([7, 8], {"trade": 3}, 3)
    assert live.watches.read(watch.id, cursor)[0].events == []


async def test_a_watch_of_a_channel_that_another_has_begins_where_it_was_asked_for(live: Live) -> None:
    await live.watches.watch([SAMSUNG, HYNIX])
    live.trade(71900)
    later = await live.watches.watch([SAMSUNG])
    live.trade(72000)
    assert prices(live.watches.read(later.id)[0].events) == [72000]


async def test_a_late_frame_of_another_instrument_is_not_told(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(560000, symbol="000660")
    live.trade(71900)
    assert prices(live.watches.read(watch.id)[0].events) == [71900]


async def test_a_trade_that_two_sessions_tell_is_told_once(live: Live) -> None:
    tool, apple = "overseas_stock_delayed_ccnl", Interest("AAPL", "trade", "US", "nasdaq")
    watch = await live.watches.watch([apple])
    assert live.channels() == ["HDFSCNT0 DNASAAPL", "HDFSCNT0 RBAQAAPL"]
    for volume in (100, 100, 200):
        values = {
            "symbol": "AAPL",
            "korea_date": "20260304",
            "korea_time": "103105",
            "price": "198.5",
            "volume": volume,
        }
        for key in ("DNASAAPL", "RBAQAAPL"):
            live.send(tool, {"realtime_symbol": key, **values})
    news, _ = live.watches.read(watch.id)
    assert [event.volume for event in news.events if isinstance(event, Trade)] == [100, 100, 200]
    assert [event.symbol for event in watch.latest()] == ["AAPL"]


async def test_a_cursor_of_an_earlier_watch_says_that_it_tells_nothing(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(1, 2, 3)
    _, cursor = live.watches.read(watch.id)
    await live.watches.unwatch(watch.id)
    live.now += timedelta(minutes=5)
    await live.watches.watch([SAMSUNG])
    live.trade(4)
    news, _ = live.watches.read(watch.id, cursor)
    assert (prices(news.events), news.is_from_start) == ([4], True)


@pytest.mark.parametrize(
    "cursor", ["nonsense", "W10", "é", "eyJhIjoxfQ", "MQ", "w1-1", "w1-1-1.0123abcd.1.Zm9", "w1-1-" + "1" * 9000]
)
async def test_a_cursor_that_is_none_is_refused(live: Live, cursor: str) -> None:
    watch = await live.watches.watch([SAMSUNG])
    with pytest.raises(BadArgument) as refused:
        live.watches.read(watch.id, cursor)
    assert refused.value.field == "cursor"


async def test_a_cursor_of_another_watch_is_refused_with_its_name(live: Live) -> None:
    samsung, hynix = await live.watches.watch([SAMSUNG]), await live.watches.watch([HYNIX])
    _, cursor = live.watches.read(hynix.id)
    with pytest.raises(BadArgument, match=hynix.id):
        live.watches.read(samsung.id, cursor)


async def test_a_watch_that_is_not_is_refused_with_those_that_are(live: Live) -> None:
    with pytest.raises(BadArgument, match="There is no watch w1") as refused:
        live.watches.read("w1")
    assert "call watch first" in refused.value.remedy
    watch = await live.watches.watch([SAMSUNG])
    with pytest.raises(BadArgument) as refused:
        live.watches.read("w1")
    assert watch.id in refused.value.remedy


async def test_a_wait_ends_with_the_event_that_meets_it_and_goes_on_behind_it(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    wanted = condition({"symbol": "005930", "price_above": 72500})
    waiting = asyncio.create_task(live.watches.wait(watch.id, wanted).until_met())
    await settle()
    live.trade(72400)
    await settle()
    assert not waiting.done()
    live.trade(72600, 72700)
    met = await waiting
    assert met.words == "005930 traded at 72,600, at or above 72,500 at 10:31:05 KST"
    assert prices(live.watches.read(watch.id, met.cursor)[0].events) == [72700]


async def test_a_wait_is_met_at_once_by_what_is_so_already(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(72600)
    met = await result_of(live.watches.wait(watch.id, condition({"symbol": "005930", "price_above": 72500})))
    assert met.words == "It held already: 005930 traded at 72,600, at or above 72,500 as of 10:31:05 KST"


class LookUp:
    """Looks up how things are: always the same."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.tests: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    async def __call__(self, parts: Sequence[Simple]) -> Sequence[Event]:
        self.tests += [part.test for part in parts]
        self.meanwhile()
        return self.events


IDENTITY: dict[str, Any] = {"symbol": "005930", "market": "KR", "exchange": "krx", "time": NOW, "received_at": NOW}
FILL = OrderUpdate(
    **IDENTITY, step="filled", order_id="0000000012", filled_quantity=Decimal(3), fill_price=Decimal("70000.00")
)


@pytest.mark.parametrize(
    ("test", "event", "words"),
    [
        ({"symbol": "005930", "price_above": 72500}, Trade(**IDENTITY, price=Decimal(72600)), "traded at 72,600"),
        ({"symbol": "005930", "halted": False}, Status(**IDENTITY, halted=False), "has its trading halt off"),
        ({"symbol": "005930", "vi": False}, Status(**IDENTITY, vi_active=False), "(VI) off"),
        ({"order": "filled", "order_id": "12"}, FILL, "has an order filled (0000000012, 3 at 70,000)"),
    ],
)
async def test_a_wait_is_met_at_once_by_what_was_so_before_anything_came(
    live: Live, test: dict[str, object], event: Event, words: str
) -> None:
    met = await result_of(await live.watches.watch_and_wait(condition(test), look_up=LookUp(event)))
    assert met.words.startswith("It held already: 005930 ")
    assert words in met.words


@pytest.mark.parametrize(
    ("test", "event"),
    [
        ({"symbol": "005930", "price_crosses_up": 72500}, Trade(**IDENTITY, price=Decimal(72600))),
        ({"order": "filled"}, FILL),
        ({"order": "any", "order_id": "12"}, FILL),
        ({"symbol": "005930", "event": "trade"}, Trade(**IDENTITY, price=Decimal(72600))),
    ],
)
async def test_what_has_to_happen_is_not_met_by_how_things_are(
    live: Live, test: dict[str, object], event: Event
) -> None:
    waiting = await live.watches.watch_and_wait(condition(test), look_up=LookUp(event))
    task = asyncio.create_task(waiting.until_met())
    await settle()
    assert not task.done()
    task.cancel()


async def test_a_present_price_tells_the_side_that_a_crossing_comes_from(live: Live) -> None:
    look_up = LookUp(Trade(**IDENTITY, price=Decimal(72400)))
    wanted = condition({"symbol": "005930", "price_crosses_up": 72500})
    waiting = await live.watches.watch_and_wait(wanted, look_up=look_up)
    task = asyncio.create_task(waiting.until_met())
    await settle()
    live.trade(72600)
    assert "traded at 72,600, up through 72,500" in (await task).words


async def test_only_what_the_watch_has_not_told_since_the_last_gap_is_looked_up(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(72400)
    wanted = condition({"symbol": "005930", "price_above": 72500})

    async def tests_looked_up() -> list[str]:
        look_up = LookUp()
        task = asyncio.create_task(live.watches.wait(watch.id, wanted, look_up=look_up).until_met())
        await settle()
        task.cancel()
        return look_up.tests

    assert await tests_looked_up() == []
    live.streams.report_gap(Gap(NOW, NOW + timedelta(seconds=3)))
    assert await tests_looked_up() == ["price_above"]
    live.trade(72400, seconds=4)
    assert await tests_looked_up() == []
    live.streams.report_outage(Outage(NOW, "KIS closed it.", (Channel("H0STCNT0", "005930"),)))
    assert await tests_looked_up() == ["price_above"]


async def test_what_comes_during_the_look_did_not_hold_already(live: Live) -> None:
    look_up = LookUp(Trade(**IDENTITY, price=Decimal(72400)))
    look_up.meanwhile = lambda: live.trade(72600)
    wanted = condition({"symbol": "005930", "price_above": 72500})
    met = await result_of(await live.watches.watch_and_wait(wanted, look_up=look_up))
    assert met.words.startswith("005930 traded at 72,600")


async def test_a_wait_that_was_given_up_during_the_look_looks_again(live: Live) -> None:
    async def hang(parts: Sequence[Simple]) -> Sequence[Event]:
        await asyncio.Event().wait()
        return []

    wanted = condition({"symbol": "005930", "price_above": 72500})
    waiting = await live.watches.watch_and_wait(wanted, look_up=hang)
    task = asyncio.create_task(waiting.until_met())
    await settle()
    task.cancel()
    look_up = LookUp(Trade(**IDENTITY, price=Decimal(72600)))
    again = await live.watches.watch_and_wait(wanted, waiting.cursor(), look_up)
    assert (await result_of(again)).words.startswith("It held already")


async def test_what_happened_before_a_wait_does_not_meet_it(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(72600)
    waiting = asyncio.create_task(
        live.watches.wait(watch.id, condition({"symbol": "005930", "event": "trade"})).until_met()
    )
    await settle()
    assert not waiting.done()
    live.trade(72700)
    assert "had a trade event" in (await waiting).words


async def test_a_wait_that_was_given_up_goes_on_from_its_cursor_without_missing_anything(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    wanted = condition({"symbol": "005930", "price_crosses_up": 72500})
    waiting = live.watches.wait(watch.id, wanted)
    task = asyncio.create_task(waiting.until_met())
    await settle()
    live.trade(72400)
    await settle()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    live.trade(72600)
    live.trade(72700)
    met = await result_of(live.watches.wait(watch.id, wanted, waiting.cursor()))
    assert "traded at 72,600, up through 72,500" in met.words


async def test_another_condition_starts_anew_from_the_cursor(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    first = live.watches.wait(watch.id, condition({"symbol": "005930", "price_above": 80000}))
    live.trade(72600)
    other = live.watches.wait(watch.id, condition({"symbol": "005930", "event": "trade"}), first.cursor())
    assert "had a trade event" in (await result_of(other)).words


async def test_a_wait_on_a_watch_that_ends_is_told_so(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    waiting = asyncio.create_task(
        live.watches.wait(watch.id, condition({"symbol": "005930", "price_above": 1})).until_met()
    )
    await settle()
    await live.watches.unwatch(watch.id)
    with pytest.raises(BadArgument, match="is over: it was ended"):
        await waiting


async def test_a_watch_that_nobody_reads_ends_by_itself_and_says_so(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.now += timedelta(hours=11)
    live.watches.read(watch.id)
    live.now += timedelta(hours=11, minutes=59)
    await live.watches.watch([HYNIX])
    assert watch in live.watches.watches()
    live.now += timedelta(minutes=1)
    await live.watches.watch([HYNIX])
    assert live.channels() == ["H0STCNT0 000660"]
    with pytest.raises(BadArgument, match="nobody read it for 12 hours"):
        live.watches.read(watch.id)


async def test_a_watch_that_somebody_listens_to_goes_on(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    heard: list[int] = []
    stop = live.watches.listen(watch.id, lambda: heard.append(1))
    live.trade(71900)
    live.now += timedelta(days=2)
    await live.watches.watch([HYNIX])
    assert (watch in live.watches.watches(), heard) == (True, [1])
    stop()
    await live.watches.watch([HYNIX])
    assert (watch in live.watches.watches(), heard) == (False, [1])


async def test_a_refused_channel_leaves_no_watch_and_no_slot(live: Live) -> None:
    live.gateway.refusal = BadArgument("KIS refused.", remedy="Another.", kis_code="OPSP8992")
    with pytest.raises(BadArgument, match="KIS refused"):
        await live.watches.watch([SAMSUNG, HYNIX])
    assert (live.watches.watches(), live.streams.streams()) == ([], [])


async def test_a_refusal_for_want_of_slots_names_the_watches_that_hold_them(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG, SAMSUNG_BOOK])
    live.gateway.refusal = BadArgument("All are taken.", remedy="End one.")
    with pytest.raises(BadArgument) as refused:
        await live.watches.watch([HYNIX])
    assert refused.value.remedy == f"End one. Watches: {watch.id} (005930 book+trade: 2 slots)."
    assert len(live.channels()) == 2


async def test_a_gap_and_the_loss_of_a_channel_are_told(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG, HYNIX])
    gap = Gap(NOW, NOW + timedelta(seconds=3), ((Channel("H0STCNT0", "000660"), "KIS refused it."),))
    live.streams.report_gap(gap)
    news, _ = live.watches.read(watch.id)
    assert news.gaps == [gap]
    assert [feed.lost_because for feed in watch.feeds] == ["KIS refused it.", ""]


async def test_each_reader_is_told_of_a_gap_once_on_a_quiet_channel_too(live: Live) -> None:
    await live.watches.watch([HYNIX])
    live.streams.report_gap(Gap(NOW, NOW))
    watch = await live.watches.watch([SAMSUNG, HYNIX])
    gap = Gap(NOW, NOW + timedelta(seconds=3))
    live.streams.report_gap(gap)
    news, cursor = live.watches.read(watch.id)
    assert news.gaps == [gap]
    assert live.watches.read(watch.id, cursor)[0].gaps == []
    waiting = live.watches.wait(watch.id, condition({"symbol": "005930", "price_above": 80000}), cursor)
    live.streams.report_gap(gap)
    live.trade(90000)
    met = await result_of(waiting)
    assert list(waiting.gaps) == [gap]
    assert live.watches.read(watch.id, met.cursor)[0].gaps == []


async def test_a_cursor_of_twenty_symbols_is_short(live: Live) -> None:
    symbols = [f"{number:06}" for number in range(20)]
    watch = await live.watches.watch([Interest(symbol, "trade", "KR", "krx") for symbol in symbols])
    for symbol in symbols:
        live.trade(*range(71_000, 71_040), symbol=symbol)
    _, cursor = live.watches.read(watch.id)
    assert len(cursor) < 120
    test = {"all": [{"symbol": symbol, "price_crosses_up": 72500} for symbol in symbols]}
    waiting = live.watches.wait(watch.id, condition(test), cursor)
    assert len(waiting.cursor()) < 160


@given(st.lists(st.integers(0, 10**12), max_size=5), st.integers(0, 10**14), st.integers(0, 99))
def test_a_cursor_reads_as_it_was_written(positions: list[int], opened: int, gaps: int) -> None:
    state = [[True, True, "traded at 72,600, 삼성"], [False, True, ""], [False, False, ""]]
    for cursor in (
        WatchCursor("waujwdv", opened, gaps, positions),
        WatchCursor("waujwdv", opened, gaps, positions, "0123abcd", state),
    ):
        assert read_watch_cursor(str(cursor)) == cursor


async def test_a_wait_that_goes_on_tells_what_held_before_as_it_was_waited_for(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG, ORDERS])
    wanted = condition({"all": [{"symbol": "005930", "price_above": 72500}, {"order": "filled"}]})
    waiting = live.watches.wait(watch.id, wanted)
    task = asyncio.create_task(waiting.until_met())
    await settle()
    live.trade(72600)
    await settle()
    task.cancel()
    assert len(waiting.cursor()) < 80
    of_order = {"order_id": "1", "symbol": "005930", "side": "02"}
    live.send(NOTICES, of_order | {"notice_type": "2", "fill_quantity": 3, "fill_price": 70000})
    met = await result_of(live.watches.wait(watch.id, wanted, waiting.cursor()))
    assert met.words.startswith("005930 trades at or above 72,500; 005930 has an order filled (1, 3 at 70,000)")


async def test_nothing_is_told_of_a_watch_by_another_count_of_positions(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG, HYNIX])
    live.trade(1)
    _, cursor = live.watches.read(watch.id)
    news, _ = live.watches.read(watch.id, cursor.rpartition("-")[0])
    assert prices(news.events) == [1]


async def test_a_lost_channel_is_registered_again_when_the_watch_is_asked_for_again(live: Live) -> None:
    watch = await live.watches.watch([SAMSUNG])
    live.trade(1, 2, 3)
    _, cursor = live.watches.read(watch.id)
    live.streams.report_gap(Gap(NOW, NOW, ((Channel("H0STCNT0", "005930"), "KIS refused it."),)))
    live.gateway.registered.clear()
    live.now += timedelta(minutes=1)
    await live.watches.watch([SAMSUNG])
    assert live.channels() == ["H0STCNT0 005930"]
    live.trade(4)
    news, _ = live.watches.read(watch.id, cursor)
    assert (prices(news.events), news.is_from_start) == ([4], True)


async def test_ending_a_watch_takes_no_channel_from_one_that_registered_it_after_a_loss(live: Live) -> None:
    both = await live.watches.watch([SAMSUNG, HYNIX])
    live.streams.report_gap(Gap(NOW, NOW, ((Channel("H0STCNT0", "005930"), "KIS refused it."),)))
    live.gateway.registered.remove(Channel("H0STCNT0", "005930"))
    alone = await live.watches.watch([SAMSUNG])
    await live.watches.unwatch(both.id)
    assert live.channels() == ["H0STCNT0 005930"]
    live.trade(71900)
    assert prices(live.watches.read(alone.id)[0].events) == [71900]


async def test_own_orders_are_those_of_every_market_that_has_an_account(live: Live) -> None:
    watch = await live.watches.watch([ORDERS])
    assert "H0STCNI0 hts-id" in live.channels()
    of_order = {"order_id": "1", "symbol": "005930", "side": "02"}
    live.send(NOTICES, of_order | {"notice_type": "2", "fill_quantity": 3, "fill_price": 70000})
    (fill,) = live.watches.read(watch.id)[0].events
    assert (fill.kind, fill.symbol) == ("order", "005930")


async def test_demo_watches_the_orders_that_it_has_notices_of_and_refuses_us_quotes() -> None:
    live = Live(apis_of(Environment.DEMO))
    await live.watches.watch([ORDERS])
    assert {text.split()[0] for text in live.channels()} <= {"H0STCNI9", "H0GSCNI9", "H0IFCNI9"}
    with pytest.raises(NotInEnvironment):
        await live.watches.watch([Interest("AAPL", "trade", "US", "nasdaq")])


async def test_orders_want_the_hts_id() -> None:
    live = Live(apis_of(Environment.REAL, hts_id=""))
    with pytest.raises(CredentialsError) as refused:
        await live.watches.watch([ORDERS])
    assert refused.value.field == "KIS_HTS_ID"


async def test_nothing_is_no_watch(live: Live) -> None:
    with pytest.raises(BadArgument, match="Nothing"):
        await live.watches.watch([])


async def test_a_cancelled_caller_leaves_a_whole_watch(live: Live) -> None:
    live.gateway.answer.clear()
    asking = asyncio.create_task(live.watches.watch([SAMSUNG, HYNIX]))
    await settle()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    live.gateway.answer.set()
    await settle()
    (watch,) = live.watches.watches()
    await live.watches.unwatch(watch.id)
    assert live.channels() == []


async def test_whoever_listens_to_all_is_told_of_each_watch_that_opens_or_ends_and_of_no_more(live: Live) -> None:
    open_then: list[int] = []
    live.watches.listen_to_all(lambda: open_then.append(len(live.watches.watches())))
    watch = await live.watches.watch([SAMSUNG])
    await live.watches.watch([SAMSUNG])
    live.trade(71900)
    await live.watches.watch([HYNIX], idle_after=timedelta(hours=1))
    live.now += timedelta(hours=2)
    await live.watches.watch([SAMSUNG])
    await live.watches.unwatch(watch.id)
    assert open_then == [1, 2, 1, 0]
