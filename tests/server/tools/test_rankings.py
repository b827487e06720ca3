"""Rankings, held against the typed tools that they are read from, in the order of the value that they tell."""

from typing import Any

import pytest
from mcp import Client

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for

KOSDAQ, NYSE_LOSERS = {"universe": "kosdaq"}, {"exchange": "nyse", "direction": "down"}
SHORT_SALE = "domestic_stock_short_sale"
SLOW = pytest.mark.slow
"""All stocks of the simulator's Korean market take seconds."""


async def ranked(client: Client, **arguments: Any) -> dict[str, Any]:
    return blocks(await client.call_tool("get_rankings", arguments))


@pytest.mark.parametrize(
    ("by", "market", "tool", "arguments", "field", "unit", "scale"),
    [
        pytest.param("gainers", "kosdaq", "domestic_stock_fluctuation", KOSDAQ, "change_rate", "%", 1, marks=SLOW),
        pytest.param("market_cap", "kr", "domestic_stock_market_cap", {}, "market_cap", "KRW", 100_000_000, marks=SLOW),
        pytest.param(
            "short_selling",
            "kosdaq",
            "domestic_stock_short_sale",
            KOSDAQ,
            "short_sale_quantity",
            "shares",
            1,
            marks=SLOW,
        ),
        (
            "losers",
            "nyse",
            "overseas_stock_updown_rate",
            NYSE_LOSERS,
            "change_rate",
            "%",
            1,
        ),
        ("turnover", "tokyo", "overseas_stock_trade_pbmn", {"exchange": "tokyo"}, "turnover", "JPY", 1),
    ],
)
async def test_a_ranking_has_the_rows_of_its_own_tool(
    simulator: Simulator, by: str, market: str, tool: str, arguments: dict[str, Any], field: str, unit: str, scale: int
) -> None:
    async with connected(settings_for(simulator)) as client:
        found = await ranked(client, by=by, market=market, limit=5)
        typed = {"name": tool, "arguments": {**arguments, "fields": "all", "limit": 5}}
        rows = blocks(await client.call_tool("call_read_tool", typed))["stocks"]
    assert found["ranking"] == {"by": by, "market": market, "value": field, "unit": unit}
    assert found["stocks"] == [
        {
            "rank": place,
            "symbol": row["symbol"],
            "name": row["name"],
            "price": row["price"],
            "change_rate": row["change_rate"],
            "value": row[field] * scale,
        }
        for place, row in enumerate(rows, start=1)
    ]
    values = [row["value"] for row in found["stocks"]]
    assert len(values) > 1
    assert values == sorted(values, reverse=by != "losers")


async def test_a_ranking_that_kis_lacks_is_refused_before_it_is_asked(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("get_rankings", {"by": "dividend_yield", "market": "nasdaq"}))
    assert facts["what"] == "KIS has no ranking by dividend_yield of nasdaq."
    assert "kospi" in facts["next_step"]
    assert "near_high" in facts["next_step"]
    assert list(simulator.received) == []


async def test_demo_which_has_no_rankings_says_what_to_use(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo")) as client:
        facts = error(await client.call_tool("get_rankings", {"by": "volume"}))
    assert facts["class"] == "not_in_environment"


async def test_the_us_are_ranked_by_nasdaq_and_the_answer_says_so(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_rankings", {"by": "losers", "market": "US", "limit": 3})
        nasdaq = await ranked(client, by="losers", market="nasdaq", limit=3)
    assert blocks(result) == nasdaq
    assert nasdaq["ranking"]["market"] == "nasdaq"
    assert result.structured_content["notes"] == ["Of nasdaq alone: KIS ranks nyse and amex apart."]
