"""What the rows send, beside what KIS' note of each element says: ``documented_codes.tsv``.

That file was derived from KIS' workbook and notices by ``derive_documented_codes.py``, not from the table. ``listed``
are its codes with a meaning beside them, ``named`` all that a note names in any way. Where a row does otherwise, it
stands in ``documented_code_exceptions.tsv`` with the source: ``unnamed`` codes that the row sends though the note does
not name them, ``left_out`` codes that the note lists and the row does not offer, ``length`` where the sheet's is wrong.
"""

import csv
import re._parser as patterns  # pyright: ignore[reportMissingTypeStubs]
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, Parameter

LENGTHS = {"date": 8, "month": 6, "time": 6, "boolean": 1}


def table(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


DOCUMENTED = {(row["category"], row["slug"], row["element"].upper()): row for row in table("documented_codes.tsv")}
EXCEPTIONS = {
    (row["tool"], row["element"].upper(), row["what"]): set(row["values"].split())
    for row in table("documented_code_exceptions.tsv")
}
REST = [api for api in Catalog(strict=True).apis if api.kind == "rest"]


def note(api: Api, element: str) -> dict[str, str]:
    """KIS' note on an element; of numbered ones that of the first."""
    numbered = (element.format(n=1), element.format(n="01") if "{n}" in element else element.format(n=1))
    return next(
        (row for name in numbered if (row := DOCUMENTED.get((api.category, api.slug, name.upper())))),
        dict.fromkeys(("length", "least", "most", "listed", "named"), ""),
    )


def fixed_texts(api: Api) -> dict[str, set[str]]:
    """Element → the codes that a row can send for it, blanks apart."""
    texts: dict[str, set[str]] = {}

    def add(element: str, *codes: str) -> None:
        texts.setdefault(element, set()).update(code for code in codes if code and not code.startswith("$"))

    for element, text in api.constants.items():
        add(element, text)
    for parameter in api.parameters:
        if parameter.element and parameter.codes:
            add(parameter.element, *parameter.codes.values(), *parameter.demo_codes.values())
        for element, codes in parameter.also.items():
            add(element, *codes.values())
    for element, codes in (api.paging.marks if api.paging else {}).items():
        add(element, *codes)
    return texts


def parameters() -> Iterator[tuple[Api, Parameter, dict[str, str]]]:
    for api in REST:
        for parameter in api.parameters:
            if parameter.element:
                yield api, parameter, note(api, parameter.element)


def without(api: Api, element: str, what: str, codes: set[str]) -> set[str]:
    return codes - EXCEPTIONS.get((api.tool, element.upper(), what), set())


@pytest.mark.parametrize("api", REST, ids=lambda api: api.tool)
def test_every_code_that_a_row_sends_is_named_by_kis(api: Api) -> None:
    unnamed: dict[str, set[str]] = {}
    for element, codes in fixed_texts(api).items():
        known = set(note(api, element)["named"].split())
        known |= {"Y", "N"} if element.upper().endswith("_YN") else set()
        if codes := without(api, element, "unnamed", codes - known):
            unnamed[element] = codes
    assert unnamed == {}


@pytest.mark.parametrize("api", REST, ids=lambda api: api.tool)
def test_every_code_that_kis_lists_is_offered(api: Api) -> None:
    left_out: dict[str, set[str]] = {}
    offered = {parameter.element for parameter in api.parameters if parameter.codes}
    for element, codes in fixed_texts(api).items():
        listed = set(note(api, element)["listed"].split()) if element in offered else set[str]()
        if codes := without(api, element, "left_out", listed - codes):
            left_out[element] = codes
    assert left_out == {}


def longest(parameter: Parameter) -> int:
    """Characters of the longest text that a parameter of a bounded type can send."""
    bounds = [str(int(bound)) for bound in (parameter.minimum, parameter.maximum) if bound is not None]
    texts = [*(parameter.codes or {}).values(), *parameter.demo_codes.values(), *bounds]
    if parameter.blank and not parameter.blank.startswith("$"):
        texts.append(parameter.blank)
    widths = [len(text) for text in texts] or [LENGTHS.get(parameter.type, 0)]
    if parameter.pattern:
        widths.append(patterns.parse(parameter.pattern).getwidth()[1])
    return max(widths) + len(parameter.prefix)


def test_no_text_is_longer_than_kis_documents() -> None:
    long = {
        (api.tool, parameter.element): (longest(parameter), row["length"])
        for api, parameter, row in parameters()
        if row["length"] and longest(parameter) > int(row["length"])
    }
    constants = {
        (api.tool, element): (len(text), row["length"])
        for api in REST
        for element, text in api.constants.items()
        if (row := note(api, element))["length"] and len(text) > int(row["length"])
    }
    known = {(tool, element) for tool, element, what in EXCEPTIONS if what == "length"}
    assert {key for key in (long | constants) if (key[0], str(key[1]).upper()) not in known} == set()


def test_numbers_stay_within_the_bounds_that_kis_gives() -> None:
    beyond = [
        (api.tool, parameter.name, row["least"], row["most"])
        for api, parameter, row in parameters()
        if parameter.type in ("integer", "decimal")
        and (
            (row["least"] and (parameter.minimum is None or parameter.minimum < int(row["least"])))
            or (row["most"] and (parameter.maximum is None or parameter.maximum > int(row["most"])))
        )
    ]
    assert beyond == []
    assert {"QRY_CNT", "FID_OPTION", "NREC"} <= {row["element"] for row in DOCUMENTED.values() if row["most"]}


def test_a_default_is_a_value_that_the_parameter_takes() -> None:
    for api, parameter, _ in parameters():
        default = parameter.default
        if parameter.codes and default is not None:
            word = str(default).lower() if isinstance(default, bool) else default
            assert word in parameter.codes, (api.tool, parameter.name)
        elif isinstance(default, int | float):
            low, high = parameter.minimum, parameter.maximum
            assert (low is None or low <= default) and (high is None or default <= high), (api.tool, parameter.name)
        elif default is not None and parameter.pattern:
            assert patterns.parse(parameter.pattern).getwidth()[0] <= len(str(default)), (api.tool, parameter.name)


def test_quantities_of_orders_begin_at_one_and_no_price_is_negative() -> None:
    orders = [api for api in REST if api.risk == "order"]
    for api in orders:
        for parameter in api.parameters:
            if parameter.name == "quantity":
                assert parameter.minimum in (0, 1), api.tool  # 0: all of a futures order that is changed
            if parameter.name.endswith("price") and api.category != "overseas_futureoption":
                assert parameter.minimum is not None and parameter.minimum >= 0, (api.tool, parameter.name)


@pytest.mark.parametrize("slug", ["inquire_psbl_order", "inquire_credit_psamount"])
def test_buying_power_is_asked_for_every_type_of_order_by_a_code_that_kis_lists_there(slug: str) -> None:
    """The guard asks with the order's own word; one that is missing would be asked as a market order."""
    apis = {api.slug: api for api in REST if api.category == "domestic_stock"}
    order, question = (apis[name].parameter("order_type") for name in ("order_cash", slug))
    assert order and order.codes and question and question.codes
    assert list(question.codes) == list(order.codes)


def test_every_exception_is_needed_and_says_why() -> None:
    for row in table("documented_code_exceptions.tsv"):
        api = next(api for api in REST if api.tool == row["tool"])
        assert row["why"].endswith(".")
        known, sent = note(api, row["element"]), fixed_texts(api).get(row["element"], set())
        values = set(row["values"].split())
        match row["what"]:
            case "unnamed":
                assert values <= sent - set(known["named"].split()), row
            case "left_out":
                assert values <= set(known["listed"].split()) - sent, row
            case what:
                assert what == "length"
                wrong = [p for p in api.parameters if p.element == row["element"]]
                assert any(longest(parameter) > int(known["length"]) for parameter in wrong), row
