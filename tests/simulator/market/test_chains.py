"""Which Korean futures and options are listed, by the exchange's rules."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.chains import Product, chain, contract_of, product_of, products
from kis_mcp.simulator.market.market import Market

MARKET = Market(1)
DAYS = st.integers(0, 8 * 365).map(lambda days: date(2026, 1, 5) + timedelta(days=days))
KINDS = [(product, kind) for product in products().values() for kind in ("future", "call", "put")]


def expiries(code: str, kind: str, day: date) -> list[date]:
    listed = chain(products()[code], kind, day)
    return sorted({contract.expiry for contract in listed if contract.expiry})


@given(DAYS, st.sampled_from(KINDS))
def test_what_is_listed_lives_and_is_found_by_its_code(day: date, listed: tuple[Product, str]):
    product, kind = listed
    contracts = chain(product, kind, day)
    assert bool(contracts) == (kind == "future" or product.strikes > 0)
    assert len({contract.symbol for contract in contracts}) == len(contracts)
    noon = datetime.combine(day, time(12), KST)
    for contract in contracts:
        assert contract.expiry is not None
        assert day <= contract.expiry
        assert MARKET.is_listed(contract, noon)
        assert product_of(contract) is product
        assert contract_of(contract.symbol) == contract
        assert contract.kind == kind


@given(DAYS)
def test_no_other_future_is_listed(day: date):
    codes = [f"A01{year % 10}{month:02}" for year in range(2026, 2036) for month in (3, 6, 9, 12)]
    noon = datetime.combine(day, time(12), KST)
    found = [contract for code in codes if (contract := contract_of(code)) and MARKET.is_listed(contract, noon)]
    assert found == list(chain(products()["01"], "future", day))


def test_kospi200_futures_are_those_of_the_next_four_quarters():
    """Second Thursdays: https://global.krx.co.kr, contract specifications of KOSPI 200 futures."""
    assert expiries("01", "future", date(2026, 6, 11)) == [
        date(2026, 6, 11),
        date(2026, 9, 10),
        date(2026, 12, 10),
        date(2027, 3, 11),
    ]
    assert expiries("01", "future", date(2026, 6, 12))[-1] == date(2027, 6, 10)


@pytest.mark.parametrize(
    ("code", "year", "month", "day"),
    [
        ("01", 2025, 10, date(2025, 10, 2)),
        ("01", 2024, 8, date(2024, 8, 8)),
        ("75", 2026, 12, date(2026, 12, 21)),
        ("65", 2026, 9, date(2026, 9, 15)),
        ("75", 2026, 8, date(2026, 8, 14)),
    ],
)
def test_a_last_day_that_is_a_holiday_comes_earlier(code: str, year: int, month: int, day: date):
    assert products()[code].expires_on(year, month) == day


def test_options_have_many_strikes_in_several_months():
    calls = chain(products()["01"], "call", date(2026, 11, 28))
    by_month = {expiry: [c.strike for c in calls if c.expiry == expiry] for expiry in {c.expiry for c in calls}}
    assert len(by_month) >= 2
    assert all(len(strikes) >= 21 and strikes == sorted(set(strikes)) for strikes in by_month.values())


@pytest.mark.parametrize(("old", "code"), [("101X03", "A01703"), ("201W12350", "B01612350"), ("111W12", "A11612")])
def test_an_older_code_names_the_same_contract(old: str, code: str):
    one, other = MARKET.instruments[old], MARKET.instruments[code]
    day = date(2026, 6, 15)
    assert (one.symbol, one.expiry, one.strike, one.multiplier) == (old, other.expiry, other.strike, other.multiplier)
    assert MARKET.history(one).bar(day) == MARKET.history(other).bar(day)
    assert MARKET.session(one, day).prices == MARKET.session(other, day).prices


@pytest.mark.parametrize(
    "code", ["A01607", "A01613", "B01612351", "B06612140", "A99612", "A01612350", "B01612", "A0161"]
)
def test_no_contract_goes_by_a_code_that_the_exchange_would_not_give(code: str):
    assert contract_of(code) is None
    assert MARKET.find(code) is None
