"""Payloads of live data frames, divided and read."""

from typing import Any

import pytest
from hypothesis import assume, given, strategies as st

from kis_mcp.catalog.decode import FrameDecoder, decode_frame
from kis_mcp.catalog.frames import split_frame
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api

TEXTS = st.text(st.characters(exclude_characters="^", exclude_categories=["Cs"]), max_size=8)
STATUS = "domestic_stock_market_status_total"


def api(tool: str) -> Api:
    found = catalog().find(tool)
    assert found
    return found


def joined(*records: list[str]) -> str:
    return "^".join(value for record in records for value in record)


@pytest.mark.parametrize("known", [46, 47])
@given(data=st.data())
def test_three_records_of_47_fields_are_read_alike_by_a_table_of_46_and_of_47(known: int, data: st.DataObject) -> None:
    sent = data.draw(st.lists(st.lists(TEXTS, min_size=47, max_size=47), min_size=3, max_size=3))
    columns = [f"C{n}" for n in range(1, known + 1)]
    records = split_frame(joined(*sent), 3, columns)
    names = columns if known == 47 else [*columns, "field_47"]
    expected = [dict(zip(names, record, strict=True)) for record in sent]
    assert [{name: "(null)" if text is None else text for name, text in r.items()} for r in records] == expected


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=6)
    ),
    st.integers(1, 7),
)
def test_no_value_is_lost_or_moved_whatever_the_table_knows(sent: list[list[str]], known: int) -> None:
    assume(known - len(sent[0]) <= 2)
    records = split_frame(joined(*sent), len(sent), [f"C{n}" for n in range(1, known + 1)])
    assert [list(record.values()) for record in records] == [
        [None if text == "(null)" else text for text in record] for record in sent
    ]


@pytest.mark.parametrize(("width", "known"), [(3, 6), (30, 63), (56, 63)])
def test_records_that_lack_more_than_an_older_edition_would_are_cut(width: int, known: int) -> None:
    with pytest.raises(ValueError, match="cut"):
        split_frame(joined(["1"] * width), 1, [f"C{n}" for n in range(known)])


@pytest.mark.parametrize(("payload", "count"), [("a^b^c", 2), ("a", 0), ("a", 2), ("a^b", -1)])
def test_a_payload_that_cannot_be_shared_out_is_an_error(payload: str, count: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        split_frame(payload, count, ["A"])


def trade(price: int, *more: str) -> list[str]:
    """A record of H0STCNT0 as documented in June, and what came later."""
    values = ["005930", "161500", str(price), "2", "500", "0.70", *[""] * 40]
    values[33], values[35] = "20261127", "N"
    return [*values, *more]


@pytest.mark.parametrize(("more", "session"), [((), None), (("3",), "after_market"), (("3", "new"), "after_market")])
def test_live_trades_are_read_with_fewer_and_with_more_fields_than_the_table_has(
    more: tuple[str, ...], session: str | None
) -> None:
    prices = [71_000, 71_100, 71_200]
    frame = joined(*(trade(price, *more) for price in prices))
    decoded = decode_frame(api("domestic_stock_ccnl_krx"), frame, 3)
    rows = decoded.rows("trades")
    assert [(row["symbol"], row["price"], row.get("market_session")) for row in rows] == [
        ("005930", price, session) for price in prices
    ]
    assert decoded.notes == []
    assert [row.get("field_48") for row in rows] == (["new"] * 3 if len(more) == 2 else [None] * 3)


def test_some_fields_are_read_as_with_all_others() -> None:
    payload, names = joined(trade(71_000, "3", "new"), trade(71_100, "3", "")), ["symbol", "price", "market_session"]
    every = decode_frame(api("domestic_stock_ccnl_krx"), payload, 2).rows("trades")
    some = FrameDecoder(api("domestic_stock_ccnl_krx"), only=names).decode(payload, 2).rows("trades")
    assert some == [{name: row[name] for name in names} for row in every]
    assert some[0] == {"symbol": "005930", "price": 71_000, "market_session": "after_market"}


MARKET = {
    "exchange_type_code": None,
    "trading_halted": False,
    "trading_halt_reason": None,
    "market_operation_code": "AB1",
    "expected_market_operation_code": "112",
    "random_end_code": None,
    "auction_allocation_code": None,
    "stock_status": "credit_available",
    "vi_active": False,
    "after_hours_vi_active": None,
}


@pytest.mark.parametrize(
    ("payload", "records"),
    [
        ("100840^N^(null)^AB1^112^^^55^N^", [{"symbol": "100840", **MARKET}]),
        ("N^(null)^AB1^112^^^55^N^^1", [{"symbol": None, **MARKET, "exchange_type_code": "1"}]),
        (
            "100840^N^(null)^AB1^112^^^55^N^^0000J0^N^(null)^AB1^112^^^55^N^",
            [{"symbol": "100840", **MARKET}, {"symbol": "0000J0", **MARKET}],
        ),
    ],
    ids=["as measured", "as documented", "two records"],
)
def test_a_market_status_is_read_with_and_without_the_stock_first(payload: str, records: list[dict[str, Any]]) -> None:
    assert decode_frame(api(STATUS), payload, len(records)).rows("events") == records
