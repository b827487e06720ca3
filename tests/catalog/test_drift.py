"""Rows beside what the portal documents."""

from datetime import date
from pathlib import Path

import pytest

from kis_mcp.catalog.data import tools_folder
from kis_mcp.catalog.drift import Difference, PortalApi, PortalElement, differences
from kis_mcp.catalog.loader import Catalog
from tests.catalog.test_documented_apis import APIS, DOCUMENTED

EDITION = date(2026, 9, 11)
CCNL = APIS["domestic_stock", "ccnl_krx"]
FIELDS = [field.element for block in CCNL.blocks for field in block.fields]
BALANCE = APIS["domestic_stock", "inquire_balance"]


def elements(names: list[str], *, is_block: bool = False) -> tuple[PortalElement, ...]:
    return tuple(PortalElement(name, is_block=is_block) for name in names)


def portal_of(row: dict[str, str]) -> PortalApi:
    """The portal's document as the independent list has it."""
    response: list[PortalElement] = list(elements(["rt_cd", "msg_cd", "msg1"]))
    for block in row["response"].split(" ; "):
        key, _, names = block.partition(":")
        response += [*elements([key.strip()] if key.strip() else [], is_block=True), *elements(names.split())]
    return PortalApi(elements(row["request"].split()), tuple(response))


@pytest.mark.parametrize("key", sorted(APIS), ids="/".join)
def test_a_portal_that_says_what_the_edition_said_shows_no_difference(key: tuple[str, str]) -> None:
    assert differences(APIS[key], portal_of(DOCUMENTED[key]), EDITION) == []


def live(names: list[str]) -> list[Difference]:
    return differences(CCNL, PortalApi(elements(["tr_id", "tr_key"]), elements(names)), EDITION)


def test_a_field_that_the_table_lacks_is_told_with_both_counts() -> None:
    assert live([*FIELDS, "NEW_CODE"]) == [
        Difference(CCNL.tool, "response", "only on the portal", ("NEW_CODE",), len(FIELDS), len(FIELDS) + 1)
    ]


def test_a_field_that_the_portal_dropped_is_told() -> None:
    assert live(FIELDS[:-1]) == [
        Difference(CCNL.tool, "response", "only in the table", (FIELDS[-1],), len(FIELDS), len(FIELDS) - 1)
    ]


def test_a_field_that_stands_twice_counts_twice() -> None:
    assert [found.elements for found in live([*FIELDS, FIELDS[0]])] == [(FIELDS[0],)]


def test_fields_in_another_order_are_told_from_the_first_to_the_last() -> None:
    names = [*FIELDS[:3], FIELDS[4], FIELDS[3], *FIELDS[5:]]
    assert live(names) == [
        Difference(CCNL.tool, "response", "other order", (FIELDS[4], FIELDS[3]), len(FIELDS), len(FIELDS))
    ]


def test_case_is_no_difference() -> None:
    assert live([name.swapcase() for name in FIELDS]) == []


def test_a_changed_line_is_told_only_where_it_changed_after_the_edition() -> None:
    response = [PortalElement(name, EDITION) for name in FIELDS]
    response[2] = PortalElement(FIELDS[2], date(2026, 9, 12))
    found = differences(CCNL, PortalApi(elements(["tr_key"]), tuple(response)), EDITION)
    assert [(each.what, each.elements) for each in found] == [("changed since the edition", (FIELDS[2],))]


def test_a_request_element_and_a_block_that_are_new_are_told() -> None:
    page = portal_of(DOCUMENTED["domestic_stock", "inquire_balance"])
    page = PortalApi(
        (*page.request, PortalElement("NEW_DVSN")), (*page.response, *elements(["output3"], is_block=True))
    )
    found = differences(BALANCE, page, EDITION)
    assert [(each.part, each.what, each.elements) for each in found] == [
        ("request", "only on the portal", ("NEW_DVSN",)),
        ("blocks", "only on the portal", ("output3",)),
    ]


def test_the_edition_stands_beside_the_table() -> None:
    assert Catalog().edition == EDITION
    assert f"**{EDITION}**" in Path(tools_folder() / "README.md").read_text("utf-8")
