from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.simulator import Simulator
from kis_mcp.wiring.simulated_gaps import gaps_note
from tests.client import connected, settings_for


def api(tool: str) -> Api:
    found = catalog().find(tool)
    assert found is not None
    return found


def test_an_api_that_the_world_has_nothing_for_says_that_its_answer_is_empty():
    assert "nothing of this kind" in gaps_note(api("domestic_stock_news_title"), None)


def test_an_api_that_the_world_answers_whole_says_nothing():
    assert gaps_note(api("domestic_stock_inquire_ccnl"), "all") == ""


def test_only_fields_that_the_caller_sees_are_named():
    price = api("domestic_stock_inquire_price")
    assert gaps_note(price, ["price"]) == ""
    assert gaps_note(price, ["price", "vi_active"]).endswith(": vi_active.")
    assert gaps_note(price, "all").endswith("more.")
    assert len(gaps_note(price, "all")) < 250


async def test_a_result_from_the_simulator_says_what_it_leaves_empty(simulator: Simulator):
    async with connected(settings_for(simulator)) as client:
        arguments = {"name": "domestic_stock_news_title", "arguments": {"symbol": "005930"}}
        result = await client.call_tool("call_read_tool", arguments)
    assert result.structured_content is not None
    assert result.structured_content["blocks"] == {"headlines": []}
    assert any("nothing of this kind" in note for note in result.structured_content["notes"])
