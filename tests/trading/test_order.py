from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import tr_id
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.trading.desk.question import order_facts, question
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import Intent
from kis_mcp.trading.order import Action, Order, fingerprint, order_of, plain
from tests.trading.blotter.test_reconcile import CANCEL, INTENT
from tests.trading.fakes import CATALOG, ORDER_CASH, FakeClock, api

ORDER_TOOLS = [api.tool for api in CATALOG.apis if api.risk == "order"]
CANCELS = {"overseas_stock_order_resv_ccnl"}


@pytest.mark.parametrize("tool", ORDER_TOOLS)
def test_every_order_api_says_what_its_order_is(tool: str) -> None:
    found = api_order(tool)
    if found.action is Action.NEW:
        assert found.symbol
        assert found.side
        assert found.quantity
        assert found.original_order_id is None
    else:
        assert found.original_order_id


def api_order(tool: str, **changes: object) -> Order:
    one = api(tool)
    return order_of(one, check_arguments(one, {**one.example, **changes}))


def test_changes_and_cancels_are_told_from_new_orders() -> None:
    actions = {tool: api_order(tool).action for tool in ORDER_TOOLS}
    changing = {tool for tool, action in actions.items() if action is not Action.NEW}
    assert changing == {tool for tool in actions if tool.endswith("rvsecncl")} | CANCELS


def test_a_us_reservation_cannot_be_booked_under_the_name_of_a_cancel() -> None:
    resv = api("overseas_stock_order_resv")
    values = check_arguments(resv, {**resv.example, "action": "cancel", "reservation_id": "1"})
    with pytest.raises(BadArgument):
        tr_id(resv, values, demo=False, today=date(2026, 3, 3))


@pytest.mark.parametrize(
    ("exchange", "market", "currency"), [("nasdaq", "US", "USD"), ("tokyo", "JP", "JPY"), ("hong_kong", "HK", "HKD")]
)
def test_the_exchange_tells_market_and_currency(exchange: str, market: str, currency: str) -> None:
    found = api_order("overseas_stock_order", exchange=exchange)
    assert (found.market, found.currency) == (market, currency)


VALUES = st.dictionaries(
    st.sampled_from(["symbol", "price", "quantity", "side"]),
    st.text(max_size=5) | st.integers(0, 10**6) | st.decimals(0, 10**6, places=4) | st.booleans() | st.dates(),
)


@given(VALUES, VALUES)
def test_fingerprints_agree_exactly_where_the_orders_do(one: dict[str, object], other: dict[str, object]) -> None:
    same = plain(one) == plain(other)
    assert (digest(one) == digest(other)) is same


@given(VALUES)
def test_the_fingerprint_survives_the_journal(values: dict[str, object]) -> None:
    assert digest(plain(values)) == digest(values)


@given(st.decimals(1, 10**6, places=2))
def test_trailing_zeros_and_the_spelling_of_a_number_do_not_matter(price: Decimal) -> None:
    assert digest({"price": price}) == digest({"price": Decimal(f"{price:.8f}")})


def test_account_environment_and_tool_make_another_order() -> None:
    digests = {
        fingerprint(environment, account, tool, {"price": 1})
        for environment in Environment
        for account in ("12****78-01", "12****79-01")
        for tool in (ORDER_CASH, "overseas_stock_order")
    }
    assert len(digests) == 12


def digest(values: dict[str, object]) -> str:
    return fingerprint(Environment.SIM, "12****78-01", ORDER_CASH, values)


def test_a_cancels_question_names_the_order_and_no_amount() -> None:
    text = question(CANCEL)
    assert text.startswith("[SIM] CANCEL order 7: BUY 10")
    assert "amount" not in text
    assert text == question(CANCEL)
    assert text != question(INTENT)


@pytest.mark.parametrize("intent", [INTENT, CANCEL], ids=["new", "cancel"])
def test_the_question_says_every_fact(intent: Intent) -> None:
    facts, text = order_facts(intent), question(intent)
    assert text.startswith(f"[{facts.environment}] {facts.headline}")
    assert all(term.lower() in text.lower() for term in facts.terms.values())
    assert ("amount" in facts.terms) is (intent is INTENT)


def test_the_question_tells_fees_and_the_share_of_buying_power() -> None:
    costly = replace(INTENT.order, currency="USD", fees=Decimal("1.7549"), buying_power_share=Decimal("0.125"))
    text = question(replace(INTENT, order=costly))
    assert "Estimated fees and taxes: about 1.75 USD" in text
    assert "Share of buying power: 12.5%" in text
    assert "Estimated fees and taxes: unknown" in question(INTENT)
    assert "buying power" not in question(INTENT)


def test_a_contracts_price_is_no_money() -> None:
    future = replace(INTENT.order, market="domestic_futureoption", price=Decimal("330.05"))
    assert "Price: 330.05\n" in question(replace(INTENT, order=future))


def test_a_price_that_does_not_hold_to_the_end_leaves_the_amount_open() -> None:
    order = replace(INTENT.order, amount=Decimal(780_000), order_type="conditional_limit")
    assert "Estimated amount: up to 780,000" in question(replace(INTENT, order=order))


@given(st.text())
def test_nothing_from_outside_adds_a_line_to_the_question_or_turns_its_text(name: str) -> None:
    intent = replace(INTENT, order=replace(INTENT.order, name=name), warnings=(f"About {name}.",))
    lines = question(intent).split("\n")
    assert len(lines) == len(question(replace(INTENT, warnings=("One.",))).splitlines())
    assert all(line.isprintable() for line in lines)


def test_ulids_are_unique_and_sort_by_time(clock: FakeClock) -> None:
    first = [new_ulid(clock()) for _ in range(100)]
    clock.pass_by(seconds=1)
    later = new_ulid(clock())
    assert len({*first, later}) == 101
    assert max(first) < later
    assert {len(ulid) for ulid in [*first, later]} == {26}


def test_a_cancel_that_sends_a_market_order_counts_as_an_order() -> None:
    values = {"action": "cancel", "order_date": "2026-06-15", "order_id": "00360686", "replace_with_market": True}
    order = order_of(api("overseas_fo_order_rvsecncl"), check_arguments(api("overseas_fo_order_rvsecncl"), values))
    assert (order.action, order.order_type, order.original_order_id) == (Action.MODIFY, "market", "00360686")
