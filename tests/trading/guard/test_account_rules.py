"""The rules about money, holdings, caps and prices: pure, so any numbers will do."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.trading.guard.account_facts import loan_of
from kis_mcp.trading.guard.check import check_order
from kis_mcp.trading.guard.facts import AccountFacts, GuardFacts
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.symbol_lists import ListedSymbol
from kis_mcp.trading.order import Action, Side
from kis_mcp.trading.venues.sessions import venues
from tests.trading.guard.test_check import CAPS, FACTS, ORDER, REAL, changing, ordering, refusing, warning

AMOUNTS = st.integers(-(10**9), 10**9).map(Decimal)
QUANTITIES = st.integers(0, 1000).map(Decimal)


def with_account(facts: GuardFacts = FACTS, **known: object) -> GuardFacts:
    return replace(facts, account=AccountFacts(**known))  # pyright: ignore[reportArgumentType]


def limited(facts: GuardFacts = FACTS, **limits: object) -> GuardFacts:
    return replace(facts, limits=replace(CAPS, **limits))  # pyright: ignore[reportArgumentType]


@given(QUANTITIES, QUANTITIES)
def test_no_more_is_bought_than_kis_would_take_and_credit_is_told(most: Decimal, own: Decimal) -> None:
    facts = with_account(most=most, without_loan=min(own, most))
    expected = ORDER.quantity or Decimal(0)
    assert refusing(facts) == (["buying_power"] if expected > most else [])
    assert warning(facts) == (["buying_power"] if min(own, most) < expected <= most else [])


@given(QUANTITIES)
def test_no_more_is_sold_than_can_be(closable: Decimal) -> None:
    facts = with_account(ordering(side="sell"), closable=closable)
    assert refusing(facts) == (["holding_covers_the_sale"] if closable < 10 else [])


def test_contracts_may_be_sold_short() -> None:
    facts = with_account(ordering(side="sell", market="domestic_futureoption"), closable=Decimal(0))
    assert refusing(facts) == []


@given(AMOUNTS, st.integers(1, 10**9).map(Decimal))
def test_from_the_cap_of_loss_on_only_what_closes_positions_goes_out(loss: Decimal, cap: Decimal) -> None:
    facts = with_account(limited(max_daily_loss=cap), loss_today=loss)
    assert refusing(facts) == (["daily_loss"] if loss >= cap else [])
    closing = replace(facts, order=replace(ORDER, side="sell"), account=replace(facts.account, closable=Decimal(10)))
    assert refusing(closing) == []
    assert refusing(replace(changing(Action.CANCEL), limits=facts.limits, account=facts.account)) == []


@given(st.sets(st.sampled_from(["005930", "000660", "035420", "AAPL"])), st.integers(1, 5))
def test_a_new_position_needs_room_and_an_old_one_may_grow(positions: set[str], cap: int) -> None:
    facts = with_account(limited(max_open_positions=cap), positions=frozenset(positions))
    is_full = ORDER.symbol not in positions and len(positions) >= cap
    assert refusing(facts) == (["open_positions"] if is_full else [])
    selling = replace(facts, order=replace(ORDER, side="sell"), account=replace(facts.account, closable=Decimal(10)))
    assert refusing(selling) == []


@given(st.integers(1, 200_000).map(Decimal), st.sampled_from(["buy", "sell"]), st.integers(1, 50).map(Decimal))
def test_the_collar_refuses_on_the_losing_side_and_warns_on_the_other(
    price: Decimal, side: str, collar: Decimal
) -> None:
    facts = replace(limited(ordering(price=price, side=side), price_collar=collar), last_price=Decimal(70000))
    away = (price / 70000 - 1) * 100
    loses = away > collar if side == "buy" else -away > collar
    waits = -away > collar if side == "buy" else away > collar
    assert ("price_collar" in refusing(facts)) is loses
    assert ("price_collar" in warning(facts)) is waits


def test_a_stop_is_measured_from_its_trigger() -> None:
    stop = ordering(side="sell", order_type="stop_limit", price=Decimal(55000), stop_price=Decimal(56000))
    facts = replace(limited(stop, price_collar=Decimal(10)), last_price=Decimal(70000))
    assert check_order(facts) == []


def test_a_stop_price_does_not_take_the_place_of_the_market_in_an_order_that_may_be_no_stop() -> None:
    change = changing(
        Action.MODIFY, market="overseas_futureoption", order_type=None, price=Decimal(12000), stop_price=Decimal(12000)
    )
    facts = replace(limited(change, price_collar=Decimal(10)), last_price=Decimal(5300))
    assert refusing(facts) == ["price_collar"]
    assert refusing(replace(facts, last_price=Decimal(11900))) == []


@pytest.mark.parametrize(
    ("rule", "limits"),
    [
        ("daily_loss", {"max_daily_loss": Decimal(1)}),
        ("open_positions", {"max_open_positions": 1}),
        ("price_collar", {"price_collar": Decimal(10)}),
    ],
)
def test_what_cannot_be_told_warns_and_in_real_refuses(rule: str, limits: dict[str, Any]) -> None:
    assert warning(limited(**limits)) == [rule]
    assert refusing(limited(REAL, **limits)) == [rule]


@pytest.mark.parametrize(
    ("venue", "lot", "side", "quantity", "passes"),
    [
        ("china", None, "buy", 150, False),
        ("china", None, "buy", 200, True),
        ("china", None, "sell", 150, True),
        ("hong_kong", 500, "buy", 100, False),
        ("hong_kong", 500, "buy", 1000, True),
        ("krx", 1, "buy", 7, True),
        ("krx", 10, "buy", 7, False),
    ],
)
def test_buys_come_in_lots(venue: str, lot: int | None, side: str, quantity: int, passes: bool) -> None:
    order = replace(ORDER, side=side, quantity=Decimal(quantity))  # pyright: ignore[reportArgumentType]
    facts = replace(FACTS, order=order, venue=venues()[venue], lot=None if lot is None else Decimal(lot))
    assert ("quantity_in_lots" in refusing(replace(facts, limits=OrderLimits()))) is not passes


def test_every_message_of_a_cap_names_its_setting() -> None:
    facts = with_account(
        limited(
            ordering(quantity=Decimal(1000), price=Decimal(90000), amount_krw=Decimal(90_000_000)),
            max_orders_per_day=1,
            max_open_positions=1,
            max_daily_loss=Decimal(1),
            price_collar=Decimal(10),
            denied_symbols=frozenset({ListedSymbol("KR", "005930")}),
        ),
        positions=frozenset({"000660"}),
        loss_today=Decimal(2),
    )
    findings = check_order(replace(facts, last_price=Decimal(70000), sent_today=1))
    assert [(finding.rule, re.findall("KIS_[A-Z_]+", finding.what)) for finding in findings] == [
        ("symbol_is_allowed", ["KIS_DENIED_SYMBOLS"]),
        ("quantity_cap", ["KIS_MAX_ORDER_QUANTITY"]),
        ("price_collar", ["KIS_PRICE_COLLAR_PERCENT"]),
        ("notional_cap", ["KIS_MAX_ORDER_NOTIONAL"]),
        ("open_positions", ["KIS_MAX_OPEN_POSITIONS"]),
        ("daily_loss", ["KIS_MAX_DAILY_LOSS"]),
        ("orders_per_day", ["KIS_MAX_ORDERS_PER_DAY"]),
    ]


FUTURE = ordering(market="domestic_futureoption", symbol="A01603", currency="KRW", side="buy", price=Decimal("350.05"))


@pytest.mark.parametrize("facts", [FACTS, REAL])
def test_an_instrument_that_kis_does_not_know_is_refused_with_the_tool_that_finds_it(facts: GuardFacts) -> None:
    (finding,) = check_order(replace(facts, exists=False))
    assert (finding.rule, finding.refuses) == ("instrument_is_known", True)
    assert "KIS knows no 005930" in finding.what
    assert "find_instrument" in finding.remedy


def test_an_instrument_that_kis_could_not_be_asked_of_warns_and_in_real_refuses() -> None:
    assert warning(replace(FACTS, exists=None)) == ["instrument_is_known"]
    assert refusing(replace(REAL, exists=None)) == ["instrument_is_known"]
    assert check_order(replace(changing(Action.CANCEL, REAL), exists=None)) == []


def test_a_buying_power_that_kis_does_not_tell_warns_and_in_real_refuses() -> None:
    facts = with_account(needs=frozenset({"most"}))
    assert warning(facts) == ["buying_power"]
    assert refusing(replace(facts, environment=REAL.environment)) == ["buying_power"]
    assert check_order(replace(facts, account=AccountFacts())) == []


UNTOLD = replace(
    limited(REAL, price_collar=Decimal(10), max_daily_loss=Decimal(1), max_open_positions=1),
    exists=None,
    order=replace(ORDER, amount_krw=None),
)


@pytest.mark.parametrize("market", ["KR", "US", "domestic_bond"])
def test_what_is_held_can_be_sold_for_cash_in_real_whatever_kis_does_not_tell(market: str) -> None:
    sale = replace(UNTOLD, order=replace(UNTOLD.order, side="sell", market=market))
    untold = ["instrument_is_known", "price_collar", "notional_cap"]
    held = with_account(sale, needs=frozenset({"closable"}), closable=Decimal(10))
    assert (refusing(held), warning(held)) == ([], untold)
    unread = with_account(sale, needs=frozenset({"closable"}))
    assert (refusing(unread), set(warning(unread))) == ([], {*untold, "holding_covers_the_sale"})
    lost = with_account(sale, needs=frozenset({"closable"}), loss_today=Decimal(2))
    assert refusing(lost) == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"order": replace(UNTOLD.order, side="sell"), "loan": "short"},
        {"order": replace(UNTOLD.order, side="sell"), "wrong_loan": "credit_type broker_margin_open"},
        {"order": replace(UNTOLD.order, side="sell"), "account": AccountFacts(closable=Decimal(9))},
        {"order": replace(UNTOLD.order, side="sell", market="domestic_futureoption")},
    ],
)
def test_all_else_is_refused_in_real_where_kis_does_not_tell_what_it_takes(changes: dict[str, Any]) -> None:
    assert {"instrument_is_known", "price_collar", "notional_cap", "daily_loss", "open_positions"} <= set(
        refusing(replace(UNTOLD, **changes))
    )


@pytest.mark.parametrize("action", list(Action)[:2])
def test_who_writes_an_option_is_told_that_the_loss_has_no_limit(action: Action) -> None:
    order = replace(FUTURE.order, side="sell", action=action, original_order_id="7")
    option = replace(FUTURE, order=order, is_option=True, is_small_price=True)
    assert warning(option) == ["written_option"]
    closing = with_account(option, closable=Decimal(10))
    assert warning(closing) == ([] if action is Action.NEW else ["written_option"])
    assert check_order(replace(option, order=replace(order, side="buy"))) == []


def test_who_sells_borrowed_stock_is_told() -> None:
    assert warning(replace(ordering(side="sell"), loan="short")) == ["short_sale"]
    assert check_order(replace(ordering(side="sell"), loan="repay")) == []


@pytest.mark.parametrize(
    ("changes", "closes"),
    [
        ({"loan": "repay"}, True),
        ({"loan": "short"}, False),
        ({"order": replace(ORDER, action=Action.MODIFY, side="sell")}, True),
        ({"order": replace(ORDER, action=Action.MODIFY, side="buy")}, False),
        ({"order": replace(ORDER, action=Action.MODIFY, side="sell"), "loan": "short"}, False),
        ({"order": replace(FUTURE.order, action=Action.MODIFY, side="sell")}, False),
        ({"account": AccountFacts(closable=Decimal(9))}, False),
        ({"account": AccountFacts(closable=Decimal(10))}, True),
    ],
)
def test_only_what_closes_or_changes_what_closes_reduces_risk(changes: dict[str, Any], closes: bool) -> None:
    assert replace(FACTS, **changes).reduces_risk is closes


@pytest.mark.parametrize(
    ("last", "price", "small", "refused", "warned"),
    [
        (350, "390.05", False, True, False),
        (350, "310.05", False, False, True),
        (3, "3.05", True, False, False),
        (3, "4.05", True, False, True),
        (-1, "2", False, True, False),
        (-1, "2", True, False, True),
        (None, "2", True, False, True),
    ],
)
def test_futures_are_held_to_the_collar_and_options_and_spreads_only_warned_of(
    last: int | None, price: str, small: bool, refused: bool, warned: bool
) -> None:
    order = replace(FUTURE.order, price=Decimal(price))
    facts = replace(FUTURE, order=order, environment=REAL.environment, is_small_price=small)
    facts = replace(limited(facts, price_collar=Decimal(10)), last_price=None if last is None else Decimal(last))
    assert ("price_collar" in refusing(facts)) is refused
    assert ("price_collar" in warning(facts)) is warned


def test_a_price_below_zero_is_for_futures_abroad_alone() -> None:
    assert refusing(replace(FUTURE, order=replace(FUTURE.order, price=Decimal(-1)))) == ["price_fits_order_type"]
    abroad = replace(FUTURE.order, market="overseas_futureoption", price=Decimal(-1))
    assert check_order(replace(FUTURE, order=abroad)) == []


def test_a_contracts_own_tick_holds() -> None:
    (finding,) = check_order(replace(FUTURE, tick=Decimal("0.02")))
    assert (finding.rule, finding.remedy) == ("price_on_tick", "Use 350.04 or 350.06.")
    assert check_order(replace(FUTURE, tick=Decimal("0.05"))) == []


@pytest.mark.parametrize(
    ("venue", "order_type", "passes"),
    [
        ("hong_kong", "limit", False),
        ("hong_kong", "odd_lot_limit", True),
        ("tokyo", "limit", False),
        ("us", "limit", True),
    ],
)
def test_sells_come_in_lots_where_the_venue_takes_no_odd_ones(venue: str, order_type: str, passes: bool) -> None:
    order = replace(ORDER, market="JP", side="sell", quantity=Decimal(150), order_type=order_type)
    facts = replace(FACTS, order=order, venue=venues()[venue], lot=Decimal(100), limits=OrderLimits())
    findings = [finding for finding in check_order(facts) if finding.rule == "quantity_in_lots"]
    assert (findings == []) is passes
    assert passes or (venue == "hong_kong") is ("odd_lot_limit" in findings[0].remedy)


def test_what_kis_refuses_to_tell_is_named_where_the_cap_passes() -> None:
    facts = with_account(
        limited(REAL, max_open_positions=3, max_daily_loss=Decimal(10)),
        positions=frozenset({"000660"}),
        loss_today=Decimal(1),
        left_out=("HK (APBK1: no)",),
    )
    assert warning(facts) == ["open_positions", "daily_loss"]
    assert all("HK (APBK1: no)" in finding.what for finding in check_order(facts))


@pytest.mark.parametrize(
    ("market", "order_type", "price", "warned"),
    [
        ("US", "moc", None, True),
        ("overseas_futureoption", "market", None, True),
        ("overseas_futureoption", "stop", None, True),
        ("overseas_futureoption", "limit", Decimal(5500), False),
        ("overseas_futureoption", None, None, False),
        ("KR", "market", None, False),
        ("domestic_futureoption", "market", None, False),
    ],
)
def test_who_gives_no_limit_where_the_exchange_has_none_is_told(
    market: str, order_type: str | None, price: Decimal | None, warned: bool
) -> None:
    facts = ordering(market=market, order_type=order_type, price=price)
    assert ("price_limit" in warning(facts)) is warned


@pytest.mark.parametrize(
    ("words", "side", "loan"),
    [
        ({"credit_type": "broker_margin_open"}, "buy", "open"),
        ({"credit_type": "ksfc_margin_repay"}, "sell", "repay"),
        ({"credit_type": "ksfc_short_open"}, "sell", "short"),
        ({"credit_type": "broker_short_repay"}, "buy", "repay"),
        ({"position_type": "broker_short_open"}, "sell", "short"),
        ({"position_type": "collateral_loan"}, "sell", "repay"),
        ({"position_type": "lending_return"}, "sell", "repay"),
        ({"sell_kind": "borrowed"}, "sell", "short"),
    ],
)
def test_the_words_of_an_order_say_what_it_has_to_do_with_a_loan_and_go_with_its_side(
    words: dict[str, object], side: Side, loan: str
) -> None:
    assert loan_of(words, side) == (loan, None)
    ((name, word),) = words.items()
    found, wrong = loan_of(words, "sell" if side == "buy" else "buy")
    assert (found, wrong) == (None, f"{name} {word}")
    (finding,) = check_order(replace(FACTS, wrong_loan=wrong))
    assert (finding.rule, finding.refuses) == ("loan_fits_side", True)
    assert f"{name} {word}" in finding.what


@pytest.mark.parametrize("words", [{}, {"position_type": "cash"}, {"sell_kind": "discretionary"}])
def test_an_order_for_cash_has_no_loan(words: dict[str, object]) -> None:
    assert loan_of(words, "sell") == (None, None)
