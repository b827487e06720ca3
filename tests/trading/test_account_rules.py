"""The rules about money, holdings, caps and prices: pure, so any numbers will do."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_mcp.trading.facts import AccountFacts, GuardFacts
from kis_mcp.trading.guard import RULES, check
from kis_mcp.trading.limits import OrderLimits
from kis_mcp.trading.order import Action
from kis_mcp.trading.sessions import venues
from tests.trading.test_guard import CAPS, FACTS, ORDER, REAL, changing, ordering, refusing, warning

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
    assert check(facts) == []


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
            denied_symbols=frozenset({"005930"}),
        ),
        positions=frozenset({"000660"}),
        loss_today=Decimal(2),
    )
    findings = check(replace(facts, last_price=Decimal(70000), sent_today=1))
    settings = {name: rule.setting for name, rule in RULES.items()}
    for finding in findings:
        setting = (settings[finding.rule] or "").replace("ALLOWED", "DENIED")
        assert setting in f"{finding.what} {finding.remedy}"
    assert len(findings) == 7
