"""Every core tool that reads KIS, with every kind of odd answer: valid, complete only if it is, and nothing dropped."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import jsonschema
import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.schemas import output_schema
from tests.field_cases.conftest import Case, Open
from tests.kis.fake_kis import Answered, Seen

pytestmark = pytest.mark.slow

Body: TypeAlias = dict[str, Any]

CALLS: Mapping[str, dict[str, Any]] = {
    "get_quote": {"symbol": "005930"},
    "get_quote ": {"symbol": "AAPL"},
    "get_order_book": {"symbol": "005930"},
    "get_order_book ": {"symbol": "AAPL"},
    "get_candles": {"symbol": "005930", "interval": "1d"},
    "get_candles ": {"symbol": "AAPL", "interval": "1w"},
    "get_candles  ": {"symbol": "005930", "interval": "5m"},
    "get_balance": {},
    "get_balance ": {"market": "us"},
    "get_positions": {},
    "get_buying_power": {"symbol": "005930"},
    "get_buying_power ": {"symbol": "AAPL", "price": 100},
    "get_profit_and_loss": {},
    "get_account_summary": {},
    "get_exposure": {},
    "get_orders": {},
    "get_order_status": {"order_id": "0000000001"},
    "get_order_history": {},
}
ROWS = {"get_positions": "positions", "get_exposure": "instruments", "get_profit_and_loss": "unrealized"}
"""Tools that show everything that is held, and in which block."""

PAGED = (*ROWS, "get_balance", "get_account_summary", "get_orders", "get_order_history")
MAY_REFUSE = {"get_quote", "get_order_book", "get_buying_power"}
"""What KIS tells nothing but blanks of, it does not know."""

IDENTITY = {"pdno", "shtn_pdno", "ovrs_pdno", "std_pdno", "odno", "orgn_odno"}


def numeric(path: str) -> set[str]:
    """The elements of every API with this path that the table has as numbers."""
    return {
        field.element.lower()
        for api in catalog().apis
        if api.path == path
        for block in api.blocks
        for field in block.fields
        if field.type in ("integer", "decimal")
    }


def with_numbers(change: Callable[[str], str]) -> Callable[[Seen, Body], Mapping[str, str]]:
    def changed(request: Seen, body: Body) -> Mapping[str, str]:
        elements = numeric(request.path) - IDENTITY

        def walk(part: Any) -> Any:
            if isinstance(part, list):
                return [walk(row) for row in cast(list[Any], part)]
            if isinstance(part, dict):
                return {
                    name: change(value) if isinstance(value, str) and name.lower() in elements else walk(value)
                    for name, value in cast(Body, part).items()
                }
            return part

        body.update(walk(body))
        return {}

    return changed


def with_rows(make: Callable[[list[Body]], list[Body]]) -> Callable[[Seen, Body], Mapping[str, str]]:
    def changed(request: Seen, body: Body) -> Mapping[str, str]:
        body.update({name: make(part) for name, part in body.items() if isinstance(part, list)})
        return {}

    return changed


def without_totals(request: Seen, body: Body) -> Mapping[str, str]:
    body.update({name: {} for name, part in body.items() if isinstance(part, dict) and name != "output"})
    return {}


def cut_without_key(request: Seen, body: Body) -> Mapping[str, str]:
    body.update({name: "" for name in body if name.lower().startswith("ctx_area")})
    return {"tr_cont": "M"} if any(isinstance(part, list) for part in body.values()) else {}


def repeated(request: Seen, body: Body) -> Mapping[str, str]:
    """Each list's first page again and again, under ever new keys."""
    page = max((len(value) for name, value in request.query.items() if name.startswith("CTX_AREA")), default=0)
    body.update({f"ctx_area_{kind}": "k" * (page + 1) for kind in ("fk100", "nk100", "fk200", "nk200")})
    return {"tr_cont": "M"} if any(isinstance(part, list) for part in body.values()) else {}


def with_foreign_row(rows: list[Body]) -> list[Body]:
    """A row of an instrument, exchange and currency that no table has."""
    strange = {"pdno": "ZZZZZZ", "ovrs_pdno": "ZZZZZZ", "shtn_pdno": "ZZZZZZ", "ovrs_excg_cd": "MOON"}
    strange |= {"crcy_cd": "XAU", "buy_crcy_cd": "XAU", "tr_crcy_cd": "XAU"}
    return [*rows, {name: strange.get(name.lower(), value) for name, value in rows[0].items()}] if rows else rows


CHANGES: Mapping[str, Callable[[Seen, Body], Mapping[str, str]]] = {
    "as they are": lambda _, body: {},
    "fractions": with_numbers(lambda text: f"{text or 0}.012638" if "." not in text else f"{text}12638"),
    "blanks": with_numbers(lambda _: ""),
    "dashes": with_numbers(lambda _: "-"),
    "zeros": with_numbers(lambda _: "0"),
    "extremes": with_numbers(lambda _: "99999999999999999999.99999999"),
    "below zero": with_numbers(lambda text: f"-{text.lstrip('+-') or 1}"),
    "tiny": with_numbers(lambda _: "0.00000001"),
    "blank rows": with_rows(lambda rows: [*rows, {}, dict.fromkeys(rows[0], "") if rows else {}]),
    "foreign rows": with_rows(with_foreign_row),
    "unknown totals": without_totals,
    "cut lists": cut_without_key,
    "repeated pages": repeated,
}
HELD = ["005930", "101W12", "AAPL"]
KEEP_ROWS = set(CHANGES) - {"zeros", "foreign rows"}


def changed(change: Callable[[Seen, Body], Mapping[str, str]]) -> Callable[[Seen, Answered], Answered]:
    def answer(request: Seen, told: Answered) -> Answered:
        if request.method != "GET" or told.status != 200:
            return told
        body = cast(Body, json.loads(cast(bytes, told.body)))
        return Answered(body, 200, {**told.headers, **change(request, body)})

    return answer


def core(name: str) -> Api:
    return next(api for api in catalog().core if api.tool == name)


async def answers(kis: Case) -> dict[str, dict[str, Any]]:
    """What every call answers; each answer fits its tool's schema."""
    found: dict[str, dict[str, Any]] = {}
    for key, arguments in CALLS.items():
        kis.clock.pass_by(400)
        name = key.strip()
        result = await kis.client.call_tool(name, arguments)
        assert result.structured_content is not None
        jsonschema.Draft202012Validator(output_schema(core(name))).validate(result.structured_content)
        found[key] = result.structured_content
    return found


def symbols(answer: Mapping[str, Any], block: str) -> list[str]:
    return sorted(row["symbol"] for row in answer["blocks"][block])


@pytest.mark.parametrize("kind", CHANGES)
async def test_every_core_tool_takes_every_kind_of_answer(case: Open, kind: str) -> None:
    settings: dict[str, Any] = {
        "quote_cache_seconds": 0,
        "account_cache_seconds": 0,
        "acct_future": "87654322",
        "session_check": "off",
    }
    settings |= {"max_order_notional": 10**10}
    async with case("real", None, **settings) as kis:
        await kis.call("place_order", symbol="005930", side="buy", quantity=1, order_type="market")
        price = (await kis.call("get_quote", symbol="AAPL"))["quote"]["price"]
        await kis.call("place_order", symbol="AAPL", side="buy", quantity=1, price=round(price * 1.05, 2))
        future = {"symbol": "101W12", "market": "domestic_futureoption", "order_type": "market"}
        await kis.call("place_order", side="buy", quantity=1, **future)
        kis.kis.change, kis.kis.repeats = changed(CHANGES[kind]), kind == "repeated pages"
        found = await answers(kis)
    for key, answer in found.items():
        name = key.strip()
        assert "error" not in answer or name in MAY_REFUSE, (key, answer["error"])
        assert "error" not in answer or answer["error"]["class"] == "bad_argument"
        if name in PAGED and kind in ("cut lists", "repeated pages"):
            assert answer["complete"] is False, key
            assert answer["notes"], key
        if kind == "as they are" and "next_cursor" not in answer:
            assert answer["complete"] is True, (key, answer)
    for name, block in ROWS.items():
        if kind in KEEP_ROWS:
            assert symbols(found[name], block) == HELD, name
        if kind == "foreign rows":
            assert {*HELD, "ZZZZZZ"} <= set(symbols(found[name], block)), name
    if kind in ("blanks", "dashes"):
        assert all("quantity" not in row for row in found["get_positions"]["blocks"]["positions"])
        assert all(symbol in " ".join(found["get_positions"]["notes"]) for symbol in HELD)
