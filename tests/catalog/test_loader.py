from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from kis_mcp.catalog import loader
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import OrderRoute, OrderRow
from kis_mcp.catalog.schemas import input_schema
from kis_mcp.catalog.table import SpecError
from tests.catalog.conftest import SMALL_TABLE

EditedTable = Callable[..., Path]


def test_a_row_becomes_an_api_named_by_category_and_slug(small: Catalog) -> None:
    api = small.find("domestic_stock_quote")
    assert api is not None
    assert (api.category, api.group, api.toolset) == ("domestic_stock", "quotations", "domestic_stock_quotations")
    assert [parameter.name for parameter in api.parameters] == ["market", "symbol", "adjusted"]
    assert [field.name for field in api.blocks[0].fields] == [
        "price",
        "change_percent",
        "direction",
        "volatility_interruption",
        "name",
    ]
    assert api.blocks[0].fields[2].codes == {"2": "up", "5": "down"}


def test_a_shared_parameter_is_merged_and_may_be_overridden(small: Catalog) -> None:
    keyed = small.find("domestic_stock_keyed")
    assert keyed is not None
    symbol = keyed.parameter("symbol")
    assert symbol is not None
    assert (symbol.element, symbol.required) == ("FID_INPUT_ISCD", False)


def test_alternatives_of_a_tr_condition_are_written_out(small: Catalog) -> None:
    order = small.find("domestic_stock_order")
    assert order is not None
    assert order.tr.real == {"us buy": "B1", "hk buy": "B1", "us sell": "S1", "hk sell": "S1", "jp buy": "B2"}


def test_an_order_row_says_which_orders_it_takes_and_where_they_show(small: Catalog) -> None:
    order, quote = small.find("domestic_stock_order"), small.find("domestic_stock_quote")
    assert order is not None
    route = OrderRoute(markets=("KR",), session="regular", uses=("new",))
    assert order.order == OrderRow(routes=(route,), lists=("fills",))
    assert quote is not None
    assert quote.order is None


def test_core_tools_name_their_own_group_and_fields(small: Catalog) -> None:
    (core,) = small.core
    assert (core.tool, core.kind, core.group) == ("get_quote", "core", "market")
    assert [field.type for field in core.blocks[0].fields] == ["string", "decimal", "enum"]
    assert small.find("get_quote") is core


def test_an_unknown_tool_is_not_found(small: Catalog) -> None:
    assert small.find("domestic_stock_nothing") is None
    assert small.find("nothing") is None


def test_the_core_reads_no_category(edited_table: EditedTable) -> None:
    root = edited_table("[quote]", "this is no TOML")
    assert [api.tool for api in Catalog(root).core] == ["get_quote"]


def test_a_category_reads_no_dictionary(edited_table: EditedTable) -> None:
    root = edited_table("odno,order_number,string,주문번호", "odno", "elements.csv")
    quote = Catalog(root).category("domestic_stock")[0]
    assert len(quote.blocks[0].fields) == 5
    with pytest.raises(SpecError, match=r"elements\.csv line 8"):
        list(quote.blocks[0].fields)


def test_an_element_that_the_dictionary_lacks_is_refused_only_when_strict(edited_table: EditedTable) -> None:
    root = edited_table('fields = "odno"', 'fields = "odno new_elem"')
    lenient = Catalog(root).find("domestic_stock_order")
    assert lenient is not None
    assert [(field.name, field.type) for field in lenient.blocks[0].fields][1] == ("new_elem", "string")
    with pytest.raises(SpecError, match=r"\[order\].*new_elem: is not in elements\.csv"):
        _ = Catalog(root, strict=True).apis


@pytest.mark.parametrize(
    ("written", "instead", "key"),
    [
        ('title = "Quote"', 'tytle = "Quote"', "tytle"),
        ('title = "Quote"\n', "", "title"),
        ('path = "/quote"', "path = 7", "path"),
        ('cache = "quote"', 'cache = "soon"', "cache"),
        ('default = "krx"', 'default = "nyse"', "params market default"),
        ('use = "symbol" }', 'use = "ticker" }', "params symbol use"),
        ('type = "enum", codes = { krx = "J", nxt = "NX" }, default', 'type = "enum", default', "params market codes"),
        ('not_before = "start_date"', 'not_before = "first"', r"params\.end_date\.not_before"),
        ('"age:start_date:3"', '"age:side:3"', "tr by"),
        ('by = ["country", "side"]', 'by = ["region", "side"]', "tr by"),
        ('"jp buy" = "B2"', '"cn buy" = "B2"', r"tr real\.cn buy"),
        ('"jp buy" = "B2"', '"jp" = "B2"', r"tr real\.jp"),
        ('use = "fk100"', 'use = "fk9"', "paging"),
        ("overrides = { stck_prpr", "overrides = { acml_vol", "overrides acml_vol"),
        ('name = "amount", type = "decimal"', 'type = "money"', "type"),
        ('fields = "odno stck_prpr', 'fields = "odno ODNO stck_prpr', "order_number"),
        ('columns = "order_number price"', 'columns = "order_number volume"', "blocks output1 columns.*volume"),
        ('untrusted = "name"', 'untrusted = "title"', "untrusted"),
        ('name = "totals"', 'name = "fills"', "blocks"),
        ("order = { routes =", "orders = { routes =", "orders"),
        ('routes = [{ markets = "KR", session = "regular", uses = "new" }], ', "", "order routes"),
        ('uses = "new" }]', 'uses = "old" }]', "order routes uses"),
        ('session = "regular", uses', 'session = "noon", uses', "order routes session"),
        ('markets = "KR", session', 'market = "KR", session', "order routes market"),
        ('uses = "new" }]', 'uses = "new", fixed = { session = "day" } }]', "order routes fixed"),
        ('uses = "new" }]', 'uses = "new", names = { price = "cost" } }]', "order routes names"),
        ('lists = "fills" }', 'lists = "" }', "order lists"),
        ("max_items = 3, required", 'max_items = "3", required', "params symbols max_items"),
    ],
)
def test_a_faulty_row_is_told_by_file_row_and_key(
    edited_table: EditedTable, written: str, instead: str, key: str
) -> None:
    root = edited_table(written, instead)
    with pytest.raises(SpecError, match=rf"^domestic_stock/quotations\.toml \[\w+\].*{key}"):
        _ = Catalog(root, strict=True).apis


def test_a_file_that_is_no_toml_is_told_by_name(edited_table: EditedTable) -> None:
    with pytest.raises(SpecError, match=r"domestic_stock/quotations\.toml"):
        _ = Catalog(edited_table("[quote]", "[quote")).apis


def test_a_row_takes_another_rows_parameters_whole(edited_table: EditedTable) -> None:
    own = (
        "\n[preview]\ngroup = 'market'\ntitle = 'P'\ndescription = 'P.'\nparams_of = 'get_quote'\n[get_quote.params]\n"
    )
    table = Catalog(edited_table("[get_quote.params]\n", own, "core.toml"))
    preview, quote = table.find("preview"), table.find("get_quote")
    assert preview is not None and quote is not None
    assert preview.parameters == quote.parameters != ()
    assert input_schema(preview)["properties"] == {"symbol": {"type": "string"}}


@pytest.mark.parametrize("other", ["nothing", "preview"])
def test_a_row_without_parameters_lends_none(edited_table: EditedTable, other: str) -> None:
    own = f"\n[preview]\ngroup = 'market'\ntitle = 'P'\ndescription = 'P.'\nparams_of = '{other}'\n[get_quote.params]\n"
    with pytest.raises(SpecError, match="params_of"):
        _ = Catalog(edited_table("[get_quote.params]\n", own, "core.toml")).core


def test_threads_that_read_a_category_at_once_get_the_same_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    read, both_read, table = loader._read, Barrier(2), Catalog(SMALL_TABLE, strict=True)

    def read_with_the_other(path: Path) -> dict[str, Any]:
        with suppress(BrokenBarrierError):
            both_read.wait(timeout=0.05)
        return read(path)

    monkeypatch.setattr(loader, "_read", read_with_the_other)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(table.category, ["domestic_stock"] * 2)
    assert [id(api) for api in first] == [id(api) for api in second]
