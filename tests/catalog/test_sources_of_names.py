"""Answers are read by every name that a source of KIS gives their parts and keys: sheet, example or sample code."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, Block
from kis_mcp.catalog.paging import next_keys

CATALOG = Catalog(strict=True)
APIS = {(api.category, api.slug): api for api in CATALOG.apis}


def parts() -> Iterator[tuple[Api, str, str]]:
    with Path(__file__).with_name("block_names.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            for source in ("sheet", "example", "sample_code"):
                for name in row[source].split():
                    yield APIS[row["category"], row["slug"]], source, name


PLAIN_FIELDS = {("overseas_stock_inquire_present_balance", "thdt_buy_ccld_frcr_amt")}
"""Fields that KIS' sheet has among the parts."""
PARTS = [part for part in parts() if (part[0].tool, part[2]) not in PLAIN_FIELDS]


def sent(block: Block) -> Any:
    """The block in the shape in which KIS sends it."""
    record = {field.element: "1" for field in block.fields}
    return [record] if block.is_list else record


@pytest.mark.parametrize(("api", "source", "name"), PARTS, ids=lambda part: getattr(part, "tool", part))
def test_a_part_is_read_by_the_name_of_each_source(api: Api, source: str, name: str) -> None:
    blocks = [block for block in api.blocks if name.lower() in (key.lower() for key in (block.key, *block.aliases))]
    assert blocks, f"{api.tool} has no block that KIS' {source} calls {name}"
    for block in blocks:
        for key in (name, name.upper(), name.lower()):
            decoded = decode(api, {key: sent(block)})
            assert decoded.blocks[block.name], key
            assert set(decoded.blocks) == {other.name for other in api.blocks}


ORDERS = [api for api in CATALOG.apis if api.risk == "order"]


@pytest.mark.parametrize("api", ORDERS, ids=lambda api: api.tool)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_the_number_of_an_order_is_read_in_either_case(api: Api, case: Any) -> None:
    (block,) = api.blocks
    decoded = decode(api, {"rt_cd": "0", block.key: {case(field.element): "123456" for field in block.fields}})
    (answer,) = decoded.rows(block.name) if block.is_list else [decoded.record(block.name)]
    assert set(answer) == {field.name for field in block.fields}
    numbers = [name for name in ("order_id", "reserved_order_id") if name in answer]
    assert [answer[name] for name in numbers] == ["123456"] * len(numbers)


PAGED = [api for api in CATALOG.apis if api.paging and api.paging.keys]


@pytest.mark.parametrize("api", PAGED, ids=lambda api: api.tool)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_where_a_list_goes_on_is_read_in_either_case(api: Api, case: Any) -> None:
    assert api.paging
    body = {case(element): f"key-{n}" for n, element in enumerate(api.paging.keys.values())}
    keys = next_keys(api.paging, KisReply(body, "M"))
    assert keys == {element: f"key-{n}" for n, element in enumerate(api.paging.keys)}
