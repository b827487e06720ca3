"""What is known beside KIS' documents, and what it changes."""

from datetime import date

import pytest

from kis_mcp.catalog.corrections import read_corrections
from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.document import api_document
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Correction
from kis_mcp.catalog.table import SpecError

CORRECTED = Catalog(strict=True)
DOCUMENTED = Catalog(strict=True, corrected=False)
ENTRY = {"says": "It holds.", "basis": "measured", "source": "somebody", "date": date(2026, 9, 23)}
APIS = {api.tool: api for api in CORRECTED.apis}


def test_each_entry_is_about_an_api_of_the_table_and_a_part_of_it() -> None:
    assert set(CORRECTED.corrections.entries) <= set(APIS)
    for tool in CORRECTED.corrections.entries:
        api = APIS[tool]
        named = {block.key for block in api.blocks} | {field.element for block in api.blocks for field in block.fields}
        named |= set(api.constants) | {parameter.element for parameter in api.parameters} | {"", "tr_id"}
        assert {known.element for known in api.corrections} <= named, tool


def test_the_document_of_a_tool_shows_what_is_known_with_its_source_and_date() -> None:
    text = api_document(APIS["domestic_stock_market_status_total"])
    assert "## Beside KIS' document" in text
    assert "Live frames begin with the stock's code" in text
    assert "(measured, 2026-09-23: canduk910/auto_stock, docs/kis, frames of 2026-09-21 to 23)" in text
    assert "## Beside KIS' document" not in api_document(APIS["domestic_stock_inquire_price"])


def test_a_row_stays_as_documented_beneath_its_corrections() -> None:
    tool = "domestic_stock_market_status_total"
    (before,), (after,) = (api.blocks for api in (DOCUMENTED.find(tool), CORRECTED.find(tool)) if api)
    assert [field.element for field in after.fields] == ["MKSC_SHRN_ISCD", *(field.element for field in before.fields)]
    assert (before.first_if, after.first_if) == (None, "[0-9A-Z]{6,9}")


def test_either_spelling_of_the_cancelled_quantity_is_read() -> None:
    for element in ("cncl_cfrm_qty", "cnc_cfrm_qty", "CNC_CFRM_QTY"):
        body = {"output1": [{"odno": "1", element: "10"}]}
        decoded = decode(APIS["domestic_stock_inquire_daily_ccld"], body)
        assert decoded.rows("orders") == [{"order_id": "1", "cancelled_quantity": 10}]


def test_an_entry_is_laid_over_the_row_key_by_key() -> None:
    change = {"row": {"title": "B", "blocks": {"output": {"aliases": "output1"}}}}
    corrections = read_corrections({"some_tool": [ENTRY, ENTRY | change]}, "corrections.toml")
    row = {"title": "A", "path": "/x", "blocks": {"output": {"name": "stock"}, "output2": {"name": "more"}}}
    assert corrections.over("some_tool", row) == {
        "title": "B",
        "path": "/x",
        "blocks": {"output": {"name": "stock", "aliases": "output1"}, "output2": {"name": "more"}},
    }
    assert row["title"] == "A"
    assert corrections.over("another_tool", row) == row
    assert corrections.of("some_tool") == (Correction("", "It holds.", "measured", "somebody", date(2026, 9, 23)),) * 2


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY | {"note": "x"}, "corrections.toml \\[\\[some_tool\\]\\] 1 note: is no key"),
        ({**ENTRY, "basis": "hearsay"}, "basis: must be one of measured"),
        ({key: value for key, value in ENTRY.items() if key != "source"}, "source: is missing"),
        ({**ENTRY, "date": "2026-09-23"}, "date: must be date"),
    ],
)
def test_a_faulty_entry_is_told_by_its_place(entry: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_corrections({"some_tool": [entry]}, "corrections.toml").of("some_tool")
