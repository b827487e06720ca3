from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, replace
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.arguments import CheckedArguments, check_arguments
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api, Parameter
from kis_mcp.errors import BadArgument
from tests.catalog.conftest import SMALL_TABLE

FindApi = Callable[[str], Api]
SMALL = Catalog(SMALL_TABLE)
PERIOD = {"start_date": "2026-05-01", "end_date": "2026-05-31"}
ORDER = {"country": "us", "side": "buy", "quantity": 1}


def refused(api: Api, arguments: Mapping[str, object]) -> BadArgument:
    with pytest.raises(BadArgument) as raised:
        check_arguments(api, arguments)
    return raised.value


def test_defaults_are_filled_and_what_is_left_out_stays_out(api: FindApi) -> None:
    assert check_arguments(api("quote"), {"symbol": "005930"}) == {
        "market": "krx",
        "symbol": "005930",
        "adjusted": True,
    }
    assert check_arguments(api("order"), ORDER | {"price": None}) == ORDER


def test_values_become_python_values(api: FindApi) -> None:
    assert check_arguments(api("order"), ORDER | {"price": 12.1, "at": "09:05"}) == ORDER | {
        "price": Decimal("12.1"),
        "at": time(9, 5),
    }
    values = check_arguments(api("fills"), PERIOD)
    assert (values["start_date"], values["end_date"]) == (date(2026, 5, 1), date(2026, 5, 31))


def test_values_that_are_right_already_pass(api: FindApi) -> None:
    values = {"start_date": date(2026, 5, 1), "end_date": date(2026, 5, 1)}
    assert check_arguments(api("fills"), check_arguments(api("fills"), values))["start_date"] == date(2026, 5, 1)


def test_checked_arguments_are_those_of_one_api_and_stay_as_they_are(api: FindApi) -> None:
    checked = check_arguments(api("quote"), {"symbol": "005930"})
    assert checked.api is api("quote")
    with pytest.raises(TypeError):
        checked["symbol"] = "000660"  # pyright: ignore[reportIndexIssue]
    with pytest.raises(FrozenInstanceError):
        checked.api = api("order")  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_added_to_checked_arguments_is_checked_too(api: FindApi) -> None:
    checked = check_arguments(api("order"), ORDER)
    assert checked.including({"quantity": 1}) is checked
    assert checked.including({"price": "12.1"}) == check_arguments(api("order"), ORDER | {"price": "12.1"})
    for wrong in ({"quantity": "many"}, {"colour": "red"}):
        with pytest.raises(BadArgument):
            checked.including(wrong)


def test_the_own_arguments_of_an_api_leave_out_those_of_the_tool(api: FindApi) -> None:
    own = check_arguments(api("fills"), PERIOD | {"limit": 7, "fields": "all"}).own()
    assert isinstance(own, CheckedArguments)
    assert own == {"side": "all", "start_date": date(2026, 5, 1), "end_date": date(2026, 5, 31)}


@pytest.mark.parametrize(("sent", "quantity"), [(3, 3), ("3", 3), (3.0, 3)])
def test_numbers_come_as_numbers_or_text(api: FindApi, sent: object, quantity: int) -> None:
    assert check_arguments(api("order"), ORDER | {"quantity": sent})["quantity"] == quantity


def test_a_symbol_in_small_letters_is_put_in_capitals(api: FindApi) -> None:
    assert check_arguments(api("quote"), {"symbol": "q500001"})["symbol"] == "Q500001"


def test_an_unknown_argument_is_refused_with_the_nearest_name(api: FindApi) -> None:
    error = refused(api("quote"), {"symbl": "005930", "symbol": "005930"})
    assert (error.field, error.remedy) == ("symbl", "Did you mean symbol?")
    assert refused(api("quote"), {"zzz": None, "symbol": "005930"}).remedy == "It takes: market, symbol, adjusted."


@pytest.mark.parametrize(
    ("slug", "arguments", "field", "says"),
    [
        ("quote", {}, "symbol", "such as '005930'"),
        ("quote", {"symbol": "59"}, "symbol", "such as '005930'"),
        ("quote", {"symbol": "005930\n1"}, "symbol", "such as '005930'"),
        ("quote", {"symbol": 5930}, "symbol", "a symbol as text"),
        ("quote", {"symbol": "005930", "market": "nyse"}, "market", "one of krx, nxt"),
        ("quote", {"symbol": "005930", "market": ["krx"]}, "market", "one of krx, nxt"),
        ("quote", {"symbol": "005930", "adjusted": "perhaps"}, "adjusted", "true or false"),
        ("order", ORDER | {"quantity": 0}, "quantity", "from 1 to 1000000"),
        ("order", ORDER | {"quantity": 1.5}, "quantity", "a whole number"),
        ("order", ORDER | {"quantity": True}, "quantity", "a whole number"),
        ("order", ORDER | {"price": True}, "price", "a number"),
        ("order", ORDER | {"price": "NaN"}, "price", "a number"),
        ("order", ORDER | {"price": 1e300}, "price", "a number"),
        ("order", ORDER | {"price": -1}, "price", "at least 0"),
        ("order", ORDER | {"at": "25:00"}, "at", "a time"),
        ("fills", PERIOD | {"start_date": "1 May"}, "start_date", "YYYY-MM-DD"),
        ("fills", PERIOD | {"start_date": 260501}, "start_date", "YYYY-MM-DD"),
        ("fills", PERIOD | {"start_date": "2026-02-31"}, "start_date", "YYYY-MM-DD"),
        ("fills", PERIOD | {"limit": 0}, "limit", "from 1 to 1000"),
        ("fills", PERIOD | {"fields": 3}, "fields", '"all"'),
        ("keyed", {"month": "2026-13"}, "month", "YYYY-MM"),
        ("many", {"symbols": []}, "symbols", "a list of 1 to 3"),
        ("many", {"symbols": "005930"}, "symbols", "a list of 1 to 3"),
        ("many", {"symbols": ["005930"] * 4}, "symbols", "a list of 1 to 3"),
    ],
)
def test_a_wrong_argument_is_refused_by_name_and_told_what_to_give(
    api: FindApi, slug: str, arguments: dict[str, object], field: str, says: str
) -> None:
    error = refused(api(slug), arguments)
    assert error.field == field
    assert field in error.what
    assert says in error.remedy


def test_the_wrong_item_of_a_list_is_told_by_position(api: FindApi) -> None:
    assert refused(api("many"), {"symbols": ["005930", "X"]}).what == "symbols item 2 cannot be 'X'."


def test_a_start_after_the_end_names_both(api: FindApi) -> None:
    error = refused(api("fills"), {"start_date": "2026-06-01", "end_date": "2026-05-01"})
    assert error.what == "start_date 2026-06-01 is after end_date 2026-05-01."


def test_all_contradictions_are_named_at_once() -> None:
    days = (Parameter("start", "date", ""), Parameter("end", "date", "", not_before="start"))
    lists = (Parameter("a", "integer", "", is_list=True), Parameter("b", "integer", "", is_list=True, pairs_with="a"))
    api = replace(SMALL.apis[0], parameters=(*days, *lists))
    error = refused(api, {"start": "2026-06-02", "end": "2026-06-01", "a": [1, 2], "b": [1]})
    assert error.what == "start 2026-06-02 is after end 2026-06-01. b has 1 items and a has 2."


def test_paired_lists_have_one_length(api: FindApi) -> None:
    error = refused(api("many"), {"symbols": ["005930", "000660"], "markets": ["krx"]})
    assert (error.field, error.what) == ("markets", "markets has 1 items and symbols has 2.")


def test_lists_take_fields_as_a_list_a_text_or_all(api: FindApi) -> None:
    assert check_arguments(api("fills"), PERIOD | {"fields": ["price"]})["fields"] == ["price"]
    assert check_arguments(api("fills"), PERIOD | {"fields": "price, date"})["fields"] == ["price", "date"]
    assert check_arguments(api("fills"), PERIOD | {"fields": "all"})["fields"] == "all"


def test_what_is_empty_counts_as_left_out_unless_it_is_needed(api: FindApi) -> None:
    assert check_arguments(api("quote"), {"symbol": "005930", "market": "", "adjusted": " "}) == {
        "market": "krx",
        "symbol": "005930",
        "adjusted": True,
    }
    assert refused(api("quote"), {"symbol": ""}).field == "symbol"
    assert refused(api("order"), ORDER | {"quantity": ""}).field == "quantity"


def test_every_wrong_argument_is_named_at_once(api: FindApi) -> None:
    error = refused(api("order"), {"countri": "us", "side": "hold", "quantity": 0})
    assert error.field == "countri"
    assert "no argument 'countri'" in error.what
    assert "needs country" in error.what
    assert "side cannot be 'hold'" in error.what
    assert "quantity cannot be 0" in error.what
    assert "countri: Did you mean country?" in error.remedy
    assert "side: Give one of buy, sell." in error.remedy


def test_an_error_about_very_many_arguments_stays_short(api: FindApi) -> None:
    error = refused(api("quote"), {f"junk_{number}": number for number in range(100)})
    assert "93 more are wrong." in error.what
    assert len(str(error)) < 1_500


def test_an_optional_argument_may_also_be_left_out(api: FindApi) -> None:
    assert refused(api("order"), ORDER | {"price": "high"}).remedy.endswith(", or leave it out.")


def test_an_error_never_repeats_a_long_value(api: FindApi) -> None:
    assert len(str(refused(api("quote"), {"symbol": "x" * 10_000}))) < 200


JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@given(
    slug=st.sampled_from(["quote", "many", "fills", "order", "keyed"]),
    arguments=st.dictionaries(
        st.sampled_from(["symbol", "market", "adjusted", "quantity", "price", "at", "month", "symbols", "fields"])
        | st.text(max_size=5),
        JUNK,
        max_size=4,
    ),
)
def test_any_arguments_are_accepted_or_refused_by_name(slug: str, arguments: dict[str, object]) -> None:
    api = SMALL.find(f"domestic_stock_{slug}")
    assert api is not None
    try:
        check_arguments(api, arguments)
    except BadArgument as error:
        assert error.field is not None
        assert error.field in {*arguments, *(parameter.name for parameter in api.parameters)}


def test_a_number_may_be_exactly_its_bound() -> None:
    parameter = Parameter("rate", "decimal", "", minimum=0.0001, maximum=0.3)
    bounded = replace(SMALL.apis[0], parameters=(parameter,))
    assert check_arguments(bounded, {"rate": "0.0001"}) == {"rate": Decimal("0.0001")}
    assert check_arguments(bounded, {"rate": 0.3}) == {"rate": Decimal("0.3")}
    assert refused(bounded, {"rate": 0.00009}).field == "rate"
