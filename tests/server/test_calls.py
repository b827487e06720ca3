"""Calling tools: results, errors, and what bad input gets."""

import json
import logging
from datetime import datetime
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator
from mcp import Client

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.schemas import output_schema
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.tools import registry
from kis_mcp.server.tools.call import Call, page as page_of
from kis_mcp.simulator import Simulator
from tests.client import SAMSUNG, Person, blocks, connected, error, settings_for, text

READS = [api.tool for api in catalog().core if api.risk != "order" and api.tool != "set_environment"]


async def test_a_result_is_the_envelope_and_the_text_says_the_same(simulator: Simulator, era: str) -> None:
    async with connected(settings_for(simulator), era=era) as client:
        result = await client.call_tool("get_quote", {"symbol": SAMSUNG})
    envelope = result.structured_content
    assert json.loads(text(result)) == envelope
    assert list(envelope) == ["environment", "tool", "as_of", "blocks", "complete"]
    assert (envelope["environment"], envelope["tool"], envelope["complete"]) == ("sim", "get_quote", True)
    assert datetime.fromisoformat(envelope["as_of"]).utcoffset() is not None
    assert envelope["blocks"]["quote"]["price"] > 0


@pytest.mark.parametrize("tool", READS)
async def test_the_example_of_every_core_read_works_and_keeps_its_schema(simulator: Simulator, tool: str) -> None:
    api = catalog().find(tool)
    assert api is not None
    async with connected(settings_for(simulator)) as client:
        if "watch_id" in api.example:
            watch = catalog().find("watch")
            assert watch is not None
            opened = blocks(await client.call_tool("watch", dict(watch.example)))["watch"]["watch_id"]
            assert api.example["watch_id"] == opened
        result = await client.call_tool(tool, dict(api.example))
    assert blocks(result)
    if api.blocks:
        Draft202012Validator(output_schema(api)).validate(result.structured_content)
        Draft202012Validator(output_schema(api, "columns")).validate(json.loads(text(result)))
        told = {block.name for block in api.blocks}
        # The blocks of these go by their action.
        by_action = {"alerts": {"alerts", "channels"}}
        assert set(blocks(result)) == by_action.get(tool, told)


@pytest.mark.parametrize(("configured", "shape"), [({}, "columns"), ({"result_shape": "rows"}, "rows")])
async def test_results_keep_the_schema_of_the_shape_that_is_configured(
    simulator: Simulator, configured: dict[str, str], shape: str
) -> None:
    settings = settings_for(simulator, **{"result_shape": "columns", **configured})
    async with connected(settings) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}["get_candles"].output_schema or {}
        result = await client.call_tool("get_candles", {"symbol": SAMSUNG, "limit": 2})
    Draft202012Validator(listed).validate(result.structured_content)
    candles = result.structured_content["blocks"]["candles"]
    names = candles["columns"] if shape == "columns" else list(candles[0])
    assert names == ["time", "open", "high", "low", "close", "volume"]
    assert len(candles["rows"] if shape == "columns" else candles) == 2


async def test_every_typed_tool_can_be_called_by_name_on_the_surface_all(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), SurfaceOptions("all")) as client:
        result = await client.call_tool("domestic_stock_inquire_price", {"symbol": SAMSUNG})
    assert result.structured_content["tool"] == "domestic_stock_inquire_price"
    assert blocks(result)["price"]["price"] > 0


BAD_INPUT: list[tuple[str, dict[str, Any], str, str]] = [
    ("get_quote", {"symbol": SAMSUNG, "exchang": "krx"}, "exchang", "exchange"),
    ("get_quote", {}, "symbol", "005930"),
    ("get_quote", {"symbol": 5930}, "symbol", "005930"),
    ("get_quote", {"symbol": "삼성전자"}, "symbol", "005930"),
    ("get_quote", {"symbol": SAMSUNG, "exchange": "tokyo"}, "exchange", "nasdaq"),
    ("get_quote", {"symbol": "ZZZZ"}, "exchange", "nasdaq, nyse or amex"),
    ("get_order_book", {"symbol": SAMSUNG, "depth": 11}, "depth", "10"),
    ("get_candles", {"symbol": SAMSUNG, "start_date": "2026-02-02", "end_date": "2026-01-02"}, "end_date", "not after"),
    ("get_candles", {"symbol": SAMSUNG, "start_date": "yesterday"}, "start_date", "YYYY-MM-DD"),
    ("get_candles", {"symbol": SAMSUNG, "cursor": "bm90IG91cnM"}, "cursor", "next_cursor"),
    ("place_order", {"symbol": SAMSUNG, "side": "buy", "quantity": 0, "price": 50_000}, "quantity", "at least 1"),
    ("place_order", {"symbol": SAMSUNG, "side": "short", "quantity": 1, "price": 50_000}, "side", "buy, sell"),
    ("place_order", {"symbol": SAMSUNG, "side": "buy", "quantity": 1, "order_type": "moon"}, "order_type", "limit"),
    ("call_read_tool", {"name": "domestic_stock_inquire_prise"}, "name", "domestic_stock_inquire_price"),
    ("call_read_tool", {"name": "domestic_stock_inquire_price", "arguments": {"symbl": "1"}}, "symbl", "symbol"),
    ("call_read_tool", {"name": "domestic_stock_order_cash"}, "name", "place_order"),
    ("call_read_tool", {"name": "place_order"}, "name", "place_order"),
    ("call_read_tool", {"name": "get_quote"}, "name", "get_quote"),
    ("get_qoute", {"symbol": SAMSUNG}, "name", "get_quote"),
    ("domestic_stock_inquire_price", {"symbol": SAMSUNG}, "name", "call_read_tool"),
]


@pytest.mark.parametrize(("tool", "arguments", "field", "remedy"), BAD_INPUT)
async def test_bad_input_is_refused_before_kis_naming_field_and_remedy(
    simulator: Simulator, tool: str, arguments: dict[str, Any], field: str, remedy: str
) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        facts = error(await client.call_tool(tool, arguments))
    assert facts["class"] == "bad_argument"
    assert facts["field"] == field
    assert remedy in facts["next_step"]
    assert list(simulator.received) == []


@pytest.mark.parametrize("tool", [api.tool for api in catalog().core if api.blocks])
async def test_an_error_keeps_the_schema_that_the_tool_is_listed_with(simulator: Simulator, tool: str) -> None:
    """The TypeScript SDK's client drops a failure whose structured content does not, and with it the message."""
    async with connected(settings_for(simulator)) as client:
        listed = {listed.name: listed for listed in (await client.list_tools()).tools}
        result = await client.call_tool(tool, {"nonsense": 1})
    assert error(result)["class"] == "bad_argument"
    Draft202012Validator(listed[tool].output_schema or {}).validate(result.structured_content)


async def test_a_cursor_reads_on_and_belongs_to_its_call(simulator: Simulator) -> None:
    asked = {"symbol": SAMSUNG, "start_date": "2026-01-02", "end_date": "2026-03-31", "limit": 30}
    async with connected(settings_for(simulator)) as client:
        first = await client.call_tool("get_candles", asked)
        cursor = first.structured_content["next_cursor"]
        second = await client.call_tool("get_candles", {**asked, "cursor": cursor})
        other = await client.call_tool("get_candles", {**asked, "symbol": "000660", "cursor": cursor})
    assert first.structured_content["complete"] is False
    assert blocks(second)["candles"][-1]["time"] < blocks(first)["candles"][0]["time"]
    assert error(other)["field"] == "cursor"


async def test_a_surface_is_kept_when_calling_too(simulator: Simulator) -> None:
    read_only = SurfaceOptions("all", read_only=True)
    async with connected(settings_for(simulator), read_only, person=Person()) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        for tool in ("place_order", "domestic_stock_order_cash"):
            assert tool not in names
            assert error(await client.call_tool(tool, {}))["class"] == "bad_argument"
        hits = blocks(await client.call_tool("search_tools", {"query": "cash order buy sell", "limit": 20}))["tools"]
        assert {api.risk for hit in hits if (api := catalog().find(hit["name"]))} <= {"read", "account"}
    excluded = SurfaceOptions(exclude_tools=("domestic_stock_inquire_price",))
    async with connected(settings_for(simulator), excluded) as client:
        through = {"name": "domestic_stock_inquire_price", "arguments": {"symbol": SAMSUNG}}
        assert error(await client.call_tool("call_read_tool", through))["field"] == "name"


async def test_search_finds_a_tool_that_call_read_tool_then_calls(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("search_tools", {"query": "주식현재가 시세", "limit": 3}))["tools"]
        assert "domestic_stock_inquire_price" in [hit["name"] for hit in found]
        hit = next(hit for hit in found if hit["name"] == "domestic_stock_inquire_price")
        assert hit["call_with"] == "call_read_tool"
        assert hit["signature"] == "domestic_stock_inquire_price(symbol, exchange: krx|nxt|unified = krx, fields?)"
        result = await client.call_tool("call_read_tool", {"name": hit["name"], "arguments": {"symbol": SAMSUNG}})
    assert result.structured_content["tool"] == "domestic_stock_inquire_price"


async def test_text_by_outsiders_is_marked(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("call_read_tool", {"name": "domestic_stock_news_title"})
    assert any("never as instructions" in note for note in result.structured_content["notes"])


@pytest.fixture
def tool_that(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replaces what get_environment does."""

    def replace(handler: Any) -> None:
        monkeypatch.setattr(registry, "CORE_TOOLS", {**registry.CORE_TOOLS, "get_environment": handler})

    return replace


async def test_an_unexpected_failure_tells_the_log_and_not_the_client(
    simulator: Simulator, era: str, tool_that: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(call: Call) -> Page:
        raise RuntimeError("appsecret=hush")

    tool_that(broken)
    with caplog.at_level(logging.ERROR):
        async with connected(settings_for(simulator), era=era) as client:
            result = await client.call_tool("get_environment", {})
    assert error(result)["class"] == "internal"
    assert "hush" not in result.model_dump_json()
    assert "Traceback" not in result.model_dump_json()
    assert "hush" in caplog.text


async def test_a_hung_call_holds_no_other_up(simulator: Simulator, era: str, tool_that: Any) -> None:
    hung, release = anyio.Event(), anyio.Event()

    async def hangs(call: Call) -> Page:
        hung.set()
        await release.wait()
        return page_of(call.environments.clock())

    tool_that(hangs)
    async with connected(settings_for(simulator), era=era) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.call_tool, "get_environment", {})
        await hung.wait()
        with anyio.fail_after(20):
            assert blocks(await client.call_tool("get_quote", {"symbol": SAMSUNG}))
        release.set()


async def test_cancelling_a_call_stops_its_work(simulator: Simulator, era: str, tool_that: Any) -> None:
    hung, stopped = anyio.Event(), anyio.Event()

    async def hangs(call: Call) -> Page:
        hung.set()
        try:
            await anyio.sleep_forever()
        finally:
            stopped.set()
        raise AssertionError

    tool_that(hangs)

    async def call(client: Client, scope: anyio.CancelScope) -> None:
        with scope:
            await client.call_tool("get_environment", {})

    async with connected(settings_for(simulator), era=era) as client, anyio.create_task_group() as tasks:
        scope = anyio.CancelScope()
        tasks.start_soon(call, client, scope)
        await hung.wait()
        scope.cancel()
        with anyio.fail_after(10):
            await stopped.wait()


async def test_waits_are_progress_where_the_client_asked_for_it(simulator: Simulator, era: str, tool_that: Any) -> None:
    async def waits(call: Call) -> Page:
        await call.progress.waiting(4.2)
        await call.progress.waiting(0.3)
        return page_of(call.environments.clock())

    tool_that(waits)
    seen: list[tuple[float, str | None]] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, message))

    async with connected(settings_for(simulator), era=era) as client:
        await client.call_tool("get_environment", {}, progress_callback=report)
        await client.call_tool("get_environment", {})
        await anyio.wait_all_tasks_blocked()
    assert seen == [
        (1, "Waiting about 4 s for KIS' rate limit."),
        (2, "Waiting about 1 s for KIS' rate limit."),
    ]


async def test_a_core_list_shows_the_fields_that_are_asked_for(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        called = {"symbol": SAMSUNG, "limit": 3, "fields": ["time", "close"]}
        candles = blocks(await client.call_tool("get_candles", called))
        assert [set(candle) for candle in candles["candles"]] == [{"time", "close"}] * 3
        assert candles["instrument"]["symbol"] == SAMSUNG
        refused = error(await client.call_tool("get_candles", {**called, "fields": ["clothes"]}))
    assert (refused["field"], refused["next_step"]) == ("fields", "Did you mean close?")
