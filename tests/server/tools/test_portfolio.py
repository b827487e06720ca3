"""Profit, loss and exposure of all accounts, as a client sees them."""

from decimal import Decimal
from typing import Any

import pytest
from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import SAMSUNG, blocks, connected, settings_for

HYNIX = "000660"


async def trade(client: Client, side: str, symbol: str, quantity: int, **more: Any) -> None:
    """An order that fills at once, without being asked about."""
    terms = {"order_type": "market"} if symbol.isdigit() else {"price": more.pop("price")}
    arguments = {"symbol": symbol, "side": side, "quantity": quantity, **terms}
    order = blocks(await client.call_tool("place_order", arguments))["order"]
    status = {"order_id": order["order_id"]}
    (placed,) = blocks(await client.call_tool("get_order_status", status))["orders"]
    assert placed["state"] == "filled"


async def price_of(client: Client, symbol: str) -> float:
    return blocks(await client.call_tool("get_quote", {"symbol": symbol}))["quote"]["price"]


async def traded(client: Client) -> None:
    """Two stocks bought in Korea and one in the US; a part of one sold again."""
    await trade(client, "buy", SAMSUNG, 3)
    await trade(client, "buy", HYNIX, 1)
    await trade(client, "sell", SAMSUNG, 1)
    price = await price_of(client, "AAPL")
    await trade(client, "buy", "AAPL", 2, price=round(price * 1.05, 2))
    await trade(client, "sell", "AAPL", 1, price=round(price * 0.95, 2))


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_profit_is_told_by_day_instrument_and_currency(simulator: Simulator, environment: str) -> None:
    async with connected(settings_for(simulator, environment, confirm="never")) as client:
        await traded(client)
        result = await client.call_tool("get_profit_and_loss", {})
    found = blocks(result)
    sales = {row["symbol"]: row for row in found["realized"]}
    assert {symbol: row["quantity"] for symbol, row in sales.items()} == {SAMSUNG: 1, "AAPL": 1}
    assert (sales[SAMSUNG]["currency"], sales[SAMSUNG]["profit_krw"]) == ("KRW", sales[SAMSUNG]["profit"])
    rate = next(rate for rate in found["rates"] if rate["currency"] == "USD")
    assert (rate["currency"], rate["krw_rate"] > 1000) == ("USD", True)
    assert rate["source"].startswith("overseas_stock_inquire_")
    won = Decimal(str(sales["AAPL"]["profit"])) * Decimal(str(rate["krw_rate"]))
    assert abs(Decimal(sales["AAPL"]["profit_krw"]) - won) <= 10
    held = {row["symbol"]: row for row in found["unrealized"]}
    assert {symbol: row["quantity"] for symbol, row in held.items()} == {SAMSUNG: 2, HYNIX: 1, "AAPL": 1}
    totals = {row["currency"]: row for row in found["totals"]}
    assert set(totals) == {"KRW", "USD"}
    assert totals["KRW"]["unrealized"] == held[SAMSUNG]["profit"] + held[HYNIX]["profit"]
    assert sum(day["realized_krw"] for day in found["days"]) == sum(row["profit_krw"] for row in sales.values())
    told = "fills" if environment == "demo" else "day after the sale"
    assert any(told in note for note in result.structured_content["notes"])


async def test_profit_is_that_of_the_period_and_the_instrument(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, confirm="never")) as client:
        await traded(client)
        one = blocks(await client.call_tool("get_profit_and_loss", {"symbol": "AAPL"}))
        before = {"start_date": "2026-01-02", "end_date": "2026-01-05"}
        earlier = blocks(await client.call_tool("get_profit_and_loss", before))
    assert {row["symbol"] for row in one["realized"] + one["unrealized"]} == {"AAPL"}
    assert [row["currency"] for row in one["totals"]] == ["USD"]
    assert (earlier["realized"], earlier["days"]) == ([], [])
    assert len(earlier["unrealized"]) == 3


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_exposure_is_told_by_instrument_market_and_currency(simulator: Simulator, environment: str) -> None:
    async with connected(settings_for(simulator, environment, confirm="never")) as client:
        await traded(client)
        found = blocks(await client.call_tool("get_exposure", {}))
    instruments = {row["symbol"]: row for row in found["instruments"]}
    assert set(instruments) == {SAMSUNG, HYNIX, "AAPL"}
    total = found["total"]["total"]
    for row in instruments.values():
        assert abs(row["share"] - row["value_krw"] / total * 100) < 0.01
    parts = [amount for name, amount in found["total"].items() if name not in ("currency", "total")]
    assert sum(parts) == total
    assert {"****" in row["account"] for row in instruments.values()} == {True}
    markets = {row["market"]: row["value_krw"] for row in found["markets"]}
    assert markets == {
        "KR": instruments[SAMSUNG]["value_krw"] + instruments[HYNIX]["value_krw"],
        "US": instruments["AAPL"]["value_krw"],
    }
    currencies = {row["currency"]: row for row in found["currencies"]}
    assert currencies["USD"]["value"] == instruments["AAPL"]["value"]
    assert currencies["KRW"]["cash"] == currencies["KRW"]["cash_krw"] > 0
    assert currencies["USD"]["total_krw"] == currencies["USD"]["value_krw"] + currencies["USD"]["cash_krw"]


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_the_account_has_one_worth_and_the_exposure_is_measured_by_it(
    simulator: Simulator, environment: str
) -> None:
    async with connected(settings_for(simulator, environment, confirm="never")) as client:
        await traded(client)
        answer = await client.call_tool("get_account_summary", {})
        exposure = blocks(await client.call_tool("get_exposure", {}))
    found = blocks(answer)
    assert found["total"] == exposure["total"]
    assert abs(sum(row.get("share", 0) for row in found["markets"]) - 100) < 0.05
    assert found["total"]["securities"] > 0
    assert answer.structured_content["complete"] is True
    notes = " ".join(answer.structured_content.get("notes", []))
    assert ("overseas_futureoption, for which no account is set" in notes) == (environment == "demo")
    assert ("domestic_bond, which KIS' demo does not list" in notes) == (environment == "demo")
    assert abs(found["total"]["securities"] - sum(row["value_krw"] for row in exposure["markets"])) <= 1


async def test_an_empty_account_has_no_profit_and_no_exposure(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        profit = blocks(await client.call_tool("get_profit_and_loss", {}))
        exposure = blocks(await client.call_tool("get_exposure", {}))
    assert {name: rows for name, rows in profit.items() if rows} == {}
    assert (exposure["instruments"], exposure["markets"]) == ([], [])
    assert "KRW" in {row["currency"] for row in exposure["currencies"]}
