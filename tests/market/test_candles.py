"""Price history: paging backwards, merging minutes, cutting to what was asked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kis_mcp.catalog.apis import KisApis
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.environment import Environment
from kis_mcp.errors import NotInEnvironment
from kis_mcp.market.candles import MAX_PAGES, CandleRange, get_candles
from kis_mcp.market.instruments import builtin_instruments
from tests.market.conftest import NOW, FakeGateway, apis_of

SAMSUNG = builtin_instruments().resolve("005930")
APPLE = builtin_instruments().resolve("AAPL")
LISTED = date(2025, 1, 2)


def weekdays(first: date, last: date) -> Iterator[date]:
    """Newest first."""
    day = last
    while day >= first:
        if day.weekday() < 5:
            yield day
        day -= timedelta(days=1)


def korean_day(day: date) -> dict[str, str]:
    price = str(50_000 + day.toordinal() % 1000)
    names = ("stck_clpr", "stck_oprc", "stck_hgpr", "stck_lwpr")
    return {"stck_bsop_date": f"{day:%Y%m%d}", "acml_vol": "7", **dict.fromkeys(names, price)}


def korean_days(elements: Mapping[str, str]) -> dict[str, Any]:
    first = max(LISTED, date.fromisoformat(elements["FID_INPUT_DATE_1"]))
    last = min(NOW.date(), date.fromisoformat(elements["FID_INPUT_DATE_2"]))
    days = list(weekdays(first, last))
    if elements["FID_PERIOD_DIV_CODE"] == "M":
        days = [next(group) for _, group in groupby(days, key=lambda day: (day.year, day.month))]
    return {"output1": {}, "output2": [korean_day(day) for day in days[:100]] + [{}]}


def minutes_back(last: datetime, opening: time, closing: time, first: date) -> Iterator[datetime]:
    """Single minutes of trading sessions, newest first."""
    for day in weekdays(first, last.date()):
        minute = min(last, datetime.combine(day, closing, last.tzinfo)).replace(second=0)
        while minute >= datetime.combine(day, opening, last.tzinfo):
            yield minute
            minute -= timedelta(minutes=1)


def korean_minutes(elements: Mapping[str, str], first: date = date(2026, 2, 19)) -> dict[str, Any]:
    day, clock = date.fromisoformat(elements["FID_INPUT_DATE_1"]), elements["FID_INPUT_HOUR_1"]
    last = min(NOW, datetime.combine(day, time.fromisoformat(clock), KST))
    stamps = minutes_back(last, time(9), time(15, 29), first)
    rows = [
        {
            "stck_bsop_date": f"{stamp:%Y%m%d}",
            "stck_cntg_hour": f"{stamp:%H%M%S}",
            "stck_oprc": "100",
            "stck_hgpr": str(200 + stamp.minute),
            "stck_lwpr": str(90 - stamp.minute),
            "stck_prpr": "110",
            "cntg_vol": "1",
        }
        for stamp, _ in zip(stamps, range(120), strict=False)
    ]
    return {"output1": {}, "output2": rows}


def american_minutes(elements: Mapping[str, str]) -> dict[str, Any]:
    told = elements["KEYB"]
    last = datetime.strptime(told, "%Y%m%d%H%M%S").replace(tzinfo=NEW_YORK) if told else NOW.astimezone(NEW_YORK)
    step = int(elements["NMIN"])
    stamps = (s for s in minutes_back(last, time(9, 30), time(15, 59), date(2026, 2, 20)) if s.minute % step == 0)
    prices = dict.fromkeys(("open", "high", "low", "last"), "198.5")
    rows = [
        {"xymd": f"{stamp:%Y%m%d}", "xhms": f"{stamp:%H%M%S}", "evol": "3", **prices}
        for stamp, _ in zip(stamps, range(120), strict=False)
    ]
    return {"output1": {}, "output2": rows}


def american_days(elements: Mapping[str, str]) -> dict[str, Any]:
    days = weekdays(LISTED, min(NOW.date() - timedelta(days=1), date.fromisoformat(elements["BYMD"])))
    prices = dict.fromkeys(("open", "high", "low", "clos"), "198.5")
    rows = [{"xymd": f"{day:%Y%m%d}", "tvol": "3", **prices} for day, _ in zip(days, range(100), strict=False)]
    return {"output1": {}, "output2": rows}


@pytest.fixture
def gateway() -> FakeGateway:
    gateway = FakeGateway()
    gateway.answers = {
        "inquire-daily-itemchartprice": korean_days,
        "inquire-time-dailychartprice": korean_minutes,
        "inquire-time-itemchartprice": american_minutes,
        "dailyprice": american_days,
    }
    return gateway


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, KST)


async def test_the_latest_candles_come_oldest_first(apis: KisApis) -> None:
    found = await get_candles(apis, SAMSUNG, CandleRange("1d", limit=5), now=NOW)
    assert [candle.time for candle in found.candles] == [
        midnight(date(2026, 2, 26)),
        midnight(date(2026, 2, 27)),
        midnight(date(2026, 3, 2)),
        midnight(date(2026, 3, 3)),
        midnight(date(2026, 3, 4)),
    ]
    assert found.candles[-1].close == Decimal(korean_day(date(2026, 3, 4))["stck_clpr"])
    assert found.earlier is None


async def test_one_request_is_enough_for_what_one_page_holds(apis: KisApis, gateway: FakeGateway) -> None:
    await get_candles(apis, SAMSUNG, CandleRange("1d", limit=60), now=NOW)
    assert len(gateway.asked) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.dates(date(2024, 10, 1), NOW.date()), length=st.integers(0, 500), limit=st.integers(1, 400))
async def test_any_range_holds_exactly_its_days(apis: KisApis, start: date, length: int, limit: int) -> None:
    end = start + timedelta(days=length)
    days = [midnight(day) for day in weekdays(max(start, LISTED), min(end, NOW.date()))][::-1]
    found = await get_candles(apis, SAMSUNG, CandleRange("1d", start=start, end=end, limit=limit), now=NOW)
    assert [candle.time for candle in found.candles] == days[-limit:]
    assert found.earlier == (days[-limit] if len(days) > limit else None)


async def test_a_range_can_be_read_in_pieces(apis: KisApis) -> None:
    whole = CandleRange("1d", start=LISTED, limit=400)
    expected = [candle.time for candle in (await get_candles(apis, SAMSUNG, whole, now=NOW)).candles]
    read: list[datetime] = []
    before = None
    while True:
        piece = CandleRange("1d", start=LISTED, limit=70, before=before)
        found = await get_candles(apis, SAMSUNG, piece, now=NOW)
        read = [candle.time for candle in found.candles] + read
        if found.earlier is None:
            break
        before = found.earlier
    assert read == expected


async def test_a_month_has_one_candle_though_pages_end_inside_it(apis: KisApis) -> None:
    found = await get_candles(apis, SAMSUNG, CandleRange("1M", start=LISTED, limit=400), now=NOW)
    months = [(candle.time.year, candle.time.month) for candle in found.candles]
    assert months == [*((2025, month) for month in range(1, 13)), (2026, 1), (2026, 2), (2026, 3)]


async def test_korean_minutes_are_merged_and_aligned_to_the_clock(apis: KisApis) -> None:
    found = await get_candles(apis, SAMSUNG, CandleRange("5m", limit=3), now=NOW)
    assert [candle.time for candle in found.candles] == [
        datetime(2026, 3, 4, 13, minute, tzinfo=KST) for minute in (20, 25, 30)
    ]
    whole = found.candles[0]
    assert (whole.open, whole.high, whole.low, whole.close) == (100, 224, 66, 110)
    assert [candle.volume for candle in found.candles] == [5, 5, 1]


async def test_minutes_reach_back_over_days(apis: KisApis) -> None:
    found = await get_candles(apis, SAMSUNG, CandleRange("60m", limit=12), now=NOW)
    assert [candle.time.hour for candle in found.candles] == [9, 10, 11, 12, 13, 14, 15, 9, 10, 11, 12, 13]
    assert found.candles[0].volume == 60


async def test_a_long_range_of_minutes_ends_early_and_says_where_to_go_on(apis: KisApis, gateway: FakeGateway) -> None:
    wanted = CandleRange("1m", start=date(2026, 1, 2), limit=10_000)
    found = await get_candles(apis, SAMSUNG, wanted, now=NOW)
    assert len(gateway.asked) == MAX_PAGES
    first = found.candles[0].time
    assert found.earlier == first > datetime(2026, 1, 2, tzinfo=KST)
    rest = await get_candles(apis, SAMSUNG, replace(wanted, before=found.earlier), now=NOW)
    assert (rest.candles[-1].time, rest.earlier) == (first - timedelta(minutes=1), None)


async def test_a_merged_candle_that_the_last_page_cut_is_left_to_the_next_answer(
    gateway: FakeGateway, apis: KisApis
) -> None:
    gateway.answers["inquire-time-dailychartprice"] = lambda elements: korean_minutes(elements, date(2026, 2, 18))
    wanted = CandleRange("60m", start=date(2026, 2, 18), limit=100)
    found = await get_candles(apis, SAMSUNG, wanted, now=NOW)
    assert len(gateway.asked) == MAX_PAGES
    rest = await get_candles(apis, SAMSUNG, replace(wanted, before=found.earlier), now=NOW)
    sessions = [60, 60, 60, 60, 60, 60, 30]
    days = list(weekdays(date(2026, 2, 18), NOW.date()))[1:]
    assert [candle.volume for candle in (*rest.candles, *found.candles)] == [*(sessions * len(days)), *[60] * 4, 31]
    assert rest.earlier is None


async def test_us_minutes_carry_new_york_time_and_reach_back(apis: KisApis, gateway: FakeGateway) -> None:
    found = await get_candles(apis, APPLE, CandleRange("5m", limit=130), now=NOW)
    assert len(found.candles) == 130
    assert len(gateway.asked) == 2
    assert found.candles[-1].time == datetime(2026, 3, 3, 15, 55, tzinfo=NEW_YORK)
    assert all(later.time > earlier.time for earlier, later in pairwise(found.candles))


async def test_us_days(apis: KisApis) -> None:
    found = await get_candles(apis, APPLE, CandleRange("1d", limit=150), now=NOW)
    assert len(found.candles) == 150
    assert found.candles[-1].time == datetime(2026, 3, 3, tzinfo=NEW_YORK)


async def test_demo_reads_todays_minutes_from_the_api_that_it_has(gateway: FakeGateway) -> None:
    def todays(elements: Mapping[str, str]) -> dict[str, Any]:
        clock = elements["FID_INPUT_HOUR_1"]
        page = korean_minutes({"FID_INPUT_DATE_1": f"{NOW:%Y%m%d}", "FID_INPUT_HOUR_1": clock})
        today = [row for row in page["output2"] if row["stck_bsop_date"] == f"{NOW:%Y%m%d}"]
        return {"output1": {}, "output2": today[:30]}

    gateway.answers["inquire-time-itemchartprice"] = todays
    found = await get_candles(apis_of(gateway, Environment.DEMO), SAMSUNG, CandleRange("1m", limit=400), now=NOW)
    assert found.candles[0].time == datetime(2026, 3, 4, 9, 0, tzinfo=KST)
    assert len(found.candles) == 271
    assert found.earlier is None


async def test_demo_refuses_minutes_of_other_days_before_asking(gateway: FakeGateway) -> None:
    wanted = CandleRange("1m", start=date(2026, 3, 3))
    with pytest.raises(NotInEnvironment) as refusal:
        await get_candles(apis_of(gateway, Environment.DEMO), SAMSUNG, wanted, now=NOW)
    assert refusal.value.field == "start_date"
    assert gateway.asked == []


async def test_an_instrument_without_history_has_no_candles(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-daily-itemchartprice"] = lambda _: {"output1": {}, "output2": []}
    found = await get_candles(apis, SAMSUNG, CandleRange("1d"), now=NOW)
    assert (found.candles, found.earlier) == ([], None)


def periods(elements: Mapping[str, str], dated_by: int) -> dict[str, Any]:
    """As KIS makes weeks and months: of the days that are asked for, and no more than 100."""
    first = max(date(2010, 1, 4), date.fromisoformat(elements["FID_INPUT_DATE_1"]))
    last = min(NOW.date(), date.fromisoformat(elements["FID_INPUT_DATE_2"]))
    monthly = elements["FID_PERIOD_DIV_CODE"] == "M"
    days = weekdays(first, last)
    groups = (
        list(group) for _, group in groupby(days, key=lambda day: (day.year, day.month) if monthly else monday(day))
    )
    rows = [
        {
            "stck_bsop_date": f"{group[dated_by]:%Y%m%d}",
            "stck_oprc": str(group[-1].toordinal()),
            "stck_clpr": str(group[0].toordinal()),
            "stck_hgpr": "9",
            "stck_lwpr": "1",
            "acml_vol": str(len(group)),
        }
        for group in groups
    ]
    return {"output1": {}, "output2": rows[:100]}


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@pytest.mark.parametrize("dated_by", [0, -1], ids=["dated by the last day", "dated by the first day"])
@pytest.mark.parametrize("interval", ["1w", "1M"])
@pytest.mark.parametrize("limit", [7, 130])
async def test_no_week_or_month_is_split_where_a_page_or_an_answer_ends(
    gateway: FakeGateway, apis: KisApis, interval: str, limit: int, dated_by: int
) -> None:
    gateway.answers["inquire-daily-itemchartprice"] = lambda elements: periods(elements, dated_by)
    start, read, before = date(2012, 1, 2), list[tuple[int, int]](), None
    while True:
        wanted = CandleRange(interval, start=start, limit=limit, before=before)
        found = await get_candles(apis, SAMSUNG, wanted, now=NOW)
        read = [(int(candle.open or 0), candle.volume) for candle in found.candles] + read
        if (before := found.earlier) is None:
            break
    days = list(weekdays(start, NOW.date()))[::-1]
    keys = groupby(days, key=lambda day: (day.year, day.month) if interval == "1M" else monday(day))
    assert read == [(group[0].toordinal(), len(group)) for group in (list(days) for _, days in keys)]


async def test_a_day_without_a_trade_is_told(gateway: FakeGateway, apis: KisApis) -> None:
    halted = korean_day(date(2026, 3, 3)) | {"stck_oprc": "0", "stck_hgpr": "0", "stck_lwpr": "0", "acml_vol": "0"}
    rows = [korean_day(date(2026, 3, 4)), halted, {}]
    gateway.answers["inquire-daily-itemchartprice"] = lambda _: {"output1": {}, "output2": rows}
    first, second = (await get_candles(apis, SAMSUNG, CandleRange("1d"), now=NOW)).candles
    assert (first.time.date(), first.open, first.close, first.volume, first.was_traded) == (
        date(2026, 3, 3),
        None,
        Decimal(halted["stck_clpr"]),
        0,
        False,
    )
    assert second.was_traded
