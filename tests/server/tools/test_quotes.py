"""Many quotes at once: the same numbers as one by one, by fewer calls."""

import errno
from collections import Counter
from typing import Any, NoReturn

import pytest
from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.server.tools.test_watch import SAMSUNG, live_server, trade

SHARED = ("symbol", "name", "exchange", "currency", "price", "change", "change_rate", "open", "high", "low", "volume")
STOCKS = ["005930", "035720", "034020", "AAPL", "MSFT"]
MULTIPLE = {"intstock-multprice", "multprice"}


async def quotes(client: Client, *symbols: str, **more: Any) -> list[dict[str, Any]]:
    return blocks(await client.call_tool("get_quotes", {"symbols": list(symbols), **more}))["quotes"]


async def quote(client: Client, symbol: str) -> dict[str, Any]:
    return blocks(await client.call_tool("get_quote", {"symbol": symbol}))["quote"]


def paths(simulator: Simulator) -> Counter[str]:
    return Counter(request.path.rsplit("/", 1)[1] for request in simulator.received if "quotations" in request.path)


async def test_stocks_are_read_by_two_calls_and_are_those_of_get_quote(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        found = await quotes(client, *STOCKS)
        asked = paths(simulator)
        singly = [await quote(client, symbol) for symbol in STOCKS]
    assert found == [{name: one[name] for name in SHARED} for one in singly]
    assert asked == Counter(dict.fromkeys(MULTIPLE, 1))


async def test_wider_fields_are_read_singly_and_are_all_of_get_quote(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        found = await quotes(client, "005930", "AAPL", fields="all")
        singly = [await quote(client, symbol) for symbol in ("005930", "AAPL")]
    hours = ("market_open", "session")
    assert found == [{name: value for name, value in one.items() if name not in hours} for one in singly]
    assert not MULTIPLE & paths(simulator).keys()


@pytest.mark.parametrize(
    ("symbol", "tool", "arguments"),
    [
        ("hong_kong:700", "overseas_stock_price_detail", {"exchange": "hong_kong", "symbol": "00700"}),
        ("KR6095572D81", "domestic_bond_inquire_price", {"symbol": "KR6095572D81"}),
        pytest.param(
            "A11606",
            "domestic_fo_inquire_price",
            {"market": "stock_futures", "symbol": "A11606"},
            marks=pytest.mark.slow,
        ),
        ("GCZ26", "overseas_fo_inquire_price", {"symbol": "GCZ26"}),
        ("58E175", "domestic_stock_inquire_elw_price", {"symbol": "58E175"}),
    ],
)
async def test_any_market_is_quoted_with_the_numbers_of_its_own_tool(
    simulator: Simulator, symbol: str, tool: str, arguments: dict[str, Any]
) -> None:
    async with connected(settings_for(simulator)) as client:
        (found,) = await quotes(client, symbol)
        typed = await client.call_tool("call_read_tool", {"name": tool, "arguments": {**arguments, "fields": "all"}})
    row = blocks(typed)["price"]
    shared = ("price", "open", "high", "low", "volume", "change_rate")
    assert {name: found[name] for name in shared if name in row} == {name: row[name] for name in shared if name in row}
    assert found["change"] == round(row["price"] - row["previous_close"], 4)


@pytest.mark.slow
async def test_indices_are_quoted_by_name_and_their_volume_is_in_shares(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        (found,) = await quotes(client, "코스피200", fields=["symbol", "name", "price", "change", "volume", "turnover"])
        typed = {"name": "domestic_stock_inquire_index_price", "arguments": {"index": "2001"}}
        row = blocks(await client.call_tool("call_read_tool", typed))["index"]
    assert found == {
        "symbol": "2001",
        "name": "KOSPI 200",
        "price": row["index_price"],
        "change": row["index_change"],
        "volume": row["volume"] * 1_000,
        "turnover": row["turnover"] * 1_000_000,
    }


async def test_one_that_fails_says_why_in_its_row_and_the_others_stand(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_quotes", {"symbols": ["005930", "999999", "moon:1", "AAPL"]})
    found = blocks(result)
    assert [row["symbol"] for row in found["quotes"] if "error" not in row] == ["005930", "AAPL"]
    assert [row["error"] for row in found["quotes"] if "error" in row] == [
        "KIS refused the request. (KIS APBK0656: 해당종목정보가 없습니다.) Correct the arguments as KIS' message says.",
        "There is no exchange moon. Use krx, nxt, unified, nasdaq, nyse, amex, hong_kong, shanghai, shenzhen, tokyo,"
        " hanoi, ho_chi_minh or index.",
    ]
    assert result.structured_content["complete"] is False
    assert [(row["market"], row["market_open"]) for row in found["markets"]] == [("KR", True), ("US", True)]


async def test_one_that_kis_does_not_know_abroad_does_not_fail_its_group(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        apple, unknown, microsoft = await quotes(client, "AAPL", "nasdaq:ZZZZ", "MSFT")
    assert (apple["symbol"], microsoft["symbol"]) == ("AAPL", "MSFT")
    assert unknown["symbol"] == "nasdaq:ZZZZ"
    assert "error" in unknown


async def test_where_kis_cannot_be_asked_no_stock_of_a_group_is_asked_for_again(simulator: Simulator) -> None:
    simulator.faults.add("not_json", "FHKST11300006", times=10)
    async with connected(settings_for(simulator)) as client:
        found = await quotes(client, "005930", "000660")
    assert all("error" in row for row in found)
    assert paths(simulator).keys() == {"intstock-multprice"}


async def test_a_disk_that_is_full_is_told_though_several_reads_find_it(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device", "cache.db")

    monkeypatch.setattr("kis_mcp.market.group_quotes.Group.read", fail)
    async with connected(settings_for(simulator)) as client:
        failure = error(await client.call_tool("get_quotes", {"symbols": STOCKS}))
    assert (failure["class"], failure["what"]) == ("storage", "cache.db cannot be used: No space left on device.")


async def test_the_hours_of_each_market_are_told_once(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, sim_clock="market")) as client:
        result = await client.call_tool("get_quotes", {"symbols": ["005930", "000660", "AAPL", "KO"]})
    assert blocks(result)["markets"] == [
        {"market": "KR", "exchange": "krx", "market_open": True, "session": "regular session"},
        {"market": "US", "market_open": True, "session": "daytime session: order with session=daytime"},
    ]


async def test_when_each_traded_is_told_where_it_is_asked_for(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, sim_clock="market")) as client:
        (found,) = await quotes(client, "005930", fields=["symbol", "trade_date", "trade_time"])
    assert found == {"symbol": "005930", "trade_date": "2026-03-04", "trade_time": "10:30:00"}


async def test_demo_which_has_no_call_for_many_reads_them_singly(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo")) as client:
        found = await quotes(client, "005930", "000660")
    assert all(row["price"] > 0 for row in found)
    assert paths(simulator) == {"inquire-price": 2}


async def test_a_symbol_that_is_given_twice_is_told_once_and_31_are_too_many(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        assert len(await quotes(client, "005930", "005930")) == 1
        many = [f"{number:06}" for number in range(31)]
        assert error(await client.call_tool("get_quotes", {"symbols": many}))["field"] == "symbols"


async def test_what_is_watched_comes_from_the_watch(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        await live.kis.send(trade(65000))
        await live.until_read(watch_id, 1)
        await live.call("get_quotes", symbols=["005930"], fields="all")
        (read,) = blocks(await live.call("get_quotes", symbols=["005930"], fields="all"))["quotes"]
        await live.kis.send(trade(read["previous_close"] + 500, change=500, volume=1234))
        await live.until_read(watch_id, 2)
        result = await live.call("get_quotes", symbols=["005930", "000660"], fields="all")
    watched, other = blocks(result)["quotes"]
    assert (watched["price"], watched["volume"]) == (read["previous_close"] + 500, 1234)
    assert (watched["trade_time"], watched["per"]) == ("10:31:05", read["per"])
    assert other["symbol"] == "000660"
    assert result.structured_content["notes"] == [
        "Price, change, range, volume and turnover of 005930 are from a watch."
    ]
