from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from kis_mcp.simulator.market.bonds import FACE, Terms, bond_terms, fair_yield

TERMS = list(bond_terms().values())


@pytest.mark.parametrize(
    ("percent", "price"), [(3.87, 9745.69), (3.83, 9760.39), (3.81, 9767.78), (3.829, 9760.76), (3.835, 9757.62)]
)
def test_a_compounding_bond_is_worth_what_kis_example_says(percent: float, price: float):
    """The valuations of KR2033022D33 that KIS prints; on which day of the month it matures is not among them."""
    day = date(2024, 4, 24) if percent == 3.835 else date(2024, 4, 25)
    assert bond_terms()["KR2033022D33"].price(percent, day) == pytest.approx(price, abs=1.5)


@given(st.sampled_from(TERMS), st.floats(0.5, 12), st.integers(0, 700))
def test_a_price_and_its_yield_stand_for_each_other(terms: Terms, percent: float, days: int):
    day = min(date(2026, 6, 15) + timedelta(days=days), terms.matures - timedelta(days=1))
    price = terms.price(percent, day)
    assert terms.yield_at(price, day) == pytest.approx(percent, abs=1e-4)
    assert terms.price(percent + 0.01, day) < price


@pytest.mark.parametrize("terms", [terms for terms in TERMS if not terms.compounds], ids=lambda terms: terms.symbol)
def test_a_price_falls_by_the_coupon_on_the_day_that_it_is_paid(terms: Terms):
    _, paid = terms.around(date(2026, 6, 15))
    coupon = float(terms.coupon) * terms.months / 1200 * FACE
    percent = fair_yield(1, terms, paid)
    a_day = terms.price(percent, paid - timedelta(days=1)) * percent / 100 / 365
    fall = terms.price(percent, paid - timedelta(days=1)) - terms.price(percent, paid)
    assert fall == pytest.approx(coupon - a_day, abs=0.1)
    at_par = terms.price(float(terms.coupon), paid)
    assert at_par == pytest.approx(FACE, abs=0.01)


def test_standard_codes_have_their_check_digit():
    """ISO 6166: letters as two digits, doubled from the right, add up to a multiple of ten."""
    for symbol in bond_terms():
        digits = "".join(str(int(character, 36)) for character in symbol)
        doubled = (int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits)))
        assert sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def test_there_are_bonds_of_each_class():
    assert {terms.bond_class for terms in TERMS} == {"treasury", "municipal", "special", "corporate"}
    assert len(TERMS) >= 15
