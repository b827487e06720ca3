from kis_mcp.catalog import catalog
from kis_mcp.simulator import Simulator
from kis_mcp.strategies.document import read_strategy
from kis_mcp.wiring import open_environments
from kis_mcp.wiring.brokerage import find_instrument
from tests.client import NOW, settings_for

STRATEGY = read_strategy({"id": "cross", "name": "돌파", "entry": {"left": "close", "is": "above", "right": 1000}})


def test_a_code_that_two_countries_have_is_found_in_its_own_market_only() -> None:
    found = find_instrument("000660", "KR")
    assert found is not None
    assert found.name == "SK하이닉스"
    assert find_instrument("000660", "CN") is None


async def test_strategies_are_kept_beside_orders_without_asking_kis_anything(simulator: Simulator) -> None:
    settings = settings_for(simulator, "demo")
    async with open_environments(settings, catalog(), lambda: NOW) as environments:
        brokerage = await environments.brokerage(settings.environment)
        saved = await (await brokerage.strategy_records()).save(STRATEGY, at=NOW)
        assert not simulator.received
        assert await (await brokerage.journal()).history() == []
        assert await (await brokerage.strategy_records()).strategies() == [saved]
    async with open_environments(settings, catalog(), lambda: NOW) as environments:
        records = await (await environments.brokerage(settings.environment)).strategy_records()
        assert await records.find("cross") == saved
