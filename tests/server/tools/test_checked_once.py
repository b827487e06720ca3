"""How often the arguments of one order are checked on their way from the client to KIS."""

from collections import Counter

import pytest

from kis_mcp.catalog import arguments
from kis_mcp.catalog.model import Api
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import BUY, blocks, connected, settings_for

ORDER_API = "domestic_stock_order_cash"
READS = {"domestic_stock_inquire_price": 1, "domestic_stock_inquire_psbl_order": 1}


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Tool → how often its arguments were checked."""
    counted = Counter[str]()
    model_of = arguments._model

    def count(api: Api) -> object:
        counted[api.tool] += 1
        return model_of(api)

    monkeypatch.setattr(arguments, "_model", count)
    return counted


async def test_an_order_is_checked_as_the_client_sent_it_as_kis_takes_it_and_as_the_journal_has_it(
    simulator: Simulator, checks: Counter[str]
) -> None:
    async with connected(settings_for(simulator, confirm="never", url_ws="")) as client:
        assert blocks(await client.call_tool("place_order", BUY))["order"]["status"] == "accepted"
    assert checks == {"place_order": 1, ORDER_API: 2, **READS, "domestic_stock_inquire_daily_ccld": 1}


async def test_an_order_under_its_own_name_is_checked_as_the_client_sent_it_and_as_the_journal_has_it(
    simulator: Simulator, checks: Counter[str]
) -> None:
    async with connected(settings_for(simulator, confirm="never", url_ws=""), SurfaceOptions(surface="all")) as client:
        await client.call_tool(ORDER_API, BUY)
    assert checks == {ORDER_API: 2, **READS}
