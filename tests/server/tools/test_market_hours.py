"""When markets trade and take orders, as a client reads it."""

from typing import Any

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for

SIMULATED = "This simulator's market never closes and takes orders at any hour: these are the exchanges' own hours."
NO_VIETNAM = "No calendar here has the holidays of Vietnam from 2026-03-03 on: such weekdays are taken as usual."


async def test_one_market_is_told_with_the_sessions_of_its_day_and_its_holidays(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, sim_clock="market")) as client:
        result = await client.call_tool("get_market_hours", {"market": "us", "days": 45})
    found = blocks(result)
    assert found["venues"][:2] == [
        {
            "venue": "us",
            "market": "US",
            "order_session": "regular",
            "trading": False,
            "takes_orders": False,
            "next_session": "pre-market",
            "next_open": "2026-03-04T18:00:00+09:00",
        },
        {
            "venue": "us_daytime",
            "market": "US",
            "order_session": "daytime",
            "trading": True,
            "takes_orders": True,
            "session": "daytime session",
            "closes_at": "2026-03-04T18:00:00+09:00",
            "next_session": "daytime session",
            "next_open": "2026-03-05T10:00:00+09:00",
        },
    ]
    assert found["sessions"][0] == {
        "venue": "us",
        "session": "pre-market",
        "opens": "2026-03-04T18:00:00+09:00",
        "closes": "2026-03-04T23:30:00+09:00",
        "local": "04:00-09:30",
    }
    assert next(row for row in found["sessions"] if "going_on" in row)["venue"] == "us_daytime"
    assert found["holidays"] == [{"date": "2026-04-03", "market": "US", "hours": "closed"}]
    assert "notes" not in result.structured_content


async def test_all_markets_are_told_in_short_and_a_simulator_that_never_closes_says_so(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_market_hours", {"days": 366})
    found = blocks(result)
    assert found["sessions"] == []
    assert {row["market"] for row in found["venues"]} == {"KR", "US", "HK", "CN", "JP", "VN"}
    assert {"date": "2026-11-19", "market": "KR", "hours": "10:00-16:30"} in found["holidays"]
    assert {"date": "2026-11-27", "market": "US", "hours": "09:30-13:00"} in found["holidays"]
    assert result.structured_content["notes"][:1] == [SIMULATED]
    assert NO_VIETNAM in result.structured_content["notes"]


async def test_a_market_is_named_by_its_country_or_by_one_of_its_exchanges(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        by_word = {
            word: blocks(await client.call_tool("get_market_hours", {"market": word}))["venues"]
            for word in ("jp", "tokyo", "hk", "HONG_KONG", "us", "nyse")
        }
        refusal = error(await client.call_tool("get_market_hours", {"market": "moon"}))
    assert [row["venue"] for row in by_word["tokyo"]] == ["tokyo", "tokyo_reserved"]
    assert by_word["tokyo"] == by_word["jp"]
    assert by_word["HONG_KONG"] == by_word["hk"]
    assert by_word["nyse"] == by_word["us"]
    assert refusal["field"] == "market"
    assert refusal["next_step"] == "Use kr, us, hk, cn, jp, vn, or an exchange such as tokyo."


async def quote(simulator: Simulator, symbol: str, **settings: Any) -> dict[str, Any]:
    async with connected(settings_for(simulator, **settings)) as client:
        return blocks(await client.call_tool("get_quote", {"symbol": symbol}))["quote"]


async def test_a_quote_tells_when_it_traded_and_whether_its_market_is_open(simulator: Simulator) -> None:
    samsung = await quote(simulator, "005930", sim_clock="market")
    assert (samsung["trade_time"], samsung["market_open"], samsung["session"]) == ("10:30:00", True, "regular session")
    apple = await quote(simulator, "AAPL", sim_clock="market")
    assert (apple["market_open"], apple["session"]) == (True, "daytime session: order with session=daytime")
    assert samsung["trade_date"] == "2026-03-04"
    assert (apple["trade_date"], bool(apple["trade_time"])) == ("2026-03-04", True)
    assert "next_open" not in apple


async def test_a_quote_of_a_simulator_that_never_closes_says_so(simulator: Simulator) -> None:
    apple = await quote(simulator, "AAPL")
    assert (apple["market_open"], apple["session"]) == (True, "simulated: never closes")
