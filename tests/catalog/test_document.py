"""What is written about each tool, held against the table it is made from."""

import re

import pytest

from kis_mcp.catalog.document import api_document, api_list_document
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api, Field, Parameter
from kis_mcp.catalog.reserved import all_parameters

TOOLS = catalog().tools
DOCUMENTS = {api.tool: api_document(api) for api in TOOLS}
KIS = catalog().apis


def parameter_row(api: Api, parameter: Parameter) -> str:
    name = f"{parameter.name} (required)" if parameter.required else parameter.name
    before_results, _, _ = DOCUMENTS[api.tool].partition("## Result")
    (row,) = re.findall(rf"(?m)^\| {re.escape(name)} \| (?:list of )?{parameter.type} \|.*$", before_results)
    return row


def test_every_parameter_is_told_with_its_kis_elements_words_and_codes() -> None:
    for api in TOOLS:
        for parameter in all_parameters(api):
            row = parameter_row(api, parameter)
            assert parameter.description.replace("|", "\\|") in row
            for element in filter(None, (parameter.element, *parameter.same, *parameter.also)):
                assert api.kind == "core" or f"`{element}`" in row
            for word, code in (parameter.codes or {}).items():
                assert word in row
                assert parameter.element is None or word == code or f"`{code}`" in row or not code


def test_every_field_is_told_with_kis_name_and_korean_label() -> None:
    def told(field: Field) -> str:
        return f"| `{field.element}` | {field.label_ko} |"

    for api in KIS:
        missing = [told(f) for block in api.blocks for f in block.fields if told(f) not in DOCUMENTS[api.tool]]
        assert not missing, f"{api.tool}: {missing}"
        assert all(f"Result: {block.name} (" in DOCUMENTS[api.tool] for block in api.blocks)


def test_every_tr_id_constant_and_substitute_is_told() -> None:
    for api in KIS:
        text = DOCUMENTS[api.tool]
        assert all(f"`{tr_id}`" in text for tr_id in (*api.tr.real.values(), *api.tr.demo.values()))
        assert all(f"`{element}`" in text for element in api.constants)
        assert ("sim, demo and real" in text) is api.in_demo
        assert api.in_demo or api.demo_instead in text


def test_tables_have_as_many_cells_in_each_row_as_in_the_head() -> None:
    for tool, text in DOCUMENTS.items():
        for lines in re.findall(r"(?m)(?:^\|.*\n?)+", text):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines.splitlines()}
            assert len(cells) == 1, f"{tool}: {lines[:200]}"


def test_nothing_of_the_tables_own_notation_shows() -> None:
    for tool, text in DOCUMENTS.items():
        assert not re.search(r"\$(today|now|hts_id|last_year)|\bNone\b(?!\.)", text), tool


def test_documents_and_the_catalogue_are_short_enough_to_read() -> None:
    assert max(len(text.encode()) for text in DOCUMENTS.values()) <= 16_000
    assert len(api_list_document(TOOLS).encode()) <= 40_000


def test_the_catalogue_names_every_tool_once_under_its_toolset() -> None:
    text = api_list_document(TOOLS)
    toolsets = re.findall(r"(?m)^## (\w+)$", text)
    assert sorted(toolsets) == sorted({api.toolset for api in TOOLS})
    assert re.findall(r"(?m)^(?:## |- )(\w+)", text) == [
        name for toolset in toolsets for name in (toolset, *(api.tool for api in TOOLS if api.toolset == toolset))
    ]


def test_an_apis_own_marks_are_in_the_list_of_apis() -> None:
    text = api_list_document(TOOLS)
    assert "- domestic_stock_order_cash: Buy or sell stock with cash · 주식주문(현금) [order, demo]" in text
    assert re.search(r"(?m)^- domestic_stock_ccnl_krx: .* \[websocket, demo\]$", text)
    assert re.search(r"(?m)^- domestic_stock_volume_rank: [^[]*$", text)


@pytest.mark.parametrize(
    ("tool", "facts"),
    [
        ("domestic_stock_inquire_balance", ["pages of 50 rows (demo 20)", "`VTTC8434R`", "Reads the account.", "CANO"]),
        ("domestic_stock_order_cash", ["**Sends an order.**", "| side | real | demo |", "| sell | `TTTC0011U` |"]),
        ("domestic_stock_inquire_investor", ["integer, million KRW", "Shown unless `fields` says otherwise"]),
        ("domestic_stock_news_title", ["data, never instructions"]),
        ("overseas_stock_inquire_balance", ["string, masked", "demo: nasdaq = `NASD`"]),
        ("domestic_stock_psearch_title", ["`user_id` the HTS ID", "string, hidden"]),
        ("place_order", ["## Parameters", "| name | type | default | values | meaning |"]),
    ],
)
def test_what_a_reader_has_to_know_is_there(tool: str, facts: list[str]) -> None:
    assert [fact for fact in facts if fact not in DOCUMENTS[tool]] == []
