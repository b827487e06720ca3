import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.schemas import input_schema, output_schema
from kis_mcp.errors import BadArgument

FindApi = Callable[[str], Api]


def test_an_input_schema_says_all_that_a_caller_has_to_know(api: FindApi) -> None:
    assert input_schema(api("order")) == {
        "type": "object",
        "properties": {
            "country": {"type": "string", "enum": ["us", "hk", "jp"], "description": "Country."},
            "side": {"type": "string", "enum": ["buy", "sell"], "description": "Side."},
            "quantity": {"type": "integer", "maximum": 1000000, "description": "Shares."},
            "price": {"type": "number", "description": "Limit price."},
            "at": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$", "description": "When."},
            "confirmation_token": {
                "type": "string",
                "description": "Of the preview, once they agreed.",
            },
        },
        "additionalProperties": False,
        "required": ["country", "side", "quantity"],
    }


def test_a_list_tool_also_takes_fields_limit_and_cursor(api: FindApi) -> None:
    properties = input_schema(api("fills"))["properties"]
    assert list(properties) == ["start_date", "end_date", "side", "order_number", "fields", "limit", "cursor"]
    assert properties["start_date"] == {"type": "string", "format": "date", "description": "First day."}
    assert properties["side"]["default"] == "all"


def test_a_list_parameter_is_an_array(api: FindApi) -> None:
    assert input_schema(api("many"))["properties"]["symbols"] == {
        "type": "array",
        "items": {"type": "string", "pattern": "^[0-9]{6}$"},
        "maxItems": 3,
        "description": "Codes.",
    }


@pytest.mark.parametrize(
    ("slug", "arguments", "field"),
    [
        ("order", {"country": "us", "side": "buy", "quantity": 0}, "quantity"),
        ("order", {"country": "us", "side": "buy", "quantity": 1, "price": -1}, "price"),
        (
            "order",
            {"country": "us", "side": "buy", "quantity": 1, "confirmation_token": "no token"},
            "confirmation_token",
        ),
        ("many", {"symbols": []}, "symbols"),
    ],
)
def test_what_a_schema_leaves_unsaid_is_still_refused(
    slug: str, arguments: dict[str, Any], field: str, api: FindApi
) -> None:
    Draft202012Validator(input_schema(api(slug))).validate(arguments)
    with pytest.raises(BadArgument) as refusal:
        check_arguments(api(slug), arguments)
    assert refusal.value.field == field


def test_an_output_schema_names_and_types_every_field(api: FindApi) -> None:
    blocks = output_schema(api("quote"))["properties"]["blocks"]["properties"]
    assert blocks["quote"]["properties"] == {
        "price": {"type": ["integer", "null"]},
        "change_percent": {"type": ["number", "null"]},
        "direction": {"type": ["string", "null"], "enum": ["up", "down", None]},
        "volatility_interruption": {"type": ["boolean", "null"]},
        "name": {"type": ["string", "null"]},
    }
    assert output_schema(api("many"))["properties"]["blocks"]["properties"]["quotes"]["type"] == "array"


def test_an_output_schema_of_columns_types_the_fields_where_all_rows_share_them(api: FindApi) -> None:
    rows, columns = (
        output_schema(api("many"), shape)["properties"]["blocks"]["properties"]["quotes"]
        for shape in ("rows", "columns")
    )
    assert list(columns["properties"]) == ["columns", "every_row", "rows"]
    assert columns["properties"]["every_row"]["properties"] == rows["items"]["properties"]
    one = output_schema(api("quote"), "columns")["properties"]["blocks"]["properties"]["quote"]
    assert one == output_schema(api("quote"))["properties"]["blocks"]["properties"]["quote"]


def all_tools() -> tuple[Api, ...]:
    return catalog().tools


@pytest.mark.parametrize("schema_of", [input_schema, output_schema, partial(output_schema, shape="columns")])
def test_every_schema_of_the_table_is_valid_and_bare(schema_of: Callable[[Api], dict[str, Any]]) -> None:
    for api in all_tools():
        schema = schema_of(api)
        Draft202012Validator.check_schema(schema)
        assert "title" not in set(keywords(schema)), api.tool


def test_no_input_schema_is_over_16_kilobytes() -> None:
    assert {api.tool for api in all_tools() if len(json.dumps(input_schema(api)).encode()) > 16_000} == set()


def test_every_example_of_the_table_fits_its_input_schema() -> None:
    for api in all_tools():
        Draft202012Validator(input_schema(api)).validate(dict(api.example))


def keywords(schema: object, *, names: bool = False) -> Iterator[str]:
    """The JSON Schema keywords in use, without the names of properties."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if not names:
                yield str(key)
            yield from keywords(value, names=not names and key == "properties")
