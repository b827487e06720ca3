"""Reading documents, guides and error codes."""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, TextResourceContents

from kis_mcp.catalog.data import resources_folder
from kis_mcp.catalog.document import api_document
from kis_mcp.catalog.error_codes import known_codes
from kis_mcp.catalog.loader import catalog
from kis_mcp.server.app import build_server
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.strategies.document import doubts_of, read_strategy

GUIDES = {path.stem: path.read_text(encoding="utf-8") for path in (resources_folder() / "guides").glob("*.md")}
TOOLS = {api.tool for api in catalog().tools}
SCHEMA, JSON = "kis://strategies/schema", "application/json"
TR_ID = r"\b[A-Z]{4}[0-9]{4}[RU]\b|\bH0[A-Z0-9]{6}\b"


@asynccontextmanager
async def connected(era: str = "auto", options: SurfaceOptions | None = None) -> AsyncGenerator[Client]:
    """A client of a server that needs no KIS."""
    async with Client(build_server(Settings.load(), options), mode=era) as client:
        yield client


def cells(guide: str, section: str) -> list[list[str]]:
    """The tables of a guide's section, row by row."""
    _, _, text = GUIDES[guide].partition(f"## {section}")
    lines = re.findall(r"(?m)^\| (.*) \|$", text.partition("\n## ")[0])
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def codes(tool: str, argument: str) -> Mapping[str, str]:
    """The words and KIS codes of a tool's argument."""
    api = catalog().find(tool)
    assert api is not None
    return next(parameter.codes or {} for parameter in api.parameters if parameter.name == argument)


async def read(client: Client, uri: str) -> str:
    result = await client.read_resource(uri)
    (content,) = result.contents
    assert isinstance(content, TextResourceContents)
    assert (content.uri, content.mime_type) == (uri, JSON if uri == SCHEMA else "text/markdown")
    return content.text


async def test_everything_listed_has_a_title_and_a_description_and_can_be_read(era: str) -> None:
    async with connected(era) as client:
        listed = (await client.list_resources()).resources
        for resource in listed:
            assert resource.title
            assert resource.description
            assert resource.mime_type == (JSON if resource.uri == SCHEMA else "text/markdown")
            assert (await read(client, resource.uri)).startswith("{" if resource.uri == SCHEMA else "# ")
    assert [resource.uri for resource in listed] == [
        "kis://apis",
        "kis://errors",
        SCHEMA,
        *(f"kis://guides/{name}" for name in sorted(GUIDES)),
    ]


async def test_the_template_gives_the_document_of_any_tool_core_live_or_left_out(era: str) -> None:
    async with connected(era, SurfaceOptions(toolsets=("core_market",), read_only=True)) as client:
        template, _ = (await client.list_resource_templates()).resource_templates
        assert (template.uri_template, template.mime_type) == ("kis://apis/{tool}", "text/markdown")
        for tool in ("get_quote", "place_order", "domestic_stock_order_cash", "overseas_stock_asking_price"):
            api = catalog().find(tool)
            assert api is not None
            assert await read(client, template.uri_template.format(tool=tool)) == api_document(api)


async def test_the_catalogue_names_every_tool() -> None:
    async with connected() as client:
        text = await read(client, "kis://apis")
    assert set(re.findall(r"(?m)^- (\w+):", text)) == TOOLS


async def test_every_error_code_is_told_with_its_class_and_remedy() -> None:
    async with connected() as client:
        text = await read(client, "kis://errors")
    for known in known_codes().values():
        assert f"| {known.code} | {known.meaning} | {known.kind} | {known.remedy} |" in text


@pytest.mark.parametrize(
    ("uri", "nearest"),
    [
        ("kis://apis/get_qoute", "kis://apis/get_quote"),
        ("kis://apis/domestic_stock_inquire_prise", "kis://apis/domestic_stock_inquire_price"),
        ("kis://guides/market_codes", "kis://guides/market-codes"),
        ("kis://guides/../error_codes", "kis://"),
        ("kis://error", "kis://errors"),
        ("https://example.com/", "kis://apis"),
    ],
)
async def test_an_unknown_uri_is_refused_naming_the_nearest(era: str, uri: str, nearest: str) -> None:
    async with connected(era) as client:
        with pytest.raises(MCPError) as refusal:
            await client.read_resource(uri)
    assert refusal.value.code == INVALID_PARAMS
    assert nearest in refusal.value.message


@pytest.mark.parametrize("name", sorted(GUIDES))
def test_a_guide_is_short_and_says_first_what_it_is_about(name: str) -> None:
    heading, description, *rest = GUIDES[name].split("\n\n")
    assert re.fullmatch(r"# [^\n]+", heading)
    assert re.fullmatch(r"[A-Z][^\n]{30,200}\.", description)
    assert rest
    assert len(GUIDES[name].encode()) <= 8_000


@pytest.mark.parametrize("name", sorted(GUIDES))
def test_a_guide_names_tools_and_tr_ids_that_exist(name: str) -> None:
    prefixed = re.findall(r"`((?:domestic|overseas|etfetn|elw|get|find|place)_\w+)`", GUIDES[name])
    assert set(prefixed) <= TOOLS
    tr_ids = {tr_id for api in catalog().apis for tr_id in (*api.tr.real.values(), *api.tr.demo.values())}
    old = re.findall(TR_ID, " ".join(row[1] for row in cells("tr-ids", "Old and new")))
    assert set(re.findall(TR_ID, GUIDES[name])) - set(old) <= tr_ids
    assert tr_ids.isdisjoint(old)


@pytest.mark.parametrize(
    ("section", "tool"),
    [
        ("Korean stocks", "domestic_stock_order_cash"),
        ("Korean futures and options", "domestic_fo_order"),
        ("US stocks", "overseas_stock_order"),
    ],
)
def test_the_order_types_of_the_guide_are_those_that_the_tools_take(section: str, tool: str) -> None:
    told: dict[str, str] = {}
    for words, kis, *_ in cells("order-types", section)[2:]:
        told |= zip(words.split(", "), kis.split(", "), strict=True)
    assert told | {"odd_lot_limit": "50"} == dict(codes(tool, "order_type")) | {"odd_lot_limit": "50"}


def test_the_exchanges_of_the_guide_are_those_of_the_tools() -> None:
    rows = cells("exchanges", "Overseas stocks")[2:]
    assert {row[0]: row[2] for row in rows} == dict(codes("overseas_stock_order", "exchange"))
    assert {row[0]: row[1] for row in rows}.items() <= codes("overseas_stock_price", "exchange").items()


def test_the_page_sizes_of_the_guide_are_those_of_the_table() -> None:
    rows = [row for row in cells("limits", "Rows, pages and cursors") if row[0].startswith("`")]
    told = {tool.strip("`"): int(real) for tool, real, _ in rows}
    paged = {api.tool: api.paging.page_rows_real for api in catalog().apis if api.paging}
    assert told == {tool: size for tool, size in paged.items() if size}


def test_the_simulators_guide_names_what_is_live_drawn_and_listed_there() -> None:
    rows = dict(re.findall(r"(?m)^\| ([a-z ]+) \| (.*) \|$", GUIDES["simulator"]))
    named = {what: set(re.findall(r"`([a-z_]+)`", text)) for what, text in rows.items()}
    assert named["live data"] == {"watch", "wait_for", "alerts"}
    assert (named["charts"], named["instruments"]) == ({"get_chart"}, {"find_instrument"})
    assert {"watch", "wait_for", "alerts", "get_chart", "find_instrument"} <= TOOLS


@pytest.mark.parametrize("language", ["", "ko/"])
async def test_the_worked_examples_of_strategies_are_documents_by_the_schema_and_leave_no_doubt(language: str) -> None:
    guide = (resources_folder() / "guides" / f"{language}strategies.md").read_text(encoding="utf-8")
    documents = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", guide, re.DOTALL)]
    async with connected() as client:
        schema = json.loads(await read(client, SCHEMA))
    for document in documents:
        Draft202012Validator(schema).validate(document)
        assert doubts_of(read_strategy(document)) == []
    assert len(documents) == 3
