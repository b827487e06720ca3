"""The guard as a client meets it: the rules that need KIS, against the simulator's market and accounts."""

from typing import Any

import pytest

from kis_mcp.simulator.server import Simulator
from tests.server.conftest import BUY, Person, connected, error, settings_for

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
