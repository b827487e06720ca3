"""Everything that is held, of every market, as a client sees it."""

from decimal import Decimal
from typing import Any

import pytest
from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import SAMSUNG, blocks, connected, error
from tests.server.tools.test_orders_by_market import loose

BONDS = "KR6095572D81"
BUYS: dict[str, dict[str, Any]] = {
    SAMSUNG: {"quantity": 3, "order_type": "market"},
    "AAPL": {"quantity": 2},
    "00700": {"market": "hk", "quantity": 100},
    BONDS: {"market": "domestic_bond", "quantity": 10},
    "101W12": {"market": "domestic_futureoption", "quantity": 1, "order_type": "market"},
}
MARKETS = {
    SAMSUNG: "KR",
    "AAPL": "US",
    "00700": "HK",
    BONDS: "domestic_bond",
    "101W12": "domestic_futureoption",
}
TOOLS = [("get_positions", "positions"), ("get_exposure", "instruments"), ("get_profit_and_loss", "unrealized")]
QUOTES = {
    "AAPL": ("overseas_stock_price", {"symbol": "AAPL", "exchange": "nasdaq"}),
    "00700": ("overseas_stock_price", {"symbol": "00700", "exchange": "hong_kong"}),
    BONDS: ("domestic_bond_inquire_price", {"symbol": BONDS}),
}


async def trade(client: Client, side: str, symbol: str, **terms: Any) -> None:
    """An order that fills at once: at the market, or at a price that is good enough."""
    if symbol in QUOTES:
        tool, arguments = QUOTES[symbol]
        answer = blocks(await client.call_tool("call_read_tool", {"name": tool, "arguments": arguments}))
        price = answer["price"]["price"] * (1.02 if side == "buy" else 0.98)
        terms["price"] = round(price) if symbol != "AAPL" else round(price, 2)
    placed = blocks(await client.call_tool("place_order", {"symbol": symbol, "side": side, **terms}))["order"]
    (order,) = blocks(await client.call_tool("get_order_status", {"intent_id": placed["intent_id"]}))["orders"]
    assert order["state"] == "filled", order


async def test_every_market_is_held_shown_and_sold(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        for symbol, terms in BUYS.items():
            await trade(client, "buy", symbol, **terms)
        answer = await client.call_tool("get_positions", {})
        positions = {row["symbol"]: row for row in blocks(answer)["positions"]}
        exposure = {row["symbol"]: row for row in blocks(await client.call_tool("get_exposure", {}))["instruments"]}
        profit = {row["symbol"]: row for row in blocks(await client.call_tool("get_profit_and_loss", {}))["unrealized"]}
        for name in ("market", "quantity", "value", "currency"):
            shown = {symbol: row.get(name) for symbol, row in positions.items()}
            assert shown == {symbol: row.get(name) for symbol, row in exposure.items()}
            assert shown == {symbol: row.get(name) for symbol, row in profit.items()}
        assert {symbol: row["market"] for symbol, row in positions.items()} == MARKETS
        assert {symbol: row["quantity"] for symbol, row in positions.items()} == {
            symbol: terms["quantity"] for symbol, terms in BUYS.items()
        }
        assert answer.structured_content["complete"] is True
        for row in positions.values():
            assert row["sellable_quantity"] == row["quantity"]
            terms = {"order_type": "market"} if row["symbol"] not in QUOTES else {}
            await trade(client, "sell", row["symbol"], market=row["market"].lower(), quantity=row["quantity"], **terms)
        assert blocks(await client.call_tool("get_positions", {}))["positions"] == []
        assert blocks(await client.call_tool("get_exposure", {}))["instruments"] == []


@pytest.mark.parametrize(("tool", "block"), TOOLS)
async def test_a_fraction_of_a_share_passes_the_clients_check_of_the_result(
    simulator: Simulator, tool: str, block: str
) -> None:
    async with connected(loose(simulator)) as client:
        await trade(client, "buy", "AAPL", quantity=1)
        (account,) = [one for one in simulator.world.books.accounts.values() if "AAPL" in one.positions]
        account.positions["AAPL"].quantity = Decimal("0.012638")  # pyright: ignore[reportAttributeAccessIssue]
        (held,) = blocks(await client.call_tool(tool, {}))[block]
    assert held["quantity"] == 0.012638


async def test_a_list_that_fails_is_named_and_the_rest_is_shown(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        await trade(client, "buy", SAMSUNG, quantity=1, order_type="market")
        simulator.faults.add("error", "/uapi/domestic-bond/v1/trading/inquire-balance", code="APBK0013", times=100)
        for tool, block in TOOLS:
            answer = await client.call_tool(tool, {})
            assert [row["symbol"] for row in blocks(answer)[block]] == [SAMSUNG]
            assert answer.structured_content["complete"] is False
            notes = answer.structured_content["notes"]
            assert any("The holdings of domestic_bond could not be read" in note for note in notes)
        answer = await client.call_tool("get_balance", {})
        assert answer.structured_content["complete"] is False
        named = await client.call_tool("get_positions", {"market": "domestic_bond"})
        assert "APBK0013" in error(named)["kis_code"]


async def test_one_market_is_asked_for_by_the_words_of_orders(simulator: Simulator) -> None:
    async with connected(loose(simulator)) as client:
        await trade(client, "buy", SAMSUNG, quantity=1, order_type="market")
        await trade(client, "buy", "00700", market="hk", quantity=100)
        for market, symbols in (("kr", [SAMSUNG]), ("HK", ["00700"]), ("domestic_futureoption", [])):
            held = blocks(await client.call_tool("get_positions", {"market": market}))["positions"]
            assert [row["symbol"] for row in held] == symbols
        balances = blocks(await client.call_tool("get_balance", {"market": "hk"}))["balances"]
        assert [(row["market"], row["currency"]) for row in balances] == [("HK", "HKD")]
        assert "kr, us, hk" in error(await client.call_tool("get_positions", {"market": "mars"}))["next_step"]


@pytest.mark.parametrize("market", ["domestic_bond", "overseas_futureoption"])
async def test_what_demo_does_not_list_is_refused_by_name_and_else_not_asked(simulator: Simulator, market: str) -> None:
    async with connected(loose(simulator, "demo")) as client:
        assert error(await client.call_tool("get_positions", {"market": market}))["class"] == "not_in_environment"
        everything = await client.call_tool("get_positions", {})
    assert everything.structured_content["complete"] is True
