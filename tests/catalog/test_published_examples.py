"""KIS' published response examples, decoded: no field lost, no number changed.

``published_examples.jsonl`` holds what of them parses as JSON, at most two rows a list, with account numbers and
continuation keys blanked.
"""

import json
from collections import Counter
from collections.abc import Iterator, Set
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.render import to_json

EXAMPLES = [
    json.loads(line) for line in Path(__file__).with_name("published_examples.jsonl").read_text("utf-8").splitlines()
]
APIS = {(api.category, api.slug): api for api in catalog().apis}
ENVELOPE = {"rt_cd", "msg_cd", "msg1"}
MALFORMED = {"domestic_futureoption/inquire_balance"}
"""KIS prints lists where its records have texts."""


def scalars(part: Any, blank: Set[tuple[str, str]] = frozenset(), paging: Set[str] = frozenset()) -> Iterator[str]:
    """The filled values of a body, without ``blank`` ones (element and text) and continuation keys."""
    if isinstance(part, dict):
        for key, value in part.items():
            hidden = key.lower() in ENVELOPE or key.lower() in paging or key.lower().startswith("ctx_area")
            if not hidden and (isinstance(value, dict | list) or (key, value) not in blank):
                yield from scalars(value, blank, paging)
    elif isinstance(part, list):
        for row in part:
            yield from scalars(row, blank, paging)
    elif part is not None and str(part).strip():
        yield str(part).strip()


def number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def numbers(part: Any) -> Counter[Decimal | int]:
    """Every number of a decoded answer that KIS sent as one; codes and dates are texts here as there."""
    if isinstance(part, dict):
        return sum((numbers(value) for value in part.values()), Counter())
    if isinstance(part, list):
        return sum((numbers(row) for row in part), Counter())
    return Counter([part]) if isinstance(part, Decimal | int) and not isinstance(part, bool) else Counter()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['category']}/{example['slug']}")
def test_an_example_decodes_whole(example: dict[str, Any]) -> None:
    name = f"{example['category']}/{example['slug']}"
    api = APIS[example["category"], example["slug"]]
    decoded = decode(api, example["body"])
    dates = {field.element for block in api.blocks for field in block.fields if field.type == "date"}
    blank = {(element, zeros) for element in dates for zeros in ("0", "00000000")}
    sent = list(scalars(example["body"], blank, set(api.paging.keys.values()) if api.paging else set()))
    if name in MALFORMED:
        assert decoded.notes
        return
    assert decoded.notes == []
    assert len(list(scalars(to_json(decoded.blocks)))) == len(sent)
    known = Counter[Decimal | int](value for text in sent if (value := number(text)) is not None)
    assert numbers(decoded.blocks) - known == Counter()


def test_the_rows_of_an_example_come_under_the_blocks_that_are_meant() -> None:
    strays = {}
    for example in EXAMPLES:
        api = APIS[example["category"], example["slug"]]
        names = {block.name for block in api.blocks}
        if stray := set(decode(api, example["body"]).blocks) - names:
            strays[api.tool] = stray
    assert strays == {}


def test_orders_of_bonds_are_found_where_kis_sends_them_not_where_its_sheet_says() -> None:
    bonds = ("domestic_bond", "inquire_daily_ccld")
    example = next(example for example in EXAMPLES if (example["category"], example["slug"]) == bonds)
    orders = decode(APIS[bonds], example["body"]).rows("orders")
    assert [row["order_id"] for row in orders] == ["0000015201", "0000015202"]


@pytest.mark.parametrize(("rows", "record"), [("output1", "output2"), ("output2", "output1")])
def test_trades_abroad_are_told_from_their_summary_by_shape(rows: str, record: str) -> None:
    """KIS' sheet has the rows in output2, its example in output1."""
    body = {rows: [{"khms": "085957", "last": "195.2"}], record: {"rsym": "DNASAAPL", "NREC": "1"}}
    decoded = decode(APIS["overseas_stock", "quot_inquire_ccnl"], body)
    assert decoded.rows("trades")[0]["korea_time"] == "08:59:57"
    assert decoded.record("summary") == {"realtime_symbol": "DNASAAPL", "record_count": 1}
