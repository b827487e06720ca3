"""Properties that every row of the real table has, whatever it says."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.decode import decode
from kis_mcp.catalog.encode import dates_of_today, encode
from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, OrderRow, Parameter
from kis_mcp.catalog.render import to_json
from kis_mcp.catalog.reserved import all_parameters
from kis_mcp.errors import BadArgument, NotInEnvironment
from kis_mcp.trading.blotter.lists import EVERY_LIST
from kis_mcp.trading.venues.exchanges import STOCK_MARKETS
from kis_mcp.trading.venues.markets import MARKETS
from kis_mcp.trading.venues.sessions import venues
from tests.catalog.test_documented_apis import request_elements

TABLE = Catalog(strict=True)
TOOLS = TABLE.tools
REST = [api for api in TABLE.apis if api.kind == "rest"]
TODAY = date(2026, 6, 15)
MANY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def encoded(api: Api, arguments: Mapping[str, object], *, demo: bool = False) -> KisRequest:
    account = Account("50000001", "01")
    return encode(
        api, check_arguments(api, arguments), demo=demo, account=account, hts_id="tester", today=TODAY, now=time(10, 0)
    )


def test_tool_names_are_unique_and_short() -> None:
    names = [api.tool for api in TOOLS]
    assert len(set(names)) == len(names)
    assert {name for name in names if not re.fullmatch(r"[a-z0-9_]{3,50}", name)} == set()


def test_every_tool_has_a_title_and_one_line_of_description() -> None:
    assert [api.tool for api in TOOLS if not api.title or "\n" in api.description or len(api.description) > 500] == []


@pytest.mark.parametrize("api", REST, ids=lambda api: api.tool)
def test_the_example_of_a_row_encodes(api: Api) -> None:
    assert encoded(api, api.example).tr_id
    if api.in_demo:
        assert encoded(api, api.example, demo=True).tr_id


@pytest.mark.parametrize("api", TABLE.core, ids=lambda api: api.tool)
def test_the_example_of_a_core_tool_is_accepted(api: Api) -> None:
    check_arguments(api, api.example)


def test_only_posts_send_orders() -> None:
    assert [api.tool for api in REST if (api.method == "POST") != (api.risk == "order")] == []


ORDERS = [api for api in TOOLS if api.risk == "order"]
ORDER_APIS = [api for api in REST if api.risk == "order"]


def rows_of_orders() -> list[tuple[Api, OrderRow]]:
    return [(api, api.order) for api in TOOLS if api.order]


def test_every_order_api_and_no_other_says_what_trading_has_to_know_of_it() -> None:
    assert [api.tool for api, _ in rows_of_orders()] == [api.tool for api in ORDER_APIS]


def test_the_lists_and_venues_of_orders_exist_and_each_belongs_to_some_order_api() -> None:
    rows = [row for _, row in rows_of_orders()]
    assert {name for row in rows for name in row.lists} == {order_list.name for order_list in EVERY_LIST}
    assert {name for row in rows for name in row.venues} == set(venues())


def test_what_tells_how_much_kis_would_take_reads_the_account_that_orders() -> None:
    for api, row in rows_of_orders():
        session = api.parameter("session")
        assert row.capacity.keys() in ({""}, set(session.codes or ()) if session else set(), set())
        for tool in row.capacity.values():
            found = TABLE.find(tool)
            assert found is not None, tool
            assert (found.risk, found.account) == ("account", api.account), tool


def test_every_new_order_of_a_buyer_can_be_asked_for_its_most() -> None:
    unlimited = [api.tool for api, row in rows_of_orders() if any("new" in route.uses for route in row.routes)]
    assert [tool for tool in unlimited if (api := TABLE.find(tool)) and api.order and not api.order.capacity] == [
        "domestic_stock_order_resv",
        "overseas_stock_order_resv",
    ]


def test_the_orders_of_a_market_and_session_go_to_one_api_for_each_use() -> None:
    goes_to = Counter(
        (market, route.session, use)
        for _, row in rows_of_orders()
        for route in row.routes
        for market in route.markets
        for use in route.uses
    )
    assert max(goes_to.values()) == 1
    assert {market for market, _, _ in goes_to} == set(MARKETS)
    for market, session, _ in goes_to:
        assert goes_to[market, session, "new"] == goes_to[market, session, "cancel"] == 1


@pytest.mark.parametrize("api", ORDER_APIS, ids=lambda api: api.tool)
def test_the_routes_of_an_order_api_say_what_its_row_can(api: Api) -> None:
    assert api.order is not None
    place = TABLE.find("place_order")
    session = place.parameter("session") if place else None
    for route in api.order.routes:
        assert session and route.session in (session.codes or ())
        assert set(route.markets) <= (STOCK_MARKETS if api.category.endswith("_stock") else {api.category})
        for name, word in route.fixed.items():
            parameter = api.parameter(name)
            assert parameter is not None and word in (parameter.codes or ())


@pytest.mark.parametrize("api", ORDERS, ids=lambda api: api.tool)
def test_no_order_takes_free_text(api: Api) -> None:
    """What a caller says is shown to the person who confirms it. A core tool's symbol goes on to a row's."""
    texts = {"string"} if api.kind == "core" else {"string", "symbol"}
    named = [parameter for parameter in api.parameters if parameter.type in texts]
    assert [parameter.name for parameter in named if parameter.pattern is None] == []


@pytest.mark.parametrize("api", [api for api in ORDERS if api.kind == "rest"], ids=lambda api: api.tool)
def test_nothing_of_an_order_is_chosen_after_the_person_was_asked(api: Api) -> None:
    assert [element for element, text in api.constants.items() if text.startswith("$")] == []
    arguments = dates_of_today(api, check_arguments(api, api.example), TODAY)
    account = Account("50000001", "01")
    first, later = (encode(api, arguments, demo=False, account=account, today=day) for day in (TODAY, date(2027, 1, 4)))
    assert first == later


def test_wide_answers_show_a_part_unless_asked_for_more() -> None:
    wide = [
        (api.tool, block)
        for api in REST
        if api.risk != "order"
        for block in api.blocks
        if len(block.fields) > (8 if block.is_list else 35)
    ]
    assert len(wide) > 150
    assert [tool for tool, block in wide if not 0 < len(block.columns) < len(block.fields)] == []
    assert [tool for tool, block in wide if len(set(block.columns)) < len(block.columns)] == []


def values_of(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values that a parameter takes, as JSON clients send them."""
    item: st.SearchStrategy[Any]
    low, high = parameter.minimum, parameter.maximum
    match parameter.type:
        case "enum":
            item = st.sampled_from(sorted(parameter.codes or ()))
        case "boolean":
            item = st.booleans()
        case "integer":
            item = st.integers(int(low) if low is not None else -(10**9), int(high) if high is not None else 10**9)
        case "decimal":
            item = st.decimals(*(Decimal(str(bound)) for bound in (low or 0, high or 10**9)), places=4)
            item = item.flatmap(lambda number: st.sampled_from([number, str(number), float(number)]))
        case "date":
            item = st.dates(date(2015, 1, 1), date(2027, 12, 31)).map(date.isoformat)
        case "month":
            item = st.dates(date(2015, 1, 1), date(2027, 12, 31)).map(lambda day: day.isoformat()[:7])
        case "time":
            item = st.times().map(lambda moment: moment.isoformat("seconds"))
        case _:
            item = st.from_regex(parameter.pattern or "[a-zA-Z0-9가-힣 ]{0,20}", fullmatch=True)
    return st.lists(item, min_size=1, max_size=parameter.max_items or 3) if parameter.is_list else item


@st.composite
def calls(draw: st.DrawFn) -> tuple[Api, dict[str, Any]]:
    """An API with arguments that its row allows."""
    api = draw(st.sampled_from(REST))
    arguments = {
        parameter.name: draw(values_of(parameter))
        for parameter in api.parameters
        if parameter.required or draw(st.booleans())
    }
    for parameter in api.parameters:
        start, end = arguments.get(parameter.not_before or ""), arguments.get(parameter.name)
        if start and end and start > end:
            arguments[parameter.not_before or ""], arguments[parameter.name] = end, start
        other = arguments.get(parameter.pairs_with or "")
        if parameter.is_list and parameter.pairs_with and end is not None:
            assume(other)
            length = min(len(end), len(other))
            arguments[parameter.name], arguments[parameter.pairs_with] = end[:length], other[:length]
    return api, arguments


@MANY
@given(call=calls(), demo=st.booleans())
def test_valid_arguments_encode_to_documented_elements_as_text(call: tuple[Api, dict[str, Any]], demo: bool) -> None:
    api, arguments = call
    try:
        request = encoded(api, arguments, demo=demo)
    except NotInEnvironment:
        assume(False)
        return
    except BadArgument as error:
        assert error.what.startswith(f"{api.tool} is not offered for"), error
        assume(False)
        return
    allowed = request_elements(api)
    assert set(request.elements) <= allowed
    optional = {
        parameter.element.format(n=n) if "{" in parameter.element else parameter.element
        for parameter in api.parameters
        if parameter.element and (parameter.blank is None or parameter.is_list or parameter.pairs_with)
        for n in range(1, 60)
    }
    assert allowed - set(request.elements) <= optional
    assert all(isinstance(text, str) for text in request.elements.values())
    assert request.tr_id in {*api.tr.real.values(), *api.tr.demo.values()}


LISTS_AND_OBJECTS = [
    (api, parameter)
    for api in TOOLS
    for parameter in all_parameters(api)
    if parameter.is_list or parameter.type == "object"
]


def sample(api: Api, parameter: Parameter) -> object:
    """A value that a list or an object of the table takes."""
    value = api.example.get(parameter.name) or parameter.example
    if parameter.type == "object" and not parameter.is_list:
        return value or {"symbol": "005930"}
    return value or [*(parameter.codes or ("price",))][:1]


def test_every_list_and_object_of_the_table_is_taken_as_json_text_too() -> None:
    assert len(LISTS_AND_OBJECTS) > 300
    for api, parameter in LISTS_AND_OBJECTS:
        value = sample(api, parameter)
        plain = check_arguments(api, {**api.example, parameter.name: value})
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1), f" {json.dumps(value)}\n"):
            assert check_arguments(api, {**api.example, parameter.name: text}) == plain, (api.tool, parameter.name)


def test_text_that_is_no_json_of_that_kind_is_refused_by_the_name_of_the_argument() -> None:
    for api, parameter in LISTS_AND_OBJECTS:
        opening, other = ("[", '{"a": 1}') if parameter.is_list else ("{", '["a"]')
        for wrong in (f'{opening}"a"', opening * 100_000, other):
            if wrong == other and parameter.name == "fields":
                continue  # names may stand in plain text
            with pytest.raises(BadArgument) as raised:
                check_arguments(api, {**api.example, parameter.name: wrong})
            assert raised.value.field == parameter.name, (api.tool, wrong[:20])


def test_an_optional_list_that_is_empty_as_text_counts_as_left_out() -> None:
    for api, parameter in LISTS_AND_OBJECTS:
        if parameter.is_list and not parameter.required:
            rest = {name: value for name, value in api.example.items() if name != parameter.name}
            assert check_arguments(api, {**rest, parameter.name: "[ ]"}) == check_arguments(api, rest), api.tool


WRONG: Mapping[str, list[object]] = {
    "enum": ["no such word", 1, True],
    "boolean": ["perhaps", 7],
    "integer": ["many", 1.5, True, [1]],
    "decimal": ["much", "NaN", True, {}],
    "date": ["2026-13-01", "yesterday", 260101, True],
    "month": ["2026-13", "2026-1-1", 202613],
    "time": ["25:00", "noon", 9],
    "symbol": [5930, "no\nsymbol", True],
    "string": [5930, "no\ntext", True],
}


@pytest.mark.parametrize("api", REST, ids=lambda api: api.tool)
def test_a_wrong_value_of_any_parameter_is_refused_by_its_name(api: Api) -> None:
    for parameter in api.parameters:
        for wrong in WRONG[parameter.type]:
            value = [wrong] if parameter.is_list else wrong
            with pytest.raises(BadArgument) as raised:
                check_arguments(api, {**api.example, parameter.name: value})
            assert raised.value.field == parameter.name, (parameter.name, value)
    with pytest.raises(BadArgument, match="has no argument"):
        check_arguments(api, {**api.example, "no_such_argument": 1})
    for parameter in api.parameters:
        if parameter.required:
            rest = {name: value for name, value in api.example.items() if name != parameter.name}
            with pytest.raises(BadArgument, match=f"needs {parameter.name}"):
                check_arguments(api, rest)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Api, dict[str, Any]]:
    """An API with a body of roughly KIS' shape: blocks missing, empty, of the other shape, in the other case."""
    api = draw(st.sampled_from(REST))
    texts = st.sampled_from(
        ["", " ", "0", "-1", "+12.50", "00000000", "20260615", "093000", "Y", "2", "삼성전자", "?", None, 7, 1.5, True]
    )
    body: dict[str, Any] = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "ok", "CTX_AREA_FK100": "x"}
    for block in api.blocks:
        names = [field.element for field in block.fields]
        record = st.dictionaries(st.sampled_from([*names, *map(str.upper, names), "new_element"]), texts, max_size=5)
        part = st.one_of(record, st.lists(record, max_size=3), st.sampled_from(["", None, [], {}]))
        body.update(
            draw(record) if not block.key else {draw(st.sampled_from([block.key, block.key.upper()])): draw(part)}
        )
    return api, body


@MANY
@given(bodies())
def test_any_body_decodes_to_the_documented_shapes(drawn: tuple[Api, dict[str, Any]]) -> None:
    api, body = drawn
    decoded = decode(api, body)
    for block in api.blocks:
        shape = decoded.blocks[block.name]
        assert isinstance(shape, list if block.is_list else dict)
    to_json(decoded.blocks)


def test_a_text_names_other_tools_in_full() -> None:
    slugs = {api.slug for api in REST if "_" in api.slug}
    for api in REST:
        for text in (api.description, api.demo_instead, *(each.description for each in api.parameters)):
            assert slugs.isdisjoint(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text)), (api.tool, text)
