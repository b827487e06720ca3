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


def test_many_names_with_the_same_ending_are_told_as_one() -> None:
    investor = catalog().find("domestic_stock_inquire_investor")
    assert investor is not None
    row = {field.name: 1 for field in investor.blocks[0].fields}
    assert units_note(investor, {"days": [row]}) == "Units: *turnover in million KRW."
    few = {name: 1 for name in row if name in ("foreign_buy_turnover", "foreign_sell_turnover")}
    assert units_note(investor, {"days": [few]}) == (
        "Units: foreign_buy_turnover, foreign_sell_turnover in million KRW."
    )


def test_an_ending_that_other_units_share_is_not_shortened() -> None:
    fields = tuple(Field(f"e{n}", f"{name}_amount", "integer", "") for n, name in enumerate("abcd"))
    quote = Catalog(SMALL_TABLE).find("domestic_stock_quote")
    assert quote is not None
    api = replace(quote, blocks=(Block("output", "price", False, fields),), units={"million KRW": ("e0", "e1", "e2")})
    row = {field.name: 1 for field in fields}
    assert units_note(api, {"price": row}) == "Units: a_amount, b_amount, c_amount in million KRW."
    del row["d_amount"]
    assert units_note(api, {"price": row}) == "Units: *amount in million KRW."


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
