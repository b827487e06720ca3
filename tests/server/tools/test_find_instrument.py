"""Finding an instrument of any kind, and the tool that takes it."""

from typing import Any

import pytest
from mcp import Client

from kis_mcp.catalog import catalog, check_arguments
from kis_mcp.errors import KisUnavailable
from kis_mcp.kis import MasterHost
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, settings_for


async def find(client: Client, **arguments: Any) -> list[dict[str, Any]]:
    return blocks(await client.call_tool("find_instrument", arguments))["instruments"]


FIRST = [
    ("삼성전자", "005930", "stock"),
    ("ㅅㅅㅈㅈ", "005930", "stock"),
    ("Apple", "AAPL", "stock"),
    ("KODEX 200", "069500", "etf"),
    ("코스피", "0001", "index"),
    ("니케이 225", "JP#NI225", "index"),
    ("텐센트", "00700", "stock"),
    ("귀주모태주", "600519", "stock"),
    ("코스피200 6월 선물", "A01606", "future"),
    ("코스피200 3월 콜 360", "B01603360", "call"),
    ("삼성전자 선물 6월", "A11606", "future"),
    ("국채3년 선물", "A65603", "future"),
    ("E-mini S&P 500 future", "ESZ26", "future"),
    ("E-mini S&P 500 Dec 5,400 call", "OESZ26 C5400", "call"),
    ("삼성전자 ELW 9월 콜 46,500", "58E175", "elw"),
    ("AJ네트웍스63-2", "KR6095572D81", "bond"),
]
"""Query, and the symbol and kind of what comes first."""

PRICED_AT_ONCE = {"005930", "AAPL", "00700", "A11606", "KR6095572D81"}
"""The simulator's other prices follow indices, which take seconds."""


async def test_what_is_found_is_read_by_the_tool_that_it_names(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        for query, symbol, kind in FIRST:
            found = (await find(client, query=query))[0]
            assert (found["symbol"], found["kind"]) == (symbol, kind)
            tool, *words = found["use"].split()
            arguments = dict(word.split("=") for word in words)
            if symbol not in arguments.values():
                arguments["symbol"] = symbol
            api = catalog().find(tool)
            assert api is not None
            check_arguments(api, arguments)
            if symbol in PRICED_AT_ONCE:
                read = {"name": tool, "arguments": arguments}
                called = await client.call_tool(
                    *((tool, arguments) if api.kind == "core" else ("call_read_tool", read))
                )
                assert blocks(called), query


async def test_a_warrant_tells_its_terms(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        (found,) = await find(client, query="58E175")
    assert found == {
        "symbol": "58E175",
        "use": "domestic_stock_inquire_elw_price",
        "market": "KR",
        "exchange": "krx",
        "kind": "elw",
        "name_ko": "KBE175삼성전자콜",
        "currency": "KRW",
        "underlying": "005930",
        "right": "call",
        "strike": 46500,
        "expires_on": "2026-09-10",
    }


async def test_only_what_is_administered_says_so(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        (administered,), (plain, *_) = await find(client, query="두산에너빌리티"), await find(client, query="삼성전자")
    assert administered["administered"] is True
    assert not plain.keys() & {"administered", "halted", "warning"}


async def test_filters_leave_out_all_other_kinds_and_markets(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        for filters, kinds, markets in (
            ({"kind": "etf"}, {"etf", "etn"}, {"KR"}),
            ({"kind": "index"}, {"index"}, {"KR"}),
            ({"kind": "option"}, set[str](), set[str]()),
            ({"market": "jp"}, set[str](), set[str]()),
        ):
            found = await find(client, query="코스피", limit=50, **filters)
            assert ({each["kind"] for each in found}, {each["market"] for each in found}) == (kinds, markets)


async def test_while_nothing_was_fetched_the_built_in_list_answers_and_says_so(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(masters: MasterHost, file: str) -> bytes:
        raise KisUnavailable(f"no {file} from {masters}", remedy="none")

    monkeypatch.setattr(MasterHost, "fetch", fail)
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("find_instrument", {"query": "삼성전자", "market": "kr"})
        assert [row["symbol"] for row in blocks(result)["instruments"]] == ["005930", "005935"]
        assert {row["use"] for row in blocks(result)["instruments"]} == {"get_quote"}
        (note,) = (result.structured_content or {})["notes"]
        assert "only the built-in list was searched" in note
        assert await find(client, query="삼성전자", kind="future") == []


async def test_demo_reads_the_simulators_lists_where_a_simulator_stands_in_for_it(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo")) as client:
        assert (await find(client, query="A01606"))[0]["kind"] == "future"


async def test_what_is_found_keeps_to_its_output_schema_as_columns_too(simulator: Simulator) -> None:
    """A client in its own right refuses an answer that does not."""
    async with connected(settings_for(simulator, result_shape="columns")) as client:
        await client.list_tools()
        found = await find(client, query="삼성전자")
    assert found[0]["symbol"] == "005930"
