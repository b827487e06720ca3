"""When which records come: sessions, auctions, interruptions, delays."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.simulator import SimulatorOptions
from kis_mcp.simulator.answers.live import is_known
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.world import Founding, World
from tests.simulator import test_replay as replay
from tests.simulator.answers.live.feeds import by_name, records
from tests.simulator.answers.live.twins import TWINS
from tests.simulator.answers.test_every_api import Direct
from tests.simulator.wire import MONDAY

DAY, MINUTES = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def with_hours() -> World:
    """A world whose exchanges keep their hours."""
    return World(Founding(), SimulatorOptions(market_hours=True), StateStore(None), {})


def at(clock: str) -> datetime:
    """On a trading day in Korea."""
    return datetime.strptime(f"2026-06-15 {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)


def times(world: World, tr_id: str, key: str, until: datetime, stretch: timedelta) -> list[str]:
    return [str(by_name(tr_id, r)["trade_time"]) for r in records(world, tr_id, key, until, stretch)]


def test_trades_come_from_the_open_to_the_close_of_a_market_with_hours(with_hours: World):
    day = [str(t).zfill(6) for t in times(with_hours, "H0STCNT0", "005930", at("23:59:59"), DAY)]
    assert (day[0], day[-1]) == ("090000", "152940")


def test_a_stretch_over_a_night_has_the_end_of_one_day_and_the_begin_of_the_next(with_hours: World):
    next_open = at("09:00:00") + DAY
    two = records(with_hours, "H0STCNT0", "005930", next_open, next_open - at("15:29:40") + timedelta(seconds=1))
    assert [(r["BSOP_DATE"], r["STCK_CNTG_HOUR"]) for r in two] == [("20260615", "152940"), ("20260616", "090000")]


def test_over_days_off_nothing_comes(with_hours: World):
    sunday = at("12:00:00") - DAY
    assert records(with_hours, "H0STCNT0", "005930", sunday, DAY) == []


@pytest.mark.parametrize("tr_id", ["H0MFCNT0", "H0MFASP0", "H0EUCNT0", "H0EUANC0"])
def test_a_world_with_hours_has_no_night_session(with_hours: World, tr_id: str):
    key = TWINS[tr_id].key
    assert records(with_hours, tr_id, key, at("12:00:00"), DAY) == ()


def test_a_world_with_hours_has_no_daytime_market_of_america(with_hours: World):
    until = at("23:00:00")
    free, daytime = (records(with_hours, "HDFSCNT0", key, until) for key in ("DNASAAPL", "RBAQAAPL"))
    assert (len(free), daytime) == (1, ())


def test_expected_prices_come_in_the_ten_minutes_before_the_open_and_before_the_close(with_hours: World):
    found = records(with_hours, "H0STANC0", "005930", at("23:59:59"), DAY)
    told = [by_name("H0STANC0", r) for r in found]
    assert "".join(str(record["quote_session"]) for record in told) == "B" * 30 + "A" * 30
    assert (found[0]["STCK_CNTG_HOUR"], found[29]["STCK_CNTG_HOUR"]) == ("085020", "090000")
    assert (found[30]["STCK_CNTG_HOUR"], found[59]["STCK_CNTG_HOUR"]) == ("152000", "152940")
    first, last = (records(with_hours, "H0STCNT0", "005930", at(clock))[-1] for clock in ("09:00:00", "15:29:40"))
    assert [(r["STCK_PRPR"], r["CNTG_VOL"]) for r in (found[29], found[59])] == [
        (r["STCK_PRPR"], r["CNTG_VOL"]) for r in (first, last)
    ]


INTERRUPTED, RESUMED = "003670", MONDAY.replace(hour=16, minute=37)
STOPPED = RESUMED - 2 * MINUTES


@pytest.mark.parametrize("tr_id", ["H0STMKO0", "H0NXMKO0", "H0UNMKO0"])
def test_an_interruption_is_told_when_it_begins_and_when_it_ends(tr_id: str, direct: Direct):
    found = records(direct.kis.world, tr_id, INTERRUPTED, RESUMED + MINUTES, 10 * MINUTES)
    assert [r["VI_CLS_CODE"] for r in found] == ["Y", "N"]
    assert records(direct.kis.world, tr_id, INTERRUPTED, STOPPED) == found[:1]


@pytest.mark.parametrize("tr_id", ["H0STANC0", "H0NXANC0", "H0UNANC0"])
def test_while_a_share_is_interrupted_expected_prices_come_instead_of_trades(tr_id: str, direct: Direct):
    world, stretch = direct.kis.world, RESUMED - STOPPED
    (trade,) = records(world, "H0STCNT0", INTERRUPTED, RESUMED, stretch)
    found = records(world, tr_id, INTERRUPTED, RESUMED, stretch)
    clocks = ["163520", "163540", "163600", "163620", "163640", "163700"]
    assert [(r["STCK_CNTG_HOUR"], r["HOUR_CLS_CODE"]) for r in found] == [(clock, "C") for clock in clocks]
    ends = ("STCK_CNTG_HOUR", "STCK_PRPR", "CNTG_VOL", "PRDY_VRSS")
    assert [found[-1][element] for element in ends] == [trade[element] for element in ends]


@pytest.mark.parametrize("tr_id", ["H0STMBC0", "H0STPGM0"])
def test_while_a_share_is_interrupted_nobody_buys_or_sells(tr_id: str, direct: Direct):
    world, stretch = direct.kis.world, RESUMED - STOPPED
    assert records(world, tr_id, INTERRUPTED, RESUMED, stretch) == records(world, tr_id, INTERRUPTED, RESUMED)


def test_the_turnover_of_night_futures_is_in_thousand_won(direct: Direct):
    day, night = (records(direct.kis.world, tr_id, "101W09", MONDAY)[-1] for tr_id in ("H0IFCNT0", "H0MFCNT0"))
    assert int(night["ACML_TR_PBMN"]) == int(day["ACML_TR_PBMN"]) // 1_000 > 0


def test_the_reference_of_static_interruptions_is_the_price_of_the_last_auction(direct: Direct):
    moments = (MONDAY.replace(hour=0), STOPPED, RESUMED, RESUMED + MINUTES)
    opening, before, resumed, after = (records(direct.kis.world, "H0STCNT0", INTERRUPTED, when)[-1] for when in moments)
    assert before["VI_STND_PRC"] == opening["STCK_PRPR"] != resumed["STCK_PRPR"]
    assert after["VI_STND_PRC"] == resumed["VI_STND_PRC"] == resumed["STCK_PRPR"]


def test_nextrade_tells_nothing_of_what_it_does_not_trade_and_neither_do_trades_of_both_venues(direct: Direct):
    krx_only, world = "005385", direct.kis.world
    tr_ids = ("H0STCNT0", "H0NXCNT0", "H0UNCNT0", "H0NXASP0", "H0UNASP0")
    assert [len(records(world, tr_id, krx_only, MONDAY)) for tr_id in tr_ids] == [1, 0, 0, 0, 1]
    assert all(is_known(world, tr_id, krx_only, MONDAY) for tr_id in tr_ids)


def test_free_quotes_of_asia_are_fifteen_minutes_late_and_paid_ones_are_not(direct: Direct):
    keys = ("DTSE7203", "RTSE7203")
    found = [records(direct.kis.world, "HDFSCNT0", key, MONDAY)[-1] for key in keys]
    assert [(r["KHMS"], r["RSYM"]) for r in found] == list(zip(("104500", "110000"), keys, strict=True))


@pytest.mark.parametrize(
    ("tr_id", "known"),
    [
        ("HDFSCNT0", "DNASAAPL RNASAAPL RBAQAAPL DTSE7203 RTSE7203"),
        ("HDFSASP0", "DNASAAPL RBAQAAPL RTSE7203"),
        ("HDFSASP1", "DTSE7203"),
    ],
)
def test_keys_abroad_are_those_that_kis_lists(tr_id: str, known: str, direct: Direct):
    some = "DNASAAPL RNASAAPL RBAQAAPL DBAQAAPL DNYSAAPL DTSE7203 RTSE7203 DNAS7203 AAPL DNAS"
    assert " ".join(k for k in some.split() if is_known(direct.kis.world, tr_id, k, MONDAY)) == known


def test_a_fall_abroad_is_told_without_a_sign(direct: Direct):
    week = [r for n in range(7) for r in records(direct.kis.world, "HDFSCNT0", "DNASAAPL", MONDAY - n * DAY, MINUTES)]
    falls = [r for r in week if r["SIGN"] == "5"]
    assert falls
    assert all(Decimal(r["DIFF"]) > 0 > Decimal(r["RATE"]) for r in falls)


@pytest.mark.parametrize(("tr_id", "key"), [("H0STASP0", "005930"), ("H0IFASP0", "101W09"), ("HDFSASP0", "DNASAAPL")])
def test_the_sums_of_a_book_change_by_what_the_next_record_says(tr_id: str, key: str, direct: Direct):
    found = [by_name(tr_id, r) for r in records(direct.kis.world, tr_id, key, MONDAY, 5 * MINUTES)]
    for side in ("ask", "bid"):
        totals = [r[f"total_{side}_quantity"] for r in found]
        assert [r[f"total_{side}_quantity_change"] for r in found[1:]] == [b - a for a, b in pairwise(totals)]


def test_the_value_of_a_fund_comes_only_when_it_has_moved(direct: Direct):
    found = records(direct.kis.world, "H0STNAV0", "069500", MONDAY, 10 * MINUTES)
    assert len(found) > 1
    assert all(one["NAV"] != other["NAV"] for one, other in pairwise(found))


def test_a_users_candles_are_told_as_trades(tmp_path: Path):
    candles = replay.candles(tmp_path, [*replay.DAYS, *replay.MINUTES])
    options = SimulatorOptions(clock=replay.at(), replay_paths=(candles,), market_hours=True)
    world = EmbeddedKis(options, catalog()).world
    found = records(world, "H0STCNT0", "005930", at("09:01:59"), 2 * MINUTES)
    assert [(r["STCK_CNTG_HOUR"], r["STCK_PRPR"], r["CNTG_VOL"]) for r in found] == [
        ("090000", "62000", "100"),
        ("090020", "62300", "100"),
        ("090040", "62100", "100"),
        ("090100", "62000", "33"),
        ("090120", "62500", "33"),
        ("090140", "62400", "34"),
    ]
    assert (found[2]["STCK_LWPR"], found[2]["LWPR_HOUR"], found[2]["HGPR_HOUR"]) == ("61800", "090020", "090020")
    assert records(world, "H0STCNT0", "005930", at("09:02:59"), MINUTES - timedelta(seconds=1)) == []
