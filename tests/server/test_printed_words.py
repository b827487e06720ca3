"""What tools print, tools accept: the tables are made from the tools' own enumerations, dates and numbers."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.errors import BadArgument
from kis_mcp.simulator import Simulator
from tests.client import BUY, blocks, connected, settings_for

TOOLS = [api for api in catalog().tools if api.kind != "websocket"]
DAY = date(2026, 11, 20)
DATES = ("2026-11-20", "2026/11/20", "2026.11.20", "20261120", 20261120)
TIMES = ("09:05", "9:05", "09:05:00", "0905", "090500")

PRINTED = {
    ("get_quote", "exchange"): ["KRX", "NASDAQ", "NYSE", "AMEX"],
    ("get_candles", "interval"): ["1D", "1W", "1M", "1m"],
    ("get_positions", "market"): ["KR", "US", "HK", "CN", "JP", "VN", "DOMESTIC_FUTUREOPTION"],
    ("get_balance", "market"): ["KR", "us"],
    ("get_orders", "market"): ["KR", "us", "domestic_bond"],
    ("find_instrument", "market"): ["KR", "US"],
    ("place_order", "side"): ["BUY", "Sell"],
    ("place_order", "order_type"): ["LIMIT", "Market"],
    ("place_order", "session"): ["REGULAR", "Reserved"],
    ("cancel_order", "market"): ["KR", "domestic_bond"],
    ("modify_order", "market"): ["KR", "JP"],
    ("set_environment", "environment"): ["SIM", "Demo"],
}
"""What results and people write, beside the words of the schemas."""


def accepted(api: Api, parameter: Parameter, value: object) -> object:
    """What a tool takes a value of one of its parameters for, whatever else is right or wrong."""
    given: dict[str, Any] = {**api.example, parameter.name: [value] if parameter.is_list else value}
    if parameter.pairs_with and parameter.is_list:
        given[parameter.pairs_with] = [*given[parameter.pairs_with]][:1]
    pairs = [(it.name, it.not_before) for it in api.parameters if it.not_before]
    for end, start in pairs:
        if parameter.name in (end, start):
            given |= {start: value, end: value}
    for other in api.parameters:
        if other.pairs_with == parameter.name and other.is_list:
            given[other.name] = [*given.get(other.name, ())][:1]
    found = check_arguments(api, given)[parameter.name]
    return found[0] if isinstance(found, list) else found


def of_type(*types: str) -> Iterator[tuple[Api, Parameter]]:
    return ((api, it) for api in TOOLS for it in api.parameters if it.type in types)


@pytest.mark.parametrize(
    "api",
    [api for api in TOOLS if any(it.type == "enum" for it in api.parameters)],
    ids=lambda value: getattr(value, "tool", str(value)),
)
def test_every_word_of_an_enumeration_is_taken_in_any_case(api: Api) -> None:
    for parameter in (it for it in api.parameters if it.type == "enum"):
        words = list(parameter.codes or ())
        for word in words:
            alone = sum(other.lower() == word.lower() for other in words) == 1
            for spelled in (
                word,
                f" {word} ",
                *((word.upper(), word.title(), word.replace("_", "-")) if alone else ()),
            ):
                assert accepted(api, parameter, spelled) == word, (api.tool, parameter.name, spelled)


def test_two_words_that_differ_by_case_alone_stay_two() -> None:
    twins = [
        (api, parameter, word)
        for api, parameter in of_type("enum")
        for word in parameter.codes or ()
        if sum(other.lower() == word.lower() for other in parameter.codes or ()) > 1
    ]
    assert {(api.tool, word) for api, _, word in twins} == {("get_candles", "1m"), ("get_candles", "1M")}
    for api, parameter, word in twins:
        assert accepted(api, parameter, word) == word


@pytest.mark.parametrize(("place", "words"), PRINTED.items(), ids=lambda value: getattr(value, "tool", str(value)))
def test_what_results_print_is_taken_back(place: tuple[str, str], words: list[str]) -> None:
    api = catalog().find(place[0])
    assert api is not None
    parameter = api.parameter(place[1])
    assert parameter is not None
    for word in words:
        assert str(accepted(api, parameter, word)).lower() == word.lower()


def test_every_date_is_taken_in_every_form() -> None:
    for api, parameter in of_type("date"):
        for form in DATES:
            assert accepted(api, parameter, form) == DAY, (api.tool, parameter.name, form)


def test_every_time_is_taken_in_every_form() -> None:
    for api, parameter in of_type("time"):
        for form in TIMES:
            assert accepted(api, parameter, form) == time(9, 5), (api.tool, parameter.name, form)


def test_every_number_is_taken_as_text_and_with_separators() -> None:
    for api, parameter in of_type("integer", "decimal"):
        number = int(parameter.maximum) if parameter.maximum and parameter.maximum < 2500 else 2500
        for form in (number, str(number), f"{number:,}", f"{number}.0", float(number)):
            assert accepted(api, parameter, form) == Decimal(number), (api.tool, parameter.name, form)
        for wrong in ("2,50", "1,5", "2_500", "2e3", "2500원"):
            with pytest.raises(BadArgument, match=parameter.name):
                accepted(api, parameter, wrong)


def test_every_optional_argument_may_be_empty() -> None:
    for api in TOOLS:
        empty: dict[str, Any] = {it.name: "" for it in api.parameters if it.name not in api.example and not it.required}
        assert check_arguments(api, {**api.example, **empty}) == check_arguments(api, dict(api.example)), api.tool


async def test_what_an_order_tool_prints_is_taken_by_all_that_take_it(simulator: Simulator) -> None:
    """Words, symbol and numbers of a printed order, as they stand, name the order and place another like it."""
    async with connected(settings_for(simulator, confirm="never")) as client:
        await client.call_tool("place_order", BUY)
        (printed,) = blocks(await client.call_tool("get_orders", {}))["orders"]
        names = ("symbol", "market", "exchange", "side", "order_type", "quantity", "price")
        again = {name: printed[name] for name in names}
        placed = blocks(await client.call_tool("place_order", again | {"idempotency_key": "second"}))["order"]
        assert {name: placed[name] for name in names} == again
        for tool in ("get_quote", "get_order_book", "get_candles"):
            assert not (await client.call_tool(tool, {name: printed[name] for name in ("symbol", "exchange")})).is_error
        found = blocks(await client.call_tool("get_orders", {name: printed[name] for name in ("symbol", "market")}))
        assert len(found["orders"]) == 2
        named = {name: printed[name] for name in ("order_id", "market")}
        changed = blocks(await client.call_tool("modify_order", named | {"order_type": "MARKET"}))["order"]
        assert changed["order_type"] == "market"
