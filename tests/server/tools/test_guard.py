"""The guard as a client meets it: the rules that need KIS, against the simulator's market and accounts."""

import re
from typing import Any

import pytest

from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import BUY, Person, blocks, connected, error, settings_for

APPLE = {"symbol": "AAPL", "side": "sell", "quantity": 3, "price": 1}


@pytest.mark.parametrize(
    ("order", "settings", "said"),
    [
        (BUY | {"quantity": 1_000_000}, {"max_order_quantity": None, "max_order_notional": None}, "buying power"),
        (BUY | {"side": "sell", "price": 80_000}, {}, "only 0 of 005930 can be"),
        (BUY | {"price": 90_000}, {}, "KIS_PRICE_COLLAR_PERCENT"),
        (BUY | {"exchange": "nxt", "order_type": "market", "price": None}, {}, "no market orders on Nextrade"),
        (BUY, {"denied_symbols": "005930"}, "KIS_DENIED_SYMBOLS"),
        (BUY, {"allowed_symbols": "000660,AAPL"}, "KIS_ALLOWED_SYMBOLS"),
        (APPLE, {}, "only 0 of AAPL can be"),
        (BUY | {"symbol": "999999"}, {}, "KIS knows no 999999 on krx"),
        (APPLE | {"side": "buy", "exchange": "nyse"}, {}, "KIS knows no AAPL on nyse"),
        (APPLE | {"side": "buy", "symbol": "ZZZZ", "exchange": "nasdaq"}, {}, "KIS knows no ZZZZ on nasdaq"),
    ],
)
async def test_an_order_that_should_not_go_out_is_refused_before_anyone_is_asked(
    simulator: Simulator, era: str, order: dict[str, Any], settings: dict[str, Any], said: str
) -> None:
    person = Person()
    async with connected(settings_for(simulator, **settings), era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", order))
    assert facts["class"] == "order_refused"
    assert said in facts["what"]
    assert person.asked == []
    assert simulator.ledger.orders == []


@pytest.mark.parametrize("environment", ["sim", "demo", "real"])
async def test_an_unknown_symbol_is_refused_everywhere_with_one_reason_and_the_remedy(
    simulator: Simulator, environment: str
) -> None:
    person = Person()
    async with connected(settings_for(simulator, environment, allow_real_orders=True), person=person) as client:
        facts = error(await client.call_tool("place_order", BUY | {"symbol": "999999"}))
    assert facts["what"] == "KIS knows no 999999 on krx."
    assert "find_instrument" in facts["next_step"]
    assert person.asked == []


@pytest.mark.parametrize(
    ("tool", "order", "said"),
    [
        ("domestic_fo_order", {"symbol": "101W12", "price": 350.06}, "off the tick of 0.05"),
        ("domestic_fo_order", {"symbol": "201W12350", "price": 12.01}, "off the tick of 0.05"),
        ("domestic_fo_order", {"symbol": "101W12", "price": 700}, "KIS_PRICE_COLLAR_PERCENT"),
        ("overseas_fo_order", {"symbol": "CLZ26", "price": 65.005}, "off the tick of 0.01"),
        ("overseas_fo_order", {"symbol": "CLZ26", "price": 130}, "KIS_PRICE_COLLAR_PERCENT"),
        ("domestic_bond_buy", {"symbol": "KR6095572D81", "quantity": 15, "price": 10180}, "the lot of 10"),
        ("domestic_bond_buy", {"symbol": "KR6095572D81", "quantity": 10, "price": 20000}, "KIS_PRICE_COLLAR_PERCENT"),
    ],
)
async def test_contracts_and_bonds_are_held_to_their_ticks_lots_and_collar(
    simulator: Simulator, tool: str, order: dict[str, Any], said: str
) -> None:
    settings = settings_for(simulator, max_order_notional=None, max_order_quantity=None)
    values = {"quantity": 1, **order} | ({} if tool == "domestic_bond_buy" else {"side": "buy"})
    async with connected(settings, SurfaceOptions(surface="all"), person=Person()) as client:
        facts = error(await client.call_tool(tool, values))
    assert facts["class"] == "order_refused"
    assert said in facts["what"]


@pytest.mark.parametrize(
    "order",
    [
        BUY | {"order_type": "market", "price": None, "quantity": 10},
        {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": 280},
    ],
    ids=["KR", "US"],
)
@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_the_loss_of_the_day_counts_korean_and_overseas_stocks(
    simulator: Simulator, environment: str, order: dict[str, Any]
) -> None:
    """What was just bought has cost half the spread, and in Korea fees: that is the loss, whatever is held."""
    settings = settings_for(simulator, environment, confirm="never", max_daily_loss=1, max_open_positions=3)
    async with connected(settings) as client:
        assert not (await client.call_tool("place_order", order)).is_error
        facts = error(await client.call_tool("place_order", BUY))
    found = re.search(r"has lost ([\d,]+) KRW today", facts["what"])
    assert found is not None, facts
    assert 0 < int(found[1].replace(",", "")) < 20_000


async def test_a_single_stock_future_is_worth_its_underlyings_multiplier(simulator: Simulator) -> None:
    order = {"symbol": "111W12", "market": "domestic_futureoption", "side": "buy", "quantity": 2, "price": 60_000}
    async with connected(settings_for(simulator)) as client:
        preview = blocks(await client.call_tool("place_order", order))["order"]["preview"]
    assert "Estimated amount: 1,200,000 KRW" in preview
