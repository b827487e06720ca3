"""Indices of whole markets: which one, and their days as candles."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.catalog.apis import KisApis
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.market.candle_pages import Candle
from kis_mcp.market.candles import CandleRange, get_candles
from kis_mcp.market.indices import KOSDAQ, KOSPI, SP500, Board, read_board
from kis_mcp.market.instrument import Instrument
from tests.market.conftest import NOW, FakeGateway
from tests.market.test_candles import weekdays

FIRST = date(2025, 6, 2)


@pytest.mark.parametrize(
    ("board", "index"),
    [
        ("KOSPI", KOSPI),
        ("KOSPI200", KOSPI),
        ("ETF", KOSPI),
        ("KOSDAQ", KOSDAQ),
        ("KSQ150", KOSDAQ),
        ("KONEX", None),
        ("", None),
    ],
)
async def test_a_korean_instrument_is_held_beside_the_index_of_its_market(
    board: str, index: Instrument | None, apis: KisApis, gateway: FakeGateway
) -> None:
    quote = {"rprs_mrkt_kor_name": board, "stck_prpr": "71200", "aspr_unit": "100"}
    gateway.answers = {"inquire-price": lambda _: {"output": quote}}
    found = await read_board(apis, Instrument("005930", "KR", "krx"))
    assert found == Board(index, Decimal(71_200), Decimal(100))


async def test_an_american_one_is_held_beside_the_index_of_the_country(apis: KisApis, gateway: FakeGateway) -> None:
    assert await read_board(apis, Instrument("AAPL", "US", "nasdaq")) == Board(SP500)
    assert gateway.asked == []


def level(day: date) -> str:
    return f"{2000 + day.toordinal() % 500}.25"


def korean(elements: Mapping[str, str]) -> dict[str, Any]:
    assert (elements["FID_INPUT_ISCD"], elements["FID_PERIOD_DIV_CODE"]) == ("1001", "D")
    return {"output1": {}, "output2": rows(elements, "bstp_nmix", 50)}


def american(elements: Mapping[str, str]) -> dict[str, Any]:
    assert (elements["FID_INPUT_ISCD"], elements["FID_COND_MRKT_DIV_CODE"]) == ("SPX", "N")
    return {"output1": {}, "output2": rows(elements, "ovrs_nmix", 100)}


def rows(elements: Mapping[str, str], prefix: str, most: int) -> list[dict[str, str]]:
    first = max(FIRST, date.fromisoformat(elements["FID_INPUT_DATE_1"]))
    last = min(NOW.date(), date.fromisoformat(elements["FID_INPUT_DATE_2"]))
    names = [f"{prefix}_{part}" for part in ("oprc", "hgpr", "lwpr", "prpr")]
    days = list(weekdays(first, last))[:most]
    return [{"stck_bsop_date": f"{day:%Y%m%d}", "acml_vol": "0", **dict.fromkeys(names, level(day))} for day in days]


@pytest.mark.parametrize(("index", "zone"), [(KOSDAQ, KST), (SP500, NEW_YORK)])
async def test_all_days_of_an_index_are_read_page_by_page(
    index: Instrument, zone: Any, apis: KisApis, gateway: FakeGateway
) -> None:
    gateway.answers = {"inquire-daily-indexchartprice": korean, "inquire-daily-chartprice": american}
    start, end = date(2025, 7, 1), date(2026, 2, 27)
    found = await get_candles(apis, index, CandleRange("1d", start, end, limit=2000), now=NOW)
    assert found.candles == [
        Candle(datetime.combine(day, time.min, zone), *[Decimal(level(day))] * 4, volume=0)
        for day in reversed(list(weekdays(start, end)))
    ]
    assert found.earlier is None
    assert len(gateway.asked) == (4 if index is KOSDAQ else 2)


async def test_the_days_of_an_index_begin_where_kis_has_none_before(apis: KisApis, gateway: FakeGateway) -> None:
    gateway.answers = {"inquire-daily-indexchartprice": korean}
    wanted = CandleRange("1d", date(2025, 1, 1), date(2025, 8, 1), limit=2000)
    found = await get_candles(apis, KOSDAQ, wanted, now=NOW)
    assert (found.candles[0].time.date(), found.earlier) == (FIRST, None)
