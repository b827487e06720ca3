"""Conditions on events: what meets them, in words, and how they are written."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import Book, Event, Interest, OrderUpdate, Status, Trade
from kis_mcp.market.order_book import Level
from kis_mcp.streams import read_condition
from kis_mcp.streams.condition_documents import write_condition
from kis_mcp.streams.condition_tests import ORDER_STEPS, TESTS
from kis_mcp.streams.conditions import Condition, Evaluation, interests_of, simple_parts
from kis_mcp.trading.venues import Listing

START = datetime(2026, 3, 4, 10, 31, 5, tzinfo=KST)


def find(symbol: str, exchange: str | None, market: str | None) -> Listing:
    if symbol == "삼성전자":
        raise BadArgument("It is a name.", remedy="Give 005930.", field="symbol")
    return Listing(symbol, market or "KR", exchange or "krx")


def read(document: object) -> Condition:
    return read_condition(document, find)


def identity(symbol: str, second: int) -> dict[str, Any]:
    at = START + timedelta(seconds=second)
    return {"symbol": symbol, "market": "KR", "exchange": "krx", "time": at, "received_at": at}


def trade(price: float, *, symbol: str = "005930", second: int = 0, **more: Any) -> Trade:
    return Trade(**identity(symbol, second), price=Decimal(str(price)), **more)


def book(ask: int, bid: int) -> Book:
    return Book(**identity("005930", 0), asks=(Level(Decimal(ask), 1),), bids=(Level(Decimal(bid), 1),))


def notice(step: Any, order_id: str = "0000001234", symbol: str = "005930", exchange: str = "krx") -> OrderUpdate:
    more: dict[str, Any] = {"filled_quantity": 3, "fill_price": Decimal(72600)} if step == "filled" else {}
    return OrderUpdate(**identity(symbol, 0) | {"exchange": exchange}, step=step, order_id=order_id, **more)


def status(**flags: Any) -> Status:
    return Status(**identity("005930", 0), **flags)


def met(document: object, *events: Event) -> list[str | None]:
    """What each event brings about."""
    evaluation = Evaluation(read(document))
    return [evaluation.take(event) for event in events]


SAMSUNG = {"symbol": "005930"}


@pytest.mark.parametrize(
    ("test", "events", "words"),
    [
        (
            {"price_above": 72500},
            [trade(72400), trade(72500)],
            "005930 traded at 72,500, at or above 72,500 at 10:31:05 KST",
        ),
        ({"price_below": 72500}, [trade(72600), trade(72400)], "005930 traded at 72,400, at or below 72,500"),
        (
            {"change_rate_above": "2.5"},
            [trade(1), trade(1, change_rate=Decimal("2.51"))],
            "005930 is at 2.51 % on the day",
        ),
        ({"change_rate_below": -2}, [trade(1), trade(1, change_rate=Decimal(-3))], "005930 is at -3 % on the day"),
        (
            {"volume_above": "1,000"},
            [trade(1, volume=999), trade(1, volume=1000)],
            "005930 has a day's volume of 1,000",
        ),
        ({"size_above": 100}, [trade(1, size=99), trade(1, size=1500)], "005930 traded 1,500 at once"),
        ({"spread_above": 200}, [book(72100, 72000), book(72300, 72000)], "005930 has a spread of 300"),
        ({"spread_below": 100}, [book(72300, 72000), book(72100, 72000)], "005930 has a spread of 100"),
        (
            {"vi": True},
            [status(vi_active=False), status(vi_active=True)],
            "005930 has its volatility interruption (VI) on",
        ),
        ({"halted": False}, [status(halted=True), status(halted=False)], "005930 has its trading halt off"),
        ({"event": "book"}, [trade(1), book(72100, 72000)], "005930 had a book event"),
        (
            {"order": "filled"},
            [notice("accepted"), notice("filled")],
            "005930 has an order filled (0000001234, 3 at 72,600)",
        ),
        (
            {"order": "any", "order_id": "0000001234"},
            [notice("filled", "0000009999"), notice("refused")],
            "005930 has an order refused (0000001234)",
        ),
        (
            {"order": "cancelled", "order_id": "1234"},
            [
                notice("cancelled", "0000009999"),
                replace(notice("cancelled", "0000001235"), original_order_id="0000001234"),
            ],
            "005930 has an order cancelled (0000001235)",
        ),
        (
            {"price_crosses_up": 72500},
            [trade(72400), trade(72500)],
            "005930 traded at 72,500, up through 72,500",
        ),
        (
            {"price_crosses_down": 72500},
            [trade(72600), trade(72400)],
            "005930 traded at 72,400, down through 72,500",
        ),
    ],
)
def test_each_test_is_met_by_its_event_and_says_so(test: dict[str, object], events: list[Event], words: str) -> None:
    before, told = met(SAMSUNG | test, *events)
    assert before is None
    assert told is not None
    assert told.startswith(words)


def test_what_is_waited_for_is_said_in_words() -> None:
    document = {
        "any": [
            {"symbol": "005930", "price_above": 72500, "volume_above": 1000000},
            {"symbol": "000660", "vi": True},
            {"order": "filled", "order_id": "0000001234"},
        ]
    }
    assert str(read(document)) == (
        "(005930 trades at or above 72,500 and 005930 has a day's volume of 1,000,000 or more)"
        " or 000660 has its volatility interruption (VI) on or the account has an order filled (0000001234)"
    )


def test_another_instruments_events_meet_nothing() -> None:
    assert met({"symbol": "005930", "price_above": 72500}, trade(80000, symbol="000660")) == [None]


def test_an_order_counts_on_whichever_exchange_it_was_filled() -> None:
    assert met({"symbol": "005930", "order": "filled"}, notice("filled", exchange="nxt"))[0] is not None


def test_a_crossing_needs_to_have_seen_the_other_side() -> None:
    assert met(SAMSUNG | {"price_crosses_up": 72500}, trade(72600), trade(72700)) == [None, None]
    crossings = met(
        SAMSUNG | {"price_crosses_up": 72500}, *(trade(price) for price in (72600, 72400, 72600, 72700, 72400, 72500))
    )
    assert [words is not None for words in crossings] == [False, False, True, False, False, True]


def test_a_level_that_goes_on_to_hold_is_told_once_until_it_was_left() -> None:
    told = met(SAMSUNG | {"price_above": 72500}, *(trade(price) for price in (72500, 72600, 72400, 72500)))
    assert [words is not None for words in told] == [True, False, False, True]


def test_all_needs_its_levels_at_the_same_time_and_its_happenings_in_any_order() -> None:
    document = {"all": [SAMSUNG | {"price_above": 72500}, {"order": "filled"}]}
    assert met(document, notice("filled"), trade(72600))[1] == (
        "005930 traded at 72,600, at or above 72,500 at 10:31:05 KST;"
        " 005930 has an order filled (0000001234, 3 at 72,600) at 10:31:05 KST"
    )
    assert met(document, trade(72600), trade(72400), notice("filled")) == [None, None, None]


def test_any_tells_a_happening_while_a_level_goes_on_to_hold() -> None:
    document = {"any": [SAMSUNG | {"price_above": 72500}, {"order": "filled"}]}
    told = met(document, trade(72600), trade(72700), notice("filled"), notice("filled"))
    assert [words is not None for words in told] == [True, False, True, True]


def test_what_a_condition_needs_watched() -> None:
    document = {
        "all": [
            {"symbol": "005930", "price_above": 1, "spread_below": 2},
            {"symbol": "000660", "exchange": "nxt", "event": "status"},
            {"symbol": "005930", "order": "filled"},
            {"order": "refused"},
        ]
    }
    assert interests_of(read(document)) == {
        Interest("005930", "trade", "KR", "krx"),
        Interest("005930", "book", "KR", "krx"),
        Interest("000660", "status", "KR", "nxt"),
        Interest("005930", "order", "KR", ""),
        Interest("", "order"),
    }


@pytest.mark.parametrize(
    ("document", "field", "remedy"),
    [
        (None, "condition", "Give an object"),
        ([], "condition", "Give an object"),
        ({}, "condition", "Give an object"),
        ({"any": []}, "condition.any", "Give [{"),
        ({"any": [{"symbol": "005930"}]}, "condition.any[0]", "Add one of"),
        (
            {"all": [SAMSUNG | {"vi": True}, {"any": [SAMSUNG | {"price_abov": 1}]}]},
            "condition.all[1].any[0].price_abov",
            "price_above",
        ),
        ({"price_above": 1}, "condition.symbol", "Add it"),
        (SAMSUNG | {"price_above": "much"}, "condition.price_above", "Give a number"),
        (SAMSUNG | {"price_above": True}, "condition.price_above", "Give a number"),
        (SAMSUNG | {"price_above": float("nan")}, "condition.price_above", "Give a number"),
        (SAMSUNG | {"vi": "yes"}, "condition.vi", "true or false"),
        ({"order": "gone"}, "condition.order", "accepted"),
        (SAMSUNG | {"event": "news"}, "condition.event", "trade"),
        ({"symbol": "삼성전자", "price_above": 1}, "condition.symbol", "Give 005930."),
        (SAMSUNG | {"price_above": 1, "order_id": "1"}, "condition.order_id", "Leave it out"),
        ({"order": "filled", "order_id": "abc"}, "condition.order_id", "place_order"),
        ({"any": [SAMSUNG | {"vi": True}], "symbol": "005930"}, "condition", "within any"),
        ({"symbol": ["005930"], "price_above": 1}, "condition.symbol", "as text"),
        (
            {"any": [{"any": [{"any": [{"any": [SAMSUNG | {"vi": True}]}]}]}]},
            "condition.any[0].any[0].any[0].any",
            "at most 3",
        ),
        ({"any": [SAMSUNG | {"price_above": n} for n in range(1, 22)]}, "condition", "Divide"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place_and_a_remedy(document: object, field: str, remedy: str) -> None:
    with pytest.raises(BadArgument) as refused:
        read(document)
    assert refused.value.field == field
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(
    ("test", "value", "remedy"),
    [
        ("price_above", -5, "a number above 0"),
        ("price_below", 0, "a number above 0"),
        ("price_crosses_up", 0, "a number above 0"),
        ("volume_above", 0, "a number above 0"),
        ("size_above", -1, "a number above 0"),
        ("spread_below", 0, "a number above 0"),
        ("change_rate_below", -100, "a number above -100, at most 1,000"),
        ("change_rate_above", 72500, "a number above -100, at most 1,000"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_with_its_place(test: str, value: int, remedy: str) -> None:
    with pytest.raises(BadArgument) as refused:
        read({"all": [SAMSUNG | {"vi": True}, SAMSUNG | {test: value}]})
    assert refused.value.field == f"condition.all[1].{test}"
    assert refused.value.remedy == f"Give {remedy}."


def test_numbers_that_do_happen_are_taken() -> None:
    oil = {"symbol": "CLM26", "market": "overseas_futureoption"}
    for document in (oil | {"price_below": -37.6}, SAMSUNG | {"change_rate_above": 300}):
        assert len(list(simple_parts(read(document)))) == 1
    with pytest.raises(BadArgument):
        read(oil | {"size_above": -1})


def test_a_rule_that_was_kept_before_numbers_had_bounds_is_read_as_it_is() -> None:
    kept = write_condition(read_condition(SAMSUNG | {"price_above": -5}, find, bounded=False))
    assert kept == SAMSUNG | {"market": "KR", "exchange": "krx", "price_above": "-5"}


def one_test() -> st.SearchStrategy[dict[str, object]]:
    numbers = st.decimals("0.1", 5, places=1).map(str)
    values: dict[str, st.SearchStrategy[object]] = {
        "number": numbers,
        "flag": st.booleans(),
        "step": st.sampled_from(ORDER_STEPS),
        "kind": st.sampled_from(["trade", "book", "order", "status"]),
    }
    return st.sampled_from(sorted(TESTS)).flatmap(
        lambda name: values[TESTS[name].wants].map(lambda value: {**SAMSUNG, name: value})
    )


documents = st.recursive(
    one_test(),
    lambda parts: st.builds(
        lambda join, items: {join: items}, st.sampled_from(["any", "all"]), st.lists(parts, min_size=1, max_size=2)
    ),
    max_leaves=4,
).filter(lambda document: depth(document) <= 2)


def depth(document: Any) -> int:
    return next((1 + max(map(depth, document[join])) for join in ("any", "all") if join in document), 0)


small = st.integers(-5, 5)
events = st.lists(
    st.one_of(
        st.builds(
            lambda price, size, rate: trade(price, size=size, volume=size, change_rate=Decimal(rate)),
            small,
            small,
            small,
        ),
        st.builds(book, small, small),
        st.builds(notice, st.sampled_from(ORDER_STEPS[:-1])),
        st.builds(lambda vi, halted: status(vi_active=vi, halted=halted), st.booleans(), st.booleans()),
    ),
    max_size=12,
)


def first(condition: Condition, came: Sequence[Event]) -> int | None:
    """Which event brings it about first."""
    evaluation = Evaluation(condition)
    return next((n for n, event in enumerate(came) if evaluation.take(event) is not None), None)


@given(documents, documents, events)
def test_any_comes_about_with_the_first_of_its_parts_and_all_not_before_the_last(
    left: dict[str, object], right: dict[str, object], came: list[Event]
) -> None:
    firsts = [first(read(each), came) for each in (left, right)]
    assert first(read({"any": [left, right]}), came) == min((n for n in firsts if n is not None), default=None)
    both = first(read({"all": [left, right]}), came)
    if both is not None:
        assert None not in firsts
        assert both >= max(n for n in firsts if n is not None)


@given(documents, documents, events, st.sampled_from(["any", "all"]))
def test_the_order_of_parts_does_not_matter(
    left: dict[str, object], right: dict[str, object], came: list[Event], join: str
) -> None:
    assert first(read({join: [left, right]}), came) == first(read({join: [right, left]}), came)


@given(documents, events, st.sampled_from(["any", "all"]))
def test_a_condition_joined_with_itself_is_itself(document: dict[str, object], came: list[Event], join: str) -> None:
    assert first(read({join: [document, document]}), came) == first(read(document), came)


@given(documents, events, st.integers(0, 12))
def test_an_evaluation_goes_on_from_its_state_as_if_nothing_had_been(
    document: dict[str, object], came: list[Event], cut: int
) -> None:
    whole, before = Evaluation(read(document)), Evaluation(read(document))
    told = [whole.take(event) for event in came]
    told_before = [before.take(event) for event in came[:cut]]
    after = Evaluation(read(document))
    assert after.restore(json.loads(json.dumps(before.state())))
    assert [*told_before, *(after.take(event) for event in came[cut:])] == told


@given(documents)
def test_a_condition_that_is_written_reads_as_the_same(document: dict[str, object]) -> None:
    condition = read(document)
    assert read(json.loads(json.dumps(write_condition(condition)))) == condition


@pytest.mark.parametrize(
    "state", [None, [], [[True]], [[True, False, "x"], [True, False, "x"]], [["true", False, ""]], "x"]
)
def test_a_state_of_another_condition_is_not_taken(state: object) -> None:
    evaluation = Evaluation(read(SAMSUNG | {"price_above": 1}))
    assert not evaluation.restore(state)
    assert evaluation.state() == [[False, False, ""]]
