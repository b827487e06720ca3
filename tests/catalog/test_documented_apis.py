"""The spec table beside what KIS documents: ``documented_apis.tsv`` was derived from KIS' workbook, not from the table.

Its columns: category, slug, kind, method, path, TR ids of real and of demo, request elements in order, and the response
elements by block. Elements that KIS' sheet misprints stand there as KIS' own sample code sends them.
"""

import csv
from pathlib import Path

import pytest

from kis_mcp.catalog.drift import request_elements
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api


def documented() -> dict[tuple[str, str], dict[str, str]]:
    with Path(__file__).with_name("documented_apis.tsv").open(encoding="utf-8", newline="") as file:
        return {(row["category"], row["slug"]): row for row in csv.DictReader(file, delimiter="\t")}


DOCUMENTED = documented()
APIS = {(api.category, api.slug): api for api in Catalog(corrected=False).apis}


def response_elements(api: Api) -> dict[str, list[str]]:
    paging = {key.lower() for key in (api.paging.keys.values() if api.paging else ())}
    blocks = {
        block.key.lower(): [field.element for field in block.fields if field.element.lower() not in paging]
        for block in api.blocks
    }
    return {key: elements for key, elements in blocks.items() if elements}


def documented_response(row: dict[str, str], api: Api) -> dict[str, list[str]]:
    paging = {key.lower() for key in (api.paging.keys.values() if api.paging else ())}
    blocks: dict[str, list[str]] = {}
    for block in row["response"].split(" ; "):
        key, _, elements = block.partition(":")
        blocks[key.strip().lower()] = [name for name in elements.split() if name.lower() not in paging]
    return {key: elements for key, elements in blocks.items() if elements}


def test_every_documented_api_is_in_the_table_and_no_other() -> None:
    assert set(APIS) == set(DOCUMENTED)


@pytest.mark.parametrize("key", sorted(APIS), ids="/".join)
def test_a_row_says_what_kis_documents(key: tuple[str, str]) -> None:
    api, row = APIS[key], DOCUMENTED[key]
    assert api.kind == row["kind"]
    assert api.path == row["path"]
    assert set(api.tr.real.values()) == set(row["tr_real"].split())
    assert set(api.tr.demo.values()) == set(row["tr_demo"].split())
    if api.kind == "rest":
        assert api.method == row["method"]
    expected = set(row["request"].split()) - ({"tr_id"} if api.kind == "websocket" else set())
    assert request_elements(api) == expected
    assert response_elements(api) == documented_response(row, api)
