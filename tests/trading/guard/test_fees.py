from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.trading.guard.fees import Commission, commissions, estimated_costs, estimated_fees
from kis_mcp.trading.order import Action, Order, Side
from kis_mcp.trading.venues.ticks import InstrumentKind

USUAL: dict[str, Commission] = {}


def order(market: str, side: Side, amount: int | None = 1_000_000, action: Action = Action.NEW) -> Order:
    worth = None if amount is None else Decimal(amount)
    return Order(
        kis_title="주식주문(현금)", action=action, market=market, side=side, quantity=Decimal(10), amount=worth
    )


@pytest.mark.parametrize(
    ("market", "side", "kind", "fees"),
    [
        ("KR", "buy", "stock", "140.527"),
        ("KR", "sell", "stock", "2140.527"),
        ("KR", "sell", "etf", "140.527"),
        ("KR", "sell", None, "2140.527"),
        ("US", "buy", None, "2500"),
        ("US", "sell", None, "2520.6"),
        ("HK", "buy", None, "4000"),
        ("CN", "sell", None, "3500"),
        ("JP", "sell", None, "3000"),
    ],
)
def test_commission_and_sales_taxes_are_estimated_by_market(
    market: str, side: Side, kind: InstrumentKind | None, fees: str
) -> None:
    assert estimated_fees(order(market, side), kind, USUAL) == Decimal(fees)


@pytest.mark.parametrize("market", ["VN", "domestic_futureoption", "overseas_futureoption", "domestic_bond"])
def test_no_fee_is_made_up_where_the_markets_commission_is_not_known(market: str) -> None:
    assert estimated_fees(order(market, "sell"), None, USUAL) is None


def test_an_order_without_an_amount_and_a_cancel_have_no_fees() -> None:
    assert estimated_fees(order("KR", "buy", None), "stock", USUAL) is None
    assert estimated_fees(order("KR", "buy", action=Action.CANCEL), "stock", USUAL) is None


def test_the_accounts_own_commission_replaces_the_usual_one_and_keeps_taxes() -> None:
    own = commissions("kr 0.1%, overseas_futureoption 2.5,")
    assert own == {
        "KR": Commission(percent=Decimal("0.1")),
        "overseas_futureoption": Commission(per_unit=Decimal("2.5")),
    }
    assert estimated_fees(order("KR", "sell"), "stock", own) == 3_000
    assert estimated_fees(order("overseas_futureoption", "sell"), None, own) == 25


@pytest.mark.parametrize("text", ["KR", "KR 0.1 %", "KR -1%", "MARS 1%", "0.1%", "KR 1%; US 1%"])
def test_a_commission_that_cannot_be_read_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="is not a market of"):
        commissions(text)


@pytest.mark.parametrize(("text", "told"), [(",", "without an entry"), ("US 1%, us 2%", "two rates for US")])
def test_commissions_that_say_nothing_or_two_things_are_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        commissions(text)


@given(st.sampled_from(["KR", "US", "HK", "CN", "JP"]), st.sampled_from(["buy", "sell"]), st.integers(0, 10**12))
def test_fees_are_never_negative_and_grow_with_the_amount(market: str, side: Side, amount: int) -> None:
    fees, more = (estimated_fees(order(market, side, worth), "stock", USUAL) for worth in (amount, 2 * amount))
    assert fees is not None
    assert 0 <= fees <= 2 * fees == more


def test_costs_are_told_apart_with_the_rates_and_who_says_so() -> None:
    costs = estimated_costs(order("KR", "sell"), "stock", USUAL)
    assert costs is not None
    assert (costs.commission, costs.taxes) == (Decimal("140.527"), Decimal(2_000))
    commission, tax = costs.source.split("; ")
    assert commission.startswith("0.0140527 % (KIS BanKIS")
    assert tax.startswith("0.20 % (Securities transaction tax")


def test_the_accounts_own_commission_is_told_as_the_operators() -> None:
    costs = estimated_costs(order("overseas_futureoption", "buy"), None, commissions("overseas_futureoption 2.5"))
    assert costs is not None
    assert costs.source == "2.5 for each unit (KIS_COMMISSION)"
