"""No value is made up: every field of every answer is in its type and range, or in the table of what is left empty."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest

from kis_mcp.catalog.data import csv_rows, resources_folder
from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api, Block
from kis_mcp.simulator.answers import values
from kis_mcp.simulator.wire.hosts import Host
from tests.simulator.answers.live.feeds import records as live_records
from tests.simulator.answers.live.twins import TWINS
from tests.simulator.answers.test_every_api import READS, TRADES, Direct
from tests.simulator.wire import MONDAY

LIVE = [api for api in catalog().apis if api.kind == "websocket" and api.risk == "read"]
TABLE = resources_folder() / "simulator" / "empty_fields.csv"

OTHER_ARGUMENTS: Mapping[str, tuple[dict[str, object], ...]] = {
    "domestic_bond_avg_unit": ({"symbol": "KR2033022D33", "start_date": "2026-06-01", "end_date": "2026-06-12"},),
    "domestic_stock_inquire_price": ({"symbol": "069500"},),
    "domestic_fo_inquire_price": ({"symbol": "201W12350", "market": "index_options"},),
    "domestic_stock_comp_interest": ({"kind": "exchange"},),
    "domestic_bond_search_bond_info": ({"symbol": "KR6449111CB8"},),
    "overseas_stock_new_highlow": ({"exchange": "nyse", "period": "5d", "breakout": "touched"},),
    "overseas_stock_price_detail": ({"exchange": "nasdaq", "symbol": "QQQ"},),
    "overseas_stock_search_info": ({"exchange": "nasdaq", "symbol": "QQQ"},),
    "overseas_fo_market_time": ({"exchange": "hkex"},),
    "etfetn_nav_comparison_daily_trend": ({"symbol": "069500", "start_date": "2026-06-01", "end_date": "2026-06-15"},),
    "domestic_stock_inquire_overtime_price": ({"symbol": "034020"},),
    "domestic_stock_intstock_multprice": ({"symbols": ["034020"]},),
    "domestic_stock_inquire_vi_status": ({"date": "2026-06-01"},),
    "domestic_stock_inquire_daily_itemchartprice": (
        {"symbol": "009540", "start_date": "2026-04-01", "end_date": "2026-04-20"},
    ),
    "domestic_fo_inquire_daily_fuopchartprice": (
        {"symbol": "101W12", "start_date": "2026-06-01", "end_date": "2026-06-15"},
    ),
}
"""Calls beside the example that show more of what an API can say."""

SHARES: tuple[tuple[str, dict[str, object]], ...] = (
    ("domestic_stock_order_cash", {"symbol": "005930", "side": "buy", "quantity": 2, "order_type": "market"}),
    ("domestic_stock_order_cash", {"symbol": "005930", "side": "sell", "quantity": 1, "order_type": "market"}),
    ("overseas_stock_order", {"symbol": "AAPL", "side": "buy", "quantity": 1, "exchange": "nasdaq", "price": 400}),
)

SELDOM_ANY = frozenset({"domestic_stock_capture_uplowprice"})
"""Lists of what the world has, but not today."""

NEVER_NEGATIVE = frozenset(
    {
        "price",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "turnover",
        "market_cap",
        "listed_shares",
        "previous_close",
        "ask_price",
        "bid_price",
        "per",
        "nav",
        "strike_price",
        "remaining_days",
    }
)


@pytest.fixture(scope="module")
def direct() -> Direct:
    """The simulator with an account that has traded."""
    direct = Direct()
    for tool, arguments in (*TRADES, *SHARES):
        api = catalog().find(tool)
        assert api is not None
        reply = direct.call(api, Host.REAL, **arguments)
        assert not isinstance(reply.body, str)
        assert reply.body["rt_cd"] == "0", (tool, reply.body)
    return direct


def answers(direct: Direct, api: Api) -> Iterator[Mapping[str, object]]:
    for arguments in ({}, *OTHER_ARGUMENTS.get(api.tool, ())):
        reply = direct.call(api, Host.REAL, **arguments)
        assert not isinstance(reply.body, str)
        assert reply.body["rt_cd"] == "0", (api.tool, arguments, reply.body)
        yield reply.body


def records(block: Block, body: Mapping[str, object]) -> list[Mapping[str, str]]:
    part = body[block.key] if block.key else body
    return cast("list[Mapping[str, str]]", part if block.is_list else [part])


def empty_fields(direct: Direct, api: Api) -> list[str]:
    """``block.field`` of what no answer of an API fills, or of an account fills with a plain blank or 0; ``*`` where
    that is everything."""
    with patch.object(values, "blank", wraps=values.blank) as blank:
        seen = list(answers(direct, api))
    named = [(block, field) for block in api.blocks for field in block.fields]
    unknown = {call.args[0].element for call in blank.call_args_list}
    empty = [
        f"{block.name}.{field.name}"
        for block, field in named
        if field.element in unknown
        or (api.account is None and not any(record[field.element] for body in seen for record in records(block, body)))
    ]
    return ["*"] if len(empty) == len(named) else list(dict.fromkeys(empty))


def empty_live_fields(direct: Direct, api: Api) -> list[str]:
    """The same of what a live record of an API leaves blank."""
    (block,), tr_id = api.blocks, api.tr.real[""]
    twin = TWINS.get(tr_id)
    if twin is None:
        return ["*"]
    filled = live_records(direct.kis.world, tr_id, twin.key, twin.at)[-1].keys()
    return [f"{block.name}.{field.name}" for field in block.fields if field.element.upper() not in filled]


def test_the_table_names_every_field_that_is_left_empty(direct: Direct, regenerate: bool):
    lines = ["tool,fields"]
    for api in READS:
        if api.tool not in SELDOM_ANY and (names := empty_fields(direct, api)):
            lines.append(f"{api.tool},{' '.join(names)}")
    for api in LIVE:
        if names := empty_live_fields(direct, api):
            lines.append(f"{api.tool},{' '.join(names)}")
    text = "\n".join(lines) + "\n"
    if regenerate:
        Path(TABLE).write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text


def test_the_table_has_only_documented_fields():
    for row in csv_rows(TABLE):
        api = catalog().find(row["tool"])
        assert api is not None
        documented = {f"{block.name}.{field.name}" for block in api.blocks for field in block.fields}
        assert row["fields"] == "*" or set(row["fields"].split()) <= documented


@pytest.mark.parametrize("api", READS, ids=lambda api: api.tool)
def test_every_value_is_of_its_type_and_in_range(api: Api, direct: Direct):
    for body in answers(direct, api):
        decoded = decode(api, body)
        assert decoded.notes == []
        for block in decoded.blocks.values():
            for record in block if isinstance(block, list) else [block]:
                check_range(record)


def check_range(record: Mapping[str, object]) -> None:
    for name, value in record.items():
        if isinstance(value, int | Decimal) and name in NEVER_NEGATIVE:
            assert value >= 0, (name, record)
    prices = [cast("Decimal | None", record.get(name)) for name in ("low", "open", "high")]
    last = cast("Decimal | None", record.get("close", record.get("price")))
    if all(price is not None for price in (*prices, last)):
        low, opening, high = cast("list[Decimal]", prices)
        assert low <= min(opening, cast("Decimal", last)), record
        assert high >= max(opening, cast("Decimal", last)), record
    for name in ("trade_date", "quote_date", "local_date"):
        if isinstance(day := record.get(name), str):
            assert datetime.fromisoformat(day).date() <= MONDAY.date(), record
