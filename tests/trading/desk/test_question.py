from dataclasses import replace
from decimal import Decimal

import pytest

from kis_mcp.trading.desk.question import question
from kis_mcp.trading.order import Action, Order
from tests.trading.blotter.test_reconcile import INTENT


@pytest.mark.parametrize(
    ("closes", "shown"), [(False, "at most 910 USD (about 1,274,000 KRW)"), (True, "it can be less")]
)
def test_a_short_sale_of_contracts_shows_its_bound_too(closes: bool, shown: str) -> None:
    order = replace(
        INTENT.order,
        market="overseas_futureoption",
        side="sell",
        order_type="market",
        currency="USD",
        amount=Decimal(910),
        amount_krw=Decimal(1_274_000),
        expected_amount=Decimal(700),
        closes=closes,
    )
    text = question(replace(INTENT, order=order))
    assert "Estimated amount: about 700 USD (about 980,000 KRW) at the last price" in text
    assert shown in text


CHANGE = replace(
    INTENT.order,
    action=Action.MODIFY,
    name="NAVER",
    side="buy",
    currency="KRW",
    quantity=Decimal(3),
    price=Decimal(265_000),
    original_order_id="0000000015",
    original_price=Decimal(270_000),
    original_quantity=Decimal(3),
)


def shown(order: Order, **arguments: object) -> str:
    return question(replace(INTENT, order=order, arguments=arguments))


def test_a_change_shows_the_price_before_and_after() -> None:
    text = shown(CHANGE)
    assert text.startswith("[SIM] CHANGE order 0000000015: BUY 3 NAVER\n")
    assert "Price: 270,000 KRW -> 265,000 KRW\n" in text
    assert "Price: 265,000 KRW\n" in shown(replace(CHANGE, original_price=Decimal(265_000)))


def test_a_change_to_an_order_at_market_says_that_the_limit_is_gone() -> None:
    assert "Price: 270,000 KRW -> no price limit\n" in shown(replace(CHANGE, price=None, order_type="market"))


@pytest.mark.parametrize("action", [Action.MODIFY, Action.CANCEL])
def test_a_part_of_a_standing_order_is_told_from_all_of_it(action: Action) -> None:
    order = replace(CHANGE, action=action, quantity=Decimal(1))
    assert "order 0000000015: BUY 1 of 3 NAVER\n" in shown(order)


def test_a_reservation_is_changed_to_another_quantity() -> None:
    order = replace(CHANGE, quantity=Decimal(2), original_order_id="R20260303-7")
    assert "order R20260303-7: BUY 3 -> 2 NAVER\n" in shown(order)


def test_a_journaled_change_that_does_not_say_what_it_changed_still_reads() -> None:
    text = shown(replace(CHANGE, quantity=Decimal(1), original_price=None, original_quantity=None))
    assert "order 0000000015: BUY 1 NAVER\n" in text
    assert "Price: 265,000 KRW\n" in text


def test_what_else_is_sent_is_told_in_words_and_kis_own_means_are_not() -> None:
    said = {"all_remaining": True, "order_branch": "06010", "retail_market": False, "separate_taxation": True}
    assert "Further: separate taxation, stop price 71000\n" in shown(CHANGE, **said, stop_price="71000")
    assert "Further" not in shown(CHANGE, all_remaining=True, order_branch="06010", retail_market=False)


def test_whole_amounts_have_no_decimals_in_any_currency() -> None:
    assert "Price: 3,035 JPY\n" in shown(replace(INTENT.order, currency="JPY", price=Decimal("3035.0")))
    assert "Price: 180.50 USD\n" in shown(replace(INTENT.order, currency="USD", price=Decimal("180.50")))


@pytest.mark.parametrize("closes", [False, True])
def test_an_order_that_closes_tells_no_share_of_buying_power(closes: bool) -> None:
    order = replace(INTENT.order, buying_power_share=Decimal("0.125"), closes=closes)
    assert ("Share of buying power" in shown(order)) is not closes


def test_contracts_tell_the_margin_that_they_bind_instead_of_a_share() -> None:
    order = replace(
        INTENT.order, market="domestic_futureoption", margin=Decimal(9_532_500), buying_power_share=Decimal("0.125")
    )
    text = shown(replace(order, currency="KRW"))
    assert "Margin: binds about 9,532,500 KRW\n" in text
    assert "Share of buying power" not in text
