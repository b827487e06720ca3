"""Units that are not what a field's name says."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from kis_mcp.catalog.loader import Catalog, catalog
from kis_mcp.catalog.model import Api, Block, Field
from kis_mcp.catalog.schemas import output_schema
from kis_mcp.catalog.units import unit_of, units_note
from tests.catalog.conftest import SMALL_TABLE

FIELDS = (
    Field("HTS_AVLS", "market_cap", "integer", "시가총액"),
    Field("acml_tr_pbmn", "turnover", "integer", "누적 거래 대금"),
    Field("acml_tr_pbmn_rate", "turnover_rate", "decimal", "거래 대금 비율"),
)


@pytest.fixture
def api() -> Api:
    quote = Catalog(SMALL_TABLE).find("domestic_stock_quote")
    assert quote is not None
    return replace(
        quote,
        blocks=(Block("output1", "price", False, FIELDS), Block("output2", "days", True, FIELDS)),
        units={"million KRW": ("*_tr_pbmn",), "hundred million KRW": ("hts_avls",)},
    )


def test_a_unit_belongs_to_the_elements_that_its_patterns_match(api: Api) -> None:
    assert [unit_of(api, field) for field in FIELDS] == ["hundred million KRW", "million KRW", ""]


def test_a_result_is_told_the_units_of_the_values_it_has(api: Api) -> None:
    blocks = {"price": {"market_cap": 7}, "days": [{"turnover": None}, {"turnover": 3, "turnover_rate": 1}]}
    assert units_note(api, blocks) == "Units: market_cap in hundred million KRW; turnover in million KRW."
    assert units_note(api, {"price": {"market_cap": None}, "days": []}) == ""


def test_the_output_schema_tells_units(api: Api) -> None:
    price = output_schema(api)["properties"]["blocks"]["properties"]["price"]["properties"]
    assert price["turnover"]["description"] == "In million KRW."
    assert "description" not in price["turnover_rate"]


def test_every_pattern_of_the_table_matches_numbers_and_nothing_else() -> None:
    for api in catalog().apis:
        fields = [field for block in api.blocks for field in block.fields]
        for pattern in (pattern for patterns in api.units.values() for pattern in patterns):
            matched = [field for field in fields if fnmatchcase(field.element.lower(), pattern)]
            assert matched, f"{api.tool}: {pattern} matches nothing"
            assert {field.type for field in matched} <= {"integer", "decimal"}, f"{api.tool}: {pattern}"
