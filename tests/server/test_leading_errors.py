"""Every error leads to a call that works: what a model would do next is done here."""

import json
import re
from typing import Any

import pytest
from mcp_types import CallToolResult

from kis_mcp.catalog.error_codes import known_codes
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import BUY, SAMSUNG, blocks, connected, error, settings_for

PRICE = "domestic_stock_inquire_price"
PRICE_PATH = "/uapi/domestic-stock/v1/quotations/inquire-price"
INSTRUMENT_TOOLS = ("get_quote", "get_order_book", "get_candles", "get_buying_power")


async def run(
    simulator: Simulator, tool: str, options: SurfaceOptions | None = None, **arguments: Any
) -> CallToolResult:
    async with connected(settings_for(simulator), options) as client:
        return await client.call_tool(tool, arguments)


async def fail(simulator: Simulator, tool: str, **arguments: Any) -> dict[str, str]:
    return error(await run(simulator, tool, **arguments))


async def call(simulator: Simulator, tool: str, **arguments: Any) -> dict[str, Any]:
    return blocks(await run(simulator, tool, **arguments))


@pytest.mark.parametrize("tool", INSTRUMENT_TOOLS)
@pytest.mark.parametrize("name", ["Apple", "삼전", "SK하이닉스"])
async def test_a_name_leads_to_a_symbol_that_the_same_tool_takes(simulator: Simulator, tool: str, name: str) -> None:
    facts = await fail(simulator, tool, symbol=name)
    assert facts["field"] == "symbol"
    found = re.search(r"symbol (\w+) \(", facts["next_step"])
    assert found is not None
    await call(simulator, tool, symbol=found[1])


@pytest.mark.parametrize(
    "symbol", ["KOSPI", "코스닥", "USD/KRW", "101W12", "201W12350", "ESZ26", "KR6095572D81", "00700", "7203.T"]
)
async def test_what_is_no_stock_leads_to_a_read_that_is_answered(simulator: Simulator, symbol: str) -> None:
    facts = await fail(simulator, "get_quote", symbol=symbol)
    found = re.search(r"name=(\w+), arguments=(\{.*?\})", facts["next_step"])
    assert found is not None, facts
    await call(simulator, "call_read_tool", name=found[1], arguments=found[2])


@pytest.mark.parametrize(
    ("tool", "symbol", "other"),
    [
        ("get_quote", "58J297", "domestic_stock_inquire_elw_price"),
        ("get_quote", "600519", "overseas_stock_price"),
        ("get_order_book", "58J297", "domestic_stock_inquire_elw_price"),
        ("get_order_book", "600519", "overseas_stock_inquire_asking_price"),
        ("get_candles", "58J297", "domestic_stock_inquire_elw_price"),
        ("get_candles", "600519", "overseas_stock_dailyprice"),
    ],
)
async def test_a_code_that_kis_refuses_leads_to_what_else_looks_so(
    simulator: Simulator, tool: str, symbol: str, other: str
) -> None:
    facts = await fail(simulator, tool, symbol=symbol)
    found = re.search(r"name=(\w+), arguments=(\{.*?\})", facts["next_step"])
    assert found is not None, facts
    assert found[1] == other
    await call(simulator, "call_read_tool", name=found[1], arguments=found[2])


async def test_an_indexs_name_finds_the_index_before_the_funds_that_bear_it(simulator: Simulator) -> None:
    result = await run(simulator, "find_instrument", query="KOSPI")
    rows = blocks(result)["instruments"]
    assert (rows[0]["symbol"], rows[0]["kind"]) == ("0001", "index")
    assert {row["kind"] for row in rows} == {"index", "etf", "etn", "future"}
    (note,) = result.structured_content["notes"]
    found = re.search(r"name=(\w+), arguments=(\{.*?\})", note)
    assert found is not None
    await call(simulator, "call_read_tool", name=found[1], arguments=found[2])
    named = await run(simulator, "find_instrument", query="KODEX 코스피")
    assert "notes" not in named.structured_content


@pytest.mark.parametrize("query", ["101W12", "ESZ29", "zzzzqqqq"])
async def test_finding_nothing_leads_on_and_not_back(simulator: Simulator, query: str) -> None:
    result = await run(simulator, "find_instrument", query=query)
    assert blocks(result)["instruments"] == []
    (note,) = result.structured_content["notes"]
    assert "call_read_tool" in note or "search_tools" in note
    assert "find_instrument" not in note


@pytest.mark.parametrize("query", ["A005930", "005930.KS", "KRX:005930", "００５９３０"])
async def test_an_instrument_is_found_by_its_symbol_however_it_is_written(simulator: Simulator, query: str) -> None:
    found = (await call(simulator, "find_instrument", query=query))["instruments"]
    assert [instrument["symbol"] for instrument in found] == [SAMSUNG]


async def test_an_unknown_code_does_not_lead_back_to_the_list_that_lacks_it(simulator: Simulator) -> None:
    for tool in ("get_quote", "get_order_book"):
        facts = await fail(simulator, tool, symbol="999999")
        assert "find_instrument" not in facts["next_step"]


async def test_a_name_in_an_order_gets_candidates_and_orders_nothing(simulator: Simulator) -> None:
    facts = await fail(simulator, "place_order", **(BUY | {"symbol": "삼전"}))
    assert (facts["field"], "005930 (" in facts["next_step"]) == ("symbol", True)
    assert (await call(simulator, "get_orders"))["orders"] == []


@pytest.mark.parametrize("name", ["FHKST01010100", "fhkst01010100", PRICE_PATH, PRICE_PATH.strip("/"), PRICE])
async def test_a_read_answers_to_its_name_its_tr_id_and_its_path(simulator: Simulator, name: str) -> None:
    result = await run(simulator, "call_read_tool", name=name, arguments={"symbol": SAMSUNG})
    assert blocks(result)["price"]["price"] > 0
    assert result.structured_content["tool"] == PRICE
    assert (await call(simulator, "search_tools", query=name))["tools"][0]["name"] == PRICE
    described = (await call(simulator, "describe_tool", name=name))["document"]
    assert (described["tool"], described["call_with"]) == (PRICE, "call_read_tool")
    assert "FHKST01010100" in described["text"]


async def test_an_order_is_not_reached_by_its_tr_id(simulator: Simulator) -> None:
    facts = await fail(simulator, "call_read_tool", name="TTTC0012U", arguments=BUY)
    assert "does not run orders" in facts["what"]
    assert "place_order" in facts["next_step"]


async def test_a_tr_id_as_a_tool_leads_to_the_tool(simulator: Simulator) -> None:
    facts = await fail(simulator, "FHKST01010100", symbol=SAMSUNG)
    assert facts["next_step"] == f'Call call_read_tool with name="{PRICE}".'
    assert f'name="{PRICE}"' in (await fail(simulator, PRICE, symbol=SAMSUNG))["next_step"]


async def test_a_tool_that_the_operator_took_away_is_not_led_to(simulator: Simulator) -> None:
    options = SurfaceOptions(exclude_tools=(PRICE,))
    assert PRICE not in (await fail(simulator, "FHKST01010100", options=options))["next_step"]
    assert "took" in (await fail(simulator, "call_read_tool", options=options, name="FHKST01010100"))["what"]
    found = await call(simulator, "search_tools", options=options, query="FHKST01010100", limit=20)
    assert PRICE not in {tool["name"] for tool in found["tools"]}


@pytest.mark.parametrize(
    ("query", "tool"),
    [
        ("삼성전자 현재가", "get_quote"),
        ("place an order", "place_order"),
        ("주문 취소", "cancel_order"),
        ("손익", "get_profit_and_loss"),
    ],
)
async def test_the_search_finds_core_tools_and_says_to_call_them(simulator: Simulator, query: str, tool: str) -> None:
    found = (await call(simulator, "search_tools", query=query))["tools"]
    assert len(found) <= 3
    assert (found[0]["name"], found[0]["call_with"]) == (tool, tool)


async def test_a_read_only_server_finds_no_order_tool(simulator: Simulator) -> None:
    options = SurfaceOptions(read_only=True)
    found = (await call(simulator, "search_tools", options=options, query="place an order", limit=20))["tools"]
    assert {"place_order", "modify_order", "cancel_order"}.isdisjoint({tool["name"] for tool in found})


async def test_arguments_come_as_an_object_or_as_its_text(simulator: Simulator) -> None:
    for arguments in ({"symbol": SAMSUNG}, json.dumps({"symbol": SAMSUNG})):
        await call(simulator, "call_read_tool", name=PRICE, arguments=arguments)
    facts = await fail(simulator, "call_read_tool", name=PRICE, arguments='{"symbol": "005930", "symbol": "000660"}')
    assert facts["field"] == "arguments"


async def test_every_wrong_argument_of_a_call_is_named_at_once(simulator: Simulator) -> None:
    facts = await fail(simulator, "place_order", symbol=SAMSUNG, side="hold", quantity="1,5", prise=70_000)
    for name in ("prise", "side", "quantity"):
        assert name in facts["what"]
        assert f"{name}: " in facts["next_step"]


async def test_an_empty_credit_type_is_cash_and_leads_to_no_loan(simulator: Simulator) -> None:
    empty = dict.fromkeys(("credit_type", "loan_date", "stop_price", "exchange", "market", "idempotency_key"), "")
    for credit in ({}, {"credit_type": "cash"}, {"credit_type": None}):
        preview = await call(simulator, "place_order", **(BUY | empty | credit))
        assert preview["order"]["status"] == "needs_confirmation"
        assert "credit" not in preview["order"]["preview"].lower()
    facts = await fail(simulator, "place_order", **(BUY | {"credit_type": "none"}))
    assert facts["next_step"].startswith("Give one of cash, ")
    assert facts["next_step"].endswith("or leave it out.")


async def test_prices_with_separators_are_the_prices_that_are_ordered(simulator: Simulator) -> None:
    preview = await call(simulator, "place_order", **(BUY | {"price": "60,000", "side": "BUY", "order_type": "LIMIT"}))
    assert "60,000" in preview["order"]["preview"]
    assert (await fail(simulator, "place_order", **(BUY | {"price": "60,00"})))["field"] == "price"


def test_what_stays_refused_is_never_to_be_tried_again() -> None:
    """Only what passes by itself is worth the same call once more."""
    passing = {"kis_unavailable", "rate_limit"}
    again = re.compile(r"\b(try|call) again\b", re.IGNORECASE)
    told = {code for code, known in known_codes().items() if again.search(known.remedy) and known.kind not in passing}
    assert told <= {"EGW00121", "EGW00122", "EGW00123"}, "but a token, which is renewed"
