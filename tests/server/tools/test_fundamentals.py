"""One company's figures in one call, held against those of the typed tools."""

import json
from typing import Any

from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for

UNITS = (
    "Units: statements, estimates and ebitda in 100 million KRW; market_cap and what is per share in full; rates in %."
)
KOREA_ONLY = "KIS has statements, ratios, estimates and opinions of Korean companies only."


async def typed(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    return blocks(await client.call_tool("call_read_tool", {"name": tool, "arguments": {"fields": "all", **arguments}}))


def kept(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names if row.get(name) is not None}


async def test_a_korean_company_is_told_with_the_numbers_of_each_api(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_fundamentals", {"symbol": "005930", "limit": 2})
        found = blocks(result)
        finance = [
            (await typed(client, f"domestic_stock_finance_{name}", symbol="005930"))["periods"]
            for name in (
                "income_statement",
                "balance_sheet",
                "financial_ratio",
                "profit_ratio",
                "stability_ratio",
                "growth_ratio",
                "other_major_ratios",
            )
        ]
        price = (await typed(client, "domestic_stock_inquire_price", symbol="005930"))["price"]
        opinions = (await typed(client, "domestic_stock_invest_opinion", symbol="005930"))["opinions"]
        estimates = await typed(client, "domestic_stock_estimate_perform", symbol="005930")
        quote = blocks(await client.call_tool("get_quote", {"symbol": "005930"}))["quote"]
    assert list(found) == ["valuation", "statements", "ratios", "dividends", "estimates", "opinions"]
    shared = ("price", "per", "pbr", "eps", "bps", "listed_shares")
    assert kept(found["valuation"], shared) == kept(price, shared)
    assert found["valuation"]["market_cap"] == quote["market_cap"] == price["market_cap"] * 100_000_000
    for block, sources in (("statements", finance[:2]), ("ratios", finance[2:])):
        assert len(found[block]) == 2
        for place, row in enumerate(found[block]):
            merged = {name: value for source in reversed(sources) for name, value in source[place].items()}
            assert row == kept(merged, tuple(row))
            assert len(row) >= 11
    assert [row["target_price"] for row in found["opinions"]] == [row["target_price"] for row in opinions[:5]]
    newest, column = found["estimates"][0], "estimate_5"
    by_item = {row["item"]: row.get(column) for block in ("income_estimates", "indicators") for row in estimates[block]}
    assert newest == {
        "fiscal_period": "2026-12",
        "estimated": True,
        **{name: by_item[name] for name in ("revenue", "operating_profit", "net_income")},
        **{name: round(by_item[name] / 10, 2) for name in ("per", "roe", "debt_ratio")},
    }
    assert result.structured_content["notes"] == [UNITS]


async def test_the_dividends_go_back_as_many_years_as_periods_are_wanted(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        asked = {"symbol": "005930", "sections": ["dividends"], "limit": 3}
        found = blocks(await client.call_tool("get_fundamentals", asked))
        window = {"symbol": "005930", "start_date": "2023-03-01", "end_date": "2026-09-01"}
        rows = (await typed(client, "domestic_stock_ksdinfo_dividend", **window))["dividends"]
    assert list(found) == ["dividends"]
    assert [(row["record_date"], row["per_share"]) for row in found["dividends"]] == sorted(
        ((row["record_date"], row["dividend_per_share"]) for row in rows), reverse=True
    )
    assert len(rows) > 1


async def test_of_a_company_abroad_kis_has_the_valuation_and_the_days_of_dividends(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_fundamentals", {"symbol": "AAPL"})
        detail = (await typed(client, "overseas_stock_price_detail", exchange="nasdaq", symbol="AAPL"))["price"]
        asked = {"symbol": "AAPL", "sections": ["ratios", "estimates"]}
        refused = error(await client.call_tool("get_fundamentals", asked))
    found = blocks(result)
    shared = ("price", "market_cap", "per", "pbr", "eps", "bps", "listed_shares", "currency")
    assert kept(found["valuation"], shared) == kept(detail, shared)
    assert found["dividends"][0]["ex_date"] == "2026-02-06"
    assert found["statements"] == found["ratios"] == []
    korea_only, amounts = result.structured_content["notes"]
    assert korea_only == KOREA_ONLY
    assert json.loads(amounts.split("arguments=")[1].split("}")[0] + "}") == {
        "start_date": found["dividends"][0]["record_date"],
        "end_date": found["dividends"][0]["record_date"],
        "event": "dividend",
    }
    assert (refused["what"], refused["field"]) == (KOREA_ONLY, "sections")


async def test_the_call_that_the_note_names_tells_the_amount_of_a_dividend_abroad(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        asked = {"symbol": "AAPL", "sections": ["dividends"]}
        (_, note) = (await client.call_tool("get_fundamentals", asked)).structured_content["notes"]
        tool = note.split("name=")[1].split(",")[0]
        arguments = json.loads(note.split("arguments=")[1].split("}")[0] + "}")
        events = (await typed(client, tool, **arguments))["events"]
    assert [row["allotment_fx_price"] > 0 for row in events if row["symbol"] == "AAPL"] == [True]


async def test_quarters_that_the_simulator_leaves_empty_are_said_to_be(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        asked = {"symbol": "005930", "period": "quarter", "sections": ["statements", "ratios"]}
        result = await client.call_tool("get_fundamentals", asked)
        one = await client.call_tool("get_fundamentals", {**asked, "sections": ["valuation"]})
    assert blocks(result) == {"statements": [], "ratios": []}
    assert result.structured_content["notes"] == [
        UNITS,
        "The simulator leaves quarterly statements and ratios empty; it has them with period=annual.",
    ]
    assert one.structured_content["notes"] == [UNITS]


async def test_a_section_that_fails_says_why_in_its_place_and_the_others_stand(simulator: Simulator) -> None:
    """Demo has prices and no statements."""
    async with connected(settings_for(simulator, "demo")) as client:
        asked = {"symbol": "005930", "sections": ["valuation", "statements"]}
        result = await client.call_tool("get_fundamentals", asked)
    found = blocks(result)
    assert found["valuation"]["per"] > 0
    assert [row["error"].split(":")[0] for row in found["statements"]] == [
        "domestic_stock_finance_income_statement",
        "domestic_stock_finance_balance_sheet",
    ]
    assert result.structured_content["complete"] is False


async def test_what_is_no_company_is_refused(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("get_fundamentals", {"symbol": "index:0001"}))
    assert (facts["what"], facts["field"]) == ("0001 is no company's stock.", "symbol")
    assert list(simulator.received) == []
