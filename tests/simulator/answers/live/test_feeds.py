"""What comes live of each TR, at a moment of an open session."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from kis_mcp.catalog.decode import decode_frame
from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator.answers.live import FEEDS, is_known
from kis_mcp.simulator.answers.live.silent import SILENT
from kis_mcp.simulator.answers.live.source import block_of
from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from tests.simulator.answers.live.feeds import SECOND, by_name, records, rest
from tests.simulator.answers.live.twins import TWINS
from tests.simulator.answers.test_every_api import Direct
from tests.simulator.wire import MONDAY


def test_every_tr_about_markets_is_served():
    live = {
        tr_id
        for api in catalog().apis
        if api.kind == "websocket" and api.risk == "read"
        for tr_id in api.tr.real.values()
    }
    assert FEEDS.keys() == live == TWINS.keys() | SILENT.keys()


@pytest.mark.parametrize("tr_id", [tr_id for tr_id, twin in TWINS.items() if twin.tool])
def test_the_newest_record_says_what_the_rest_api_says_at_that_moment(tr_id: str, direct: Direct):
    twin = TWINS[tr_id]
    live = by_name(tr_id, records(direct.kis.world, tr_id, twin.key, twin.at)[-1])
    answer = rest(direct, twin.rest_at, twin.tool, twin.arguments, twin.block)
    shared = (live.keys() & answer.keys()) - set(twin.apart)
    assert set(twin.names) <= shared
    assert {name: live[name] for name in shared} == {name: answer[name] for name in shared}


@pytest.mark.parametrize("tr_id", [tr_id for tr_id in TWINS if tr_id[4:8] == "CNT0" and "volume" in TWINS[tr_id].names])
def test_the_sizes_of_the_trades_add_up_to_the_volume_of_the_rest_api(tr_id: str, direct: Direct):
    twin = TWINS[tr_id]
    stretch = timedelta(minutes=5)
    sizes = [by_name(tr_id, r)["trade_volume"] for r in records(direct.kis.world, tr_id, twin.key, twin.at, stretch)]
    before, now = (
        rest(direct, at, twin.tool, twin.arguments)["volume"] for at in (twin.rest_at - stretch, twin.rest_at)
    )
    assert sum(sizes) == now - before


@pytest.mark.parametrize("tr_id", [tr_id for tr_id in TWINS if tr_id[4:] in ("ASP0", "ASP1", "F010")])
def test_a_book_is_the_one_in_which_orders_are_matched(tr_id: str, direct: Direct):
    twin, market = TWINS[tr_id], direct.kis.world.market
    live = by_name(tr_id, records(direct.kis.world, tr_id, twin.key, twin.at)[-1])
    instrument = market.instruments[str(twin.arguments["symbol"])]
    for side, levels in (
        ("ask", market.book(instrument, twin.rest_at).asks),
        ("bid", market.book(instrument, twin.rest_at).bids),
    ):
        told = [
            live[f"{side}_{part}_{n}"]
            for n in range(1, 11)
            for part in ("price", "quantity")
            if f"{side}_price_{n}" in live
        ]
        assert told == [part for level in levels for part in (level.price, level.quantity)][: len(told)] != []


@pytest.mark.parametrize("tr_id", ["HDFFF010", "H0BJASP0", "H0EWASP0"])
def test_a_book_whose_changes_are_not_told_is_worked_out_of_its_own_tick_only(
    tr_id: str, direct: Direct, monkeypatch: pytest.MonkeyPatch
):
    moments = set[datetime]()

    def book(market: Market, instrument: Instrument, now: datetime) -> Book:
        moments.add(now)
        return work_out(market, instrument, now)

    work_out = Market.book
    monkeypatch.setattr(Market, "book", book)
    told = records(direct.kis.world, tr_id, TWINS[tr_id].key, TWINS[tr_id].at)
    assert len(told) == len(moments) == 1


@pytest.mark.parametrize("tr_id", TWINS)
def test_stretches_that_follow_each_other_lose_no_record_and_repeat_none(tr_id: str, direct: Direct):
    world, key, at = direct.kis.world, TWINS[tr_id].key, TWINS[tr_id].at
    steps = [at - SECOND * 30 + SECOND * 0.7 * n for n in range(44)]
    pieces = [r for since, until in pairwise(steps) for r in FEEDS[tr_id](world, key, since, until)]
    assert pieces == list(FEEDS[tr_id](world, key, steps[0], steps[-1]))


@pytest.mark.parametrize("tr_id", TWINS)
def test_what_happens_when_a_stretch_begins_belongs_to_the_one_before(tr_id: str, direct: Direct):
    twin, feed = TWINS[tr_id], FEEDS[tr_id]
    assert feed(direct.kis.world, twin.key, twin.at, twin.at + SECOND) == []
    assert feed(direct.kis.world, twin.key, twin.at - SECOND, twin.at) != []


@pytest.mark.parametrize("tr_id", TWINS)
def test_a_record_has_elements_of_its_table_only_and_reads_without_a_note(tr_id: str, direct: Direct):
    fields = block_of(tr_id).fields
    record = records(direct.kis.world, tr_id, TWINS[tr_id].key, TWINS[tr_id].at)[-1]
    assert record.keys() <= {field.element.upper() for field in fields}
    (api,) = catalog().of_kis(tr_id)
    payload = "^".join(record.get(field.element.upper(), "") for field in fields)
    assert decode_frame(api, payload, 1).notes == []


@pytest.mark.parametrize("tr_id", TWINS)
def test_only_keys_of_what_is_listed_are_known(tr_id: str, direct: Direct):
    world, key, at = direct.kis.world, TWINS[tr_id].key, TWINS[tr_id].at
    assert [is_known(world, tr_id, k, at) for k in (key, "", "NOTHING")] == [True, False, False]
    assert [records(world, tr_id, k, at) for k in ("", "NOTHING")] == [(), ()]


@pytest.mark.parametrize(("tr_id", "key"), [("H0STOUP0", "005930"), ("H0STOAA0", "005930"), ("H0BICNT0", "KBPR01")])
def test_what_the_world_has_nothing_of_is_known_and_silent(tr_id: str, key: str, direct: Direct):
    world = direct.kis.world
    assert [is_known(world, tr_id, k, MONDAY) for k in (key, "NOTHING")] == [True, False]
    assert records(world, tr_id, key, MONDAY, timedelta(days=1)) == ()
