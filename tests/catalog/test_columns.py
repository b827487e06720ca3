"""Lists as columns: shorter, and nothing lost."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.columns import as_columns, blocks_as_columns

NAMES = ["symbol", "currency", "price", "halted"]
VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.5]), st.text(max_size=2))


def test_names_are_said_once_and_what_all_rows_share_too() -> None:
    assert as_columns(
        [
            {"symbol": "005930", "currency": "KRW", "price": 65400},
            {"symbol": "000660", "currency": "KRW", "price": 210000},
        ]
    ) == {
        "columns": ["symbol", "price"],
        "every_row": {"currency": "KRW"},
        "rows": [["005930", 65400], ["000660", 210000]],
    }


@pytest.mark.parametrize(
    ("rows", "table"),
    [
        pytest.param([], {"columns": [], "rows": []}, id="no row"),
        pytest.param([{"a": 1, "b": 2}], {"columns": ["a", "b"], "rows": [[1, 2]]}, id="one row shares with none"),
        pytest.param([{"a": 1}, {"b": 2}], {"columns": ["a", "b"], "rows": [[1, None], [None, 2]]}, id="holes"),
        pytest.param(
            [{"a": 1, "b": 2}, {"a": 1, "b": 2}],
            {"columns": ["a"], "every_row": {"b": 2}, "rows": [[1], [1]]},
            id="the number of rows shows where all are the same",
        ),
        pytest.param([{"a": True}, {"a": 1}], {"columns": ["a"], "rows": [[True], [1]]}, id="true is not one"),
    ],
)
def test_a_list_becomes_a_table(rows: list[dict[str, Any]], table: dict[str, Any]) -> None:
    assert json.dumps(as_columns(rows)) == json.dumps(table)


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES)))
def test_a_table_gives_the_records_back(rows: list[dict[str, Any]]) -> None:
    names = dict.fromkeys(name for row in rows for name in row)
    whole = [{name: row.get(name) for name in names} for row in rows]
    table = as_columns(rows)
    records = [{**table.get("every_row", {}), **dict(zip(table["columns"], row, strict=True))} for row in table["rows"]]
    assert json.dumps(records, sort_keys=True) == json.dumps(whole, sort_keys=True)


def test_single_records_stay_as_they_are() -> None:
    assert blocks_as_columns({"quote": {"price": 1}, "asks": [{"price": 2}]}) == {
        "quote": {"price": 1},
        "asks": {"columns": ["price"], "rows": [[2]]},
    }
