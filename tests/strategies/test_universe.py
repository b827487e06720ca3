"""What a universe stands for today."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

from kis_mcp.catalog import Decoded, catalog
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market import IndexMembers, Instrument, Kis, Listing
from kis_mcp.market.index_members import find_index, index_names
from kis_mcp.strategies.document import Universe
from kis_mcp.strategies.universe import Chosen, resolve_universe

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
SAMSUNG = Listing(symbol="005930", market="KR", exchange="krx", kind="stock", name_ko="삼성전자", market_cap=3_000_000)
SMALL = Listing(symbol="0099X0", market="KR", exchange="krx", kind="stock", name_ko="작은회사", market_cap=90)


class Ranks:
    """KIS with one ranking."""

    environment = Environment.SIM
    catalog = catalog()

    def __init__(self, *rows: Mapping[str, object]) -> None:
        self._rows = rows
        self.asked: list[tuple[str, Mapping[str, object]]] = []

    async def rows(self, tool: str, arguments: Mapping[str, object], **_: object) -> Decoded:
        self.asked.append((tool, arguments))
        return cast("Decoded", Answer(list(self._rows)))


class Answer:
    def __init__(self, found: list[Any]) -> None:
        self.found = found

    def rows(self, block: str) -> list[Any]:
        del block
        return self.found


async def chosen(*listings: Listing, kis: Ranks | None = None, **universe: Any) -> Chosen:
    async def read_members(index: str) -> IndexMembers:
        of_index = listings if index == "KOSPI200" else ()
        return IndexMembers(index, of_index, NOW if listings else None, ["KOSPI200"] if listings else [])

    return await resolve_universe(Universe(**universe), cast("Kis", kis or Ranks()), read_members, NOW)


async def test_symbols_are_instruments_each_once_and_say_no_more() -> None:
    found = await chosen(symbols=("005930", "AAPL", "005930"))
    assert [(each.symbol, each.market) for each in found.instruments] == [("005930", "KR"), ("AAPL", "US")]
    assert found.how == ""


async def test_an_index_stands_for_its_largest_members_with_the_day() -> None:
    found = await chosen(SAMSUNG, SMALL, index="KOSPI 200", count=1)
    assert [each.symbol for each in found.instruments] == ["005930"]
    assert found.how == "These are the largest 1 of 2 members of KOSPI200 on 2026-03-04."


async def test_a_member_that_the_package_does_not_list_is_an_instrument_by_kis_own_files() -> None:
    found = await chosen(SAMSUNG, SMALL, index="kospi200")
    assert found.instruments[1] == Instrument("0099X0", "KR", "krx", "작은회사", "", "stock")


async def test_where_no_size_is_told_members_stand_in_the_order_of_the_built_in_list() -> None:
    found = await chosen(*(replace(each, market_cap=None) for each in (SMALL, SAMSUNG)), index="KOSPI200", count=1)
    assert [each.symbol for each in found.instruments] == ["005930"]
    assert found.how.startswith("These are the first 1 of 2 members")


@pytest.mark.parametrize("text", ["KOSPI200", "kospi 200", "코스피200", "코스피 200", "KOSPI-200"])
def test_an_index_is_found_by_what_people_call_it(text: str) -> None:
    assert find_index(text) == "KOSPI200"
    assert find_index("KRX Semiconductor") == "KRX_SEMICONDUCTOR"


async def test_an_index_whose_members_nobody_has_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadArgument) as unknown:
        await chosen(SAMSUNG, index="S&P 500")
    assert all(name in unknown.value.remedy for name in index_names())
    with pytest.raises(BadArgument) as empty:
        await chosen(SAMSUNG, index="KOSDAQ150")
    assert (empty.value.field, empty.value.remedy) == ("universe.index", "Use one of KOSPI200, a ranking, or symbols.")
    with pytest.raises(BadArgument, match="lists are being fetched"):
        await chosen(index="KOSPI200")


async def test_a_ranking_stands_for_its_first_rows_with_the_moment() -> None:
    kis = Ranks(*({"symbol": symbol, "name": symbol} for symbol in ("000660", "0099X0", "005930")))
    found = await chosen(ranking="volume", market="KOSPI", count=2, kis=kis)
    assert [(each.symbol, each.exchange) for each in found.instruments] == [("000660", "krx"), ("0099X0", "krx")]
    assert found.how == "These are the first 2 of the ranking by volume of kospi at 2026-03-04 10:30 KST."
    assert kis.asked[0][0] == "domestic_stock_volume_rank"


async def test_a_ranking_abroad_is_of_its_exchange_and_only_of_markets_in_which_strategies_run() -> None:
    found = await chosen(ranking="gainers", market="US", kis=Ranks({"symbol": "ZZZY", "name": "Z"}))
    assert found.instruments == (Instrument("ZZZY", "US", "nasdaq", "Z"),)
    with pytest.raises(BadArgument, match="No strategy runs in HK"):
        await chosen(ranking="gainers", market="hong_kong", kis=Ranks({"symbol": "00700"}))
    with pytest.raises(BadArgument, match="KIS ranks nothing by volume of kr now"):
        await chosen(ranking="volume")
