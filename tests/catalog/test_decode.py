from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, Block, Field, FieldType
from kis_mcp.catalog.texts import parse
from tests.catalog.conftest import SMALL_TABLE

FindApi = Callable[[str], Api]
SMALL = Catalog(SMALL_TABLE)


def test_an_account_in_use_is_shown_in_no_text(api: FindApi) -> None:
    texts = {"hts_kor_isnm": "계좌 87654321-01", "stck_prpr": "87654321x", "new": ["87654321"], "odno": "0000117057"}
    decoded = decode(api("quote"), {"output": texts, "other": "8765432101"}, hide=("87654321",))
    assert "87654321" not in repr(decoded)
    assert "0000117057" in repr(decoded)
    assert decoded.notes


def test_a_record_is_named_and_typed(api: FindApi) -> None:
    decoded = decode(
        api("quote"),
        {
            "rt_cd": "0",
            "msg_cd": "M",
            "msg1": "ok",
            "output": {
                "stck_prpr": "71000",
                "prdy_ctrt": "-1.25",
                "prdy_vrss_sign": "5",
                "vi_cls_code": "N",
                "hts_kor_isnm": "삼성전자  ",
            },
        },
    )
    assert decoded.blocks == {
        "quote": {
            "price": 71000,
            "change_percent": Decimal("-1.25"),
            "direction": "down",
            "volatility_interruption": False,
            "name": "삼성전자",
        }
    }
    assert decoded.notes == []


def test_the_case_of_blocks_and_elements_does_not_matter(api: FindApi) -> None:
    assert decode(api("quote"), {"OUTPUT": {"STCK_PRPR": "1"}}).record("quote") == {"price": 1}


def test_what_cannot_be_read_is_none_with_one_note(api: FindApi) -> None:
    decoded = decode(api("many"), {"output": [{"stck_prpr": "abc"}, {"stck_prpr": "1.5"}, {"stck_prpr": ""}]})
    assert decoded.rows("quotes") == [{"price": None}] * 3
    assert decoded.notes == ["quotes.price: 'abc' is no integer (2 rows)."]


def test_undocumented_elements_and_blocks_keep_their_kis_name(api: FindApi) -> None:
    decoded = decode(
        api("quote"),
        {"output": {"stck_prpr": "1", "NEW_ONE": "x", "price": "2"}, "Output9": [{"A": "1"}], "loose": "3"},
    )
    assert decoded.blocks == {
        "quote": {"price": 1, "new_one": "x", "kis_price": "2"},
        "output9": [{"a": "1"}],
        "other": {"loose": "3"},
    }


def test_paging_keys_are_no_part_of_the_result(api: FindApi) -> None:
    decoded = decode(api("fills"), {"output1": [], "output2": {}, "CTX_AREA_FK100": "A", "ctx_area_nk100": "B"})
    assert decoded.blocks == {"fills": [], "totals": {}}


def test_continuation_keys_never_show_the_account_even_where_the_table_does_not_page(api: FindApi) -> None:
    decoded = decode(api("quote"), {"output": {"stck_prpr": "1"}, "ctx_area_fk100": "12345678^01^"})
    assert set(decoded.blocks) == {"quote"}


@pytest.mark.parametrize("empty", [{}, [], "", None])
def test_an_empty_block_comes_in_any_shape(api: FindApi, empty: object) -> None:
    assert decode(api("fills"), {"output1": empty, "output2": empty}).blocks == {"fills": [], "totals": {}}


def test_one_object_where_rows_are_documented_is_one_row(api: FindApi) -> None:
    assert decode(api("many"), {"output": {"stck_prpr": "1"}}).rows("quotes") == [{"price": 1}]


def test_rows_where_one_record_is_documented_are_all_kept(api: FindApi) -> None:
    decoded = decode(api("quote"), {"output": [{"stck_prpr": "1"}, {"stck_prpr": "2"}]})
    assert decoded.blocks == {"quote": {"price": 1}, "quote_more": [{"price": 2}]}
    assert decoded.notes == ["quote: KIS sent 2 rows where one is documented."]


def test_fields_at_the_top_of_the_body_are_a_block(api: FindApi) -> None:
    decoded = decode(api("keyed"), {"rt_cd": "0", "odno": "007", "keyb": "K", "output": [{"hts_kor_isnm": "n"}]})
    assert decoded.blocks == {"news": [{"name": "n"}], "summary": {"order_number": "007"}}


def test_a_block_under_another_ones_key_is_told_by_its_shape() -> None:
    def block(key: str, name: str, *, is_list: bool, alias: str) -> Block:
        return Block(key, name, is_list, (Field("n", "number", "integer", ""),), aliases=(alias,))

    quote = SMALL.find("domestic_stock_quote")
    assert quote is not None
    swapped = type(quote)(
        **{name: getattr(quote, name) for name in quote.__slots__ if name != "blocks"},
        blocks=(
            block("output1", "total", is_list=False, alias="output2"),
            block("output2", "rows", is_list=True, alias="output1"),
        ),
    )
    right = {"total": {"number": 1}, "rows": [{"number": 2}]}
    assert decode(swapped, {"output1": {"n": "1"}, "output2": [{"n": "2"}]}).blocks == right
    assert decode(swapped, {"output2": {"n": "1"}, "output1": [{"n": "2"}]}).blocks == right


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "000000012", 12),
        ("integer", "-0000012", -12),
        ("integer", "+12.0000", 12),
        ("integer", "1,234,567", 1234567),
        ("decimal", "00071.500", Decimal("71.500")),
        ("decimal", ".5", Decimal("0.5")),
        ("date", "20260531", "2026-05-31"),
        ("date", "2026.05.31", "2026-05-31"),
        ("date", "00000000", None),
        ("month", "202605", "2026-05"),
        ("time", "090005", "09:00:05"),
        ("time", "93000", "09:30:00"),
        ("time", "0930", "09:30:00"),
        ("time", "15:30:00", "15:30:00"),
        ("time", "15300012", "15:30:00"),
        ("datetime", "20260531090005", "2026-05-31T09:00:05"),
        ("datetime", "2026-05-31 09:00:05", "2026-05-31T09:00:05"),
        ("boolean", "Y", True),
        ("boolean", "0", False),
    ],
)
def test_texts_become_values(kind: FieldType, text: str, value: object) -> None:
    assert parse(Field("e", "e", kind, ""), text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1_000"),
        ("integer", "12.5"),
        ("decimal", "NaN"),
        ("decimal", "1e999999"),
        ("date", "20260231"),
        ("date", "2026"),
        ("time", "250000"),
        ("boolean", "X"),
        ("enum", "9"),
    ],
)
def test_other_texts_are_refused(kind: FieldType, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(Field("e", "e", kind, "", {"1": "up"}), text)


ELEMENTS = st.sampled_from(["stck_prpr", "PRDY_CTRT", "prdy_vrss_sign", "hts_kor_isnm", "odno", "keyb", "price", "x"])
TEXTS = st.none() | st.text(max_size=12) | st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{2})?", fullmatch=True)
RECORDS = st.dictionaries(ELEMENTS, TEXTS | st.integers() | st.floats() | st.booleans(), max_size=5)
PARTS = RECORDS | st.lists(RECORDS | TEXTS, max_size=4) | TEXTS


@given(
    slug=st.sampled_from(["quote", "many", "fills", "keyed", "order"]),
    body=st.dictionaries(
        st.sampled_from(["output", "OUTPUT", "output1", "output2", "odno", "keyb", "msg1", "other", "quote"]), PARTS
    ),
)
def test_any_body_decodes_without_an_exception(slug: str, body: dict[str, object]) -> None:
    api = SMALL.find(f"domestic_stock_{slug}")
    assert api is not None
    decoded = decode(api, body)
    for block in api.blocks:
        assert isinstance(decoded.blocks[block.name], list if block.is_list else dict)


@given(st.lists(st.fixed_dictionaries({"stck_prpr": TEXTS, "hts_kor_isnm": TEXTS}, optional={"extra": TEXTS})))
def test_no_row_and_no_element_is_lost(rows: list[dict[str, object]]) -> None:
    api = SMALL.find("domestic_stock_many")
    assert api is not None
    decoded = decode(api, {"output": rows}).rows("quotes")
    assert [len(row) for row in decoded] == [len(row) for row in rows]


def test_what_identifies_the_customer_is_masked_or_blotted_out(api: FindApi) -> None:
    fields = (Field("CANO", "account_number", "account", ""), Field("ctac_tlno", "phone_number", "private", ""))
    holdings = replace(api("quote"), blocks=(Block("output", "holdings", True, fields),))
    decoded = decode(holdings, {"output": [{"cano": "50000001", "ctac_tlno": "01000000000"}, {"cano": ""}]})
    assert decoded.blocks == {
        "holdings": [{"account_number": "50****01", "phone_number": "***"}, {"account_number": None}]
    }


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12))
def test_no_account_number_is_shown_in_full_whatever_its_length(number: str) -> None:
    assert number not in str(parse(Field("cano", "account_number", "account", ""), number))


@pytest.mark.parametrize("element", ["cano", "ACNT_NO", "acct_no", "acno10"])
def test_an_account_number_where_none_is_documented_is_masked_too(api: FindApi, element: str) -> None:
    decoded = decode(api("quote"), {"output": {element: "50000001"}, "output9": [{element: "50000001"}]})
    assert decoded.blocks == {"quote": {element.lower(): "50****01"}, "output9": [{element.lower(): "50****01"}]}


def test_rows_in_a_fixed_sequence_are_told_apart_where_all_are_there(api: FindApi) -> None:
    amount = Field("amt", "amount", "integer", "금액")
    assets = replace(api("quote"), blocks=(Block("output", "assets", True, (amount,), row_names=("stocks", "cash")),))
    both = decode(assets, {"output": [{"amt": "7"}, {"amt": "3"}]})
    assert both.rows("assets") == [{"item": "stocks", "amount": 7}, {"item": "cash", "amount": 3}]
    assert decode(assets, {"output": [{"amt": "7"}]}).rows("assets") == [{"amount": 7}]
