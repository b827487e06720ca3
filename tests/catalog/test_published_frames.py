"""The frames that KIS' documents show (``published_frames.json``): each is read as the values that they show.

The values are by KIS' elements in the order of its documents. Left out are what the documents show of encrypted notices
(H0EUCNI0, H0GSCNI0: the text without its key) and of the other TRs (nothing).
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.catalog.decode import decode_frame
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api, Field

FRAMES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("published_frames.json").read_text("utf-8"))
APIS = {api.tr.real[""]: api for api in catalog().apis if api.kind == "websocket"}
SPELT = {True: ("Y", "1"), False: ("N", "0")}


def is_shown(field: Field, value: object, text: str) -> bool:
    """Whether a typed value is what KIS' text says."""
    match value:
        case None:
            return not text.strip("0") or text == "(null)"
        case bool():
            return text in SPELT[value]
        case int() | Decimal():
            return Decimal(text) == value
        case str() if field.codes:
            return field.codes.get(text) == value
        case str() if field.type == "private":
            return value == "***"
        case str() if field.type == "account":
            return text.startswith(value[:2]) and text not in value
        case str() if field.type in ("time", "date", "datetime"):
            return "".join(filter(str.isdigit, value)) == text
        case _:
            return value == text


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame['tr_id']} {frame['payload'].count('^') + 1}")
def test_a_published_frame_is_read_as_the_values_it_shows(frame: dict[str, Any]) -> None:
    api = APIS[frame["tr_id"]]
    decoded = decode_frame(api, frame["payload"], 1)
    (record,) = decoded.rows(api.blocks[0].name)
    fields = {field.element.upper(): field for field in api.blocks[0].fields}
    shown: dict[str, str] = frame["shows"]
    wrong = {
        element: (record[fields[element.upper()].name], text)
        for element, text in shown.items()
        if not is_shown(fields[element.upper()], record[fields[element.upper()].name], text)
    }
    assert wrong == {}
    assert decoded.notes == []


@pytest.mark.parametrize("api", [api for api in APIS.values() if api.blocks[0].layouts], ids=lambda api: api.tool)
def test_another_layout_of_a_record_has_the_fields_of_the_table_alone(api: Api) -> None:
    documented = {field.element for field in api.blocks[0].fields}
    for width, elements in api.blocks[0].layouts.items():
        assert len(elements) == width
        assert set(elements) - {"-"} <= documented
