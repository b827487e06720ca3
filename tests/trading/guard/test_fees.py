from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.trading.guard.fees import Commission, FeeRates, commissions, estimated_costs, estimated_fees, fee_rates
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


def sell_taxes(market: str, kind: InstrumentKind) -> list[tuple[date, Decimal]]:
    rates = fee_rates(market, kind, {market: Commission()})
    assert rates is not None
    return [(each.since, each.sell_percent) for each in rates]


def test_korean_shares_were_taxed_by_the_year() -> None:
    assert sell_taxes("KR", "stock") == [
        (date.min, Decimal("0.30")),
        (date(2019, 6, 3), Decimal("0.25")),
        (date(2021, 1, 1), Decimal("0.23")),
        (date(2023, 1, 1), Decimal("0.20")),
        (date(2024, 1, 1), Decimal("0.18")),
        (date(2025, 1, 1), Decimal("0.15")),
        (date(2026, 1, 1), Decimal("0.20")),
    ]
    assert sell_taxes("KR", "etf") == [(date.min, 0)]


def test_rates_over_the_years_have_the_commission_on_both_sides() -> None:
    own = {"KR": Commission(Decimal("0.1"), Decimal(3))}
    assert fee_rates("KR", "etf", own) == (FeeRates(date.min, Decimal("0.1"), Decimal("0.1"), Decimal(3)),)
    usual = fee_rates("KR", "etf", USUAL)
    assert usual is not None
    assert usual[0].buy_percent == Decimal("0.0140527")
    assert fee_rates("VN", "stock", USUAL) is None


@given(st.sampled_from(["KR", "US", "HK", "CN", "JP"]), st.sampled_from(["buy", "sell"]))
def test_the_latest_rates_are_those_that_an_order_is_estimated_by(market: str, side: Side) -> None:
    rates = fee_rates(market, "stock", USUAL)
    assert rates is not None
    percent = rates[-1].buy_percent if side == "buy" else rates[-1].sell_percent
    assert estimated_fees(order(market, side), "stock", USUAL) == 1_000_000 * percent / 100
