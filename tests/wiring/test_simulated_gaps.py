from kis_mcp.catalog.data import csv_rows, resources_folder
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.simulator import Simulator
from kis_mcp.wiring.simulated_gaps import gaps_note
from tests.client import connected, settings_for

GAPS = {row["tool"]: row["fields"].split() for row in csv_rows(resources_folder() / "simulator" / "empty_fields.csv")}
EMPTY = next(tool for tool, fields in GAPS.items() if fields == ["*"])
"""Something that the world has nothing of."""


def api(tool: str) -> Api:
    found = catalog().find(tool)
    assert found is not None
    return found


def test_an_api_that_the_world_has_nothing_for_says_that_its_answer_is_empty():
    assert "nothing of this kind" in gaps_note(api(EMPTY), None)


def test_an_api_that_the_world_answers_whole_says_nothing():
    assert gaps_note(api("domestic_stock_inquire_ccnl"), "all") == ""


def test_only_fields_that_the_caller_sees_are_named():
    price = api("domestic_stock_inquire_price")
    assert gaps_note(price, ["price"]) == ""
    unknown = GAPS["domestic_stock_inquire_price"][0].removeprefix("price.")
    assert gaps_note(price, ["price", unknown]).endswith(f": {unknown}.")
    widest = api(max(GAPS, key=lambda tool: len(GAPS[tool])))
    assert gaps_note(widest, "all").endswith("more.")
    assert len(gaps_note(widest, "all")) < 250


async def test_a_result_from_the_simulator_says_what_it_leaves_empty(simulator: Simulator):
    async with connected(settings_for(simulator)) as client:
        arguments = {"name": EMPTY, "arguments": dict(api(EMPTY).example)}
        result = await client.call_tool("call_read_tool", arguments)
    assert result.structured_content is not None
    for block in result.structured_content["blocks"].values():
        assert not any(block.values() if isinstance(block, dict) else block)
    assert any("nothing of this kind" in note for note in result.structured_content["notes"])
