"""What is said of bonds and interest rates: prices, yields, terms of issue and valuations against each other."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from kis_mcp.simulator.market.bonds import bond_terms
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of
from tests.simulator.wire import MONDAY

TODAY = MONDAY.date()
FRIDAY = "2026-06-12"
BONDS = list(bond_terms())
TREASURIES = [terms.symbol for terms in bond_terms().values() if terms.bond_class == "treasury" and not terms.compounds]


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(value: object) -> Decimal:
    return Decimal(str(value))


def day_of(value: object) -> date:
    return date.fromisoformat(str(value))


def rates(direct: Direct, kind: str = "otc") -> Sequence[Mapping[str, object]]:
    return rows_of(direct, "domestic_stock_comp_interest", "rates", kind=kind)


def months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(years, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def worth(terms: Mapping[str, object], percent: Decimal, on: date) -> Decimal:
    """What 10,000 won of a bond are worth at a yield, by its terms of issue as KIS tells them."""
    months, matures = int(number(terms["interest_payment_months"])), day_of(terms["expiry_date"])
    rate, coupon = percent / 100 * months / 12, number(terms["coupon_rate"]) * months / 12
    ahead = [matures]
    while (earlier := months_before(matures, months * len(ahead))) > on:
        ahead.append(earlier)
    following = ahead[-1]
    left = Decimal((following - on).days) / (following - months_before(matures, months * len(ahead))).days
    compounds = terms["interest_payment_method_code"] == "02"
    paid = [Decimal(0) if compounds else coupon for _ in ahead]
    paid[-1] += number(terms["maturity_redemption_rate"])
    whole = sum(amount / (1 + rate) ** position for position, amount in enumerate(paid))
    return whole / (1 + rate * left) * 100


@pytest.mark.parametrize("symbol", BONDS)
def test_a_bonds_yield_is_what_its_terms_and_its_price_give(direct: Direct, symbol: str):
    quote = record_of(direct, "domestic_bond_inquire_price", symbol=symbol)
    terms = record_of(direct, "domestic_bond_issue_info", symbol=symbol)
    for price, earned in (("price", "yield_rate"), ("open", "yield_at_open"), ("low", "yield_at_low")):
        nearest = [worth(terms, number(quote[earned]) + Decimal(step) / 1000, TODAY) for step in (1, -1)]
        assert nearest[0] - Decimal("0.02") <= number(quote[price]) <= nearest[1] + Decimal("0.02")
    assert number(quote["yield_at_low"]) >= number(quote["yield_rate"]) >= number(quote["yield_at_high"])


@pytest.mark.parametrize("symbol", BONDS)
def test_a_bonds_book_gives_dearer_bonds_a_lower_yield_around_its_price(direct: Direct, symbol: str):
    book = record_of(direct, "domestic_bond_inquire_asking_price", symbol=symbol)
    yields = [number(book[f"ask_yield_{n}"]) for n in range(5, 0, -1)]
    yields += [number(book[f"bid_yield_{n}"]) for n in range(1, 6)]
    assert yields == sorted(yields)
    quote = record_of(direct, "domestic_bond_inquire_price", symbol=symbol)
    assert (quote["price"], quote["yield_rate"]) in {
        (book["ask_price_1"], book["ask_yield_1"]),
        (book["bid_price_1"], book["bid_yield_1"]),
    }


@pytest.mark.parametrize("symbol", BONDS)
def test_the_depository_and_the_broker_tell_the_same_terms(direct: Direct, symbol: str):
    broker = record_of(direct, "domestic_bond_issue_info", symbol=symbol)
    depository = record_of(direct, "domestic_bond_search_bond_info", symbol=symbol)
    both = [name for name in depository if name in broker and broker[name] is not None]
    assert len(both) >= 15
    assert {name: depository[name] for name in both} == {name: broker[name] for name in both}
    assert depository["ksd_bond_name"] == broker["name"]
    assert number(depository["ksd_coupon_rate"]) == broker["coupon_rate"]
    assert number(depository["ksd_total_issue_amount"]) == broker["issue_amount"]
    assert day_of(broker["issue_date"]) <= TODAY < day_of(broker["expiry_date"])
    following = day_of(broker["next_interest_payment_date"])
    assert TODAY < following <= day_of(broker["expiry_date"])
    if previous := broker["previous_interest_payment_date"]:
        assert months_before(following, int(number(broker["interest_payment_months"]))) == day_of(previous) <= TODAY


@pytest.mark.parametrize("symbol", [BONDS[0], BONDS[1], TREASURIES[0]])
def test_valuations_are_their_yields_worth_and_near_the_days_close(direct: Direct, symbol: str):
    asked = {"symbol": symbol, "start_date": "2026-06-01", "end_date": "2026-06-15"}
    rows = rows_of(direct, "domestic_bond_avg_unit", "unit_prices", **asked)
    terms = record_of(direct, "domestic_bond_issue_info", symbol=symbol)
    listed = rows_of(direct, "domestic_bond_inquire_daily_price", "days", symbol=symbol)
    closes = {str(row["trade_date"]): number(row["close"]) for row in listed}
    wanted = sorted((day for day in closes if "2026-06-01" <= day <= FRIDAY), reverse=True)
    assert [row["valuation_date"] for row in rows] == wanted
    agencies = ("kis_pricing", "kbp", "nice", "fn_pricing")
    for row in rows:
        day = day_of(row["valuation_date"])
        for agency in agencies:
            assert abs(
                worth(terms, number(row[f"{agency}_yield_rate"]), day) - number(row[f"{agency}_price"])
            ) < Decimal("0.02")
            assert row[f"{agency}_credit_grade"] == terms[f"{agency}_credit_grade"]
        for what, average in (("price", "average_price"), ("yield_rate", "average_yield_rate")):
            mean = sum(number(row[f"{agency}_{what}"]) for agency in agencies) / Decimal(4)
            assert abs(mean - number(row[average])) < Decimal("0.01")
        assert abs(number(row["average_price"]) / closes[str(row["valuation_date"])] - 1) < Decimal("0.002")


def test_all_bonds_are_valued_day_by_day_where_none_is_named(direct: Direct):
    asked = {"start_date": FRIDAY, "end_date": FRIDAY}
    rows = rows_of(direct, "domestic_bond_avg_unit", "unit_prices", **asked)
    assert {row["valuation_date"] for row in rows} == {FRIDAY}
    assert 0 < len({row["symbol"] for row in rows}) == len(rows) <= len(BONDS)


@pytest.mark.parametrize("symbol", TREASURIES)
def test_the_state_s_bonds_yield_what_the_curve_says_for_their_life(direct: Direct, symbol: str):
    curve = {"국고채 1년": 1, "국고채 3년": 3, "국고채 5년": 5, "국고채 10년": 10, "국고채 20년": 20, "국고채 30년": 30}
    points = sorted(
        (curve[str(r["indicator_name"])], number(r["yield_rate"]))
        for r in rates(direct)
        if r["indicator_name"] in curve
    )
    (valued,) = rows_of(
        direct, "domestic_bond_avg_unit", "unit_prices", symbol=symbol, start_date=FRIDAY, end_date=FRIDAY
    )
    terms = record_of(direct, "domestic_bond_issue_info", symbol=symbol)
    years = (day_of(terms["expiry_date"]) - date.fromisoformat(FRIDAY)).days / 365
    shorter = max(point for point in points if point[0] <= years)
    longer = min(point for point in points if point[0] >= years)
    low, high = sorted((shorter[1], longer[1]))
    assert low - Decimal("0.02") <= number(valued["average_yield_rate"]) <= high + Decimal("0.02")


def test_rates_at_home_are_told_twice_and_more_risk_pays_more(direct: Direct):
    at_home = {str(row["indicator_name"]): row for row in rates(direct)}
    again = rows_of(direct, "domestic_stock_comp_interest", "domestic_rates", kind="foreign")
    assert {row["name"]: row["bond_yield"] for row in again} == {n: r["yield_rate"] for n, r in at_home.items()}
    state, good, bad = (
        number(at_home[n]["yield_rate"]) for n in ("국고채 3년", "회사채 무보증 3년AA-", "회사채 무보증 3년BBB-")
    )
    assert state < good < bad
    base, call = (number(at_home[name]["yield_rate"]) for name in ("한국은행 기준금리", "콜금리 1일"))
    assert base % Decimal("0.25") == 0
    assert 0 < call - base < Decimal("0.1")
    assert abs(number(at_home["CD 91일"]["yield_rate"]) - base) < 1
    for row in at_home.values():
        before = number(row["yield_rate"]) - number(row["change"])
        assert abs(number(row["change_rate"]) - number(row["change"]) / before * 100) < Decimal("0.01")
        assert str(row["quoted_at"]).startswith("20260612")


def test_bonds_on_the_exchange_yield_what_their_quotes_say(direct: Direct):
    rows = rates(direct, "exchange")
    assert len(rows) >= 5
    for row in rows:
        quote = record_of(direct, "domestic_bond_inquire_price", symbol=row["standard_code"])
        assert (row["yield_rate"], row["name"]) == (quote["yield_rate"], quote["name"])
        assert (number(row["change"]) > 0) is (number(quote["change"]) < 0) or abs(number(row["change"])) < Decimal(
            "0.01"
        )


def test_daily_prices_and_candles_of_a_bond_are_the_same_days(direct: Direct):
    days = rows_of(direct, "domestic_bond_inquire_daily_price", "days", symbol="KR103501GG62")
    candles = rows_of(direct, "domestic_bond_inquire_daily_itemchartprice", "candles", symbol="KR103501GG62")
    assert [row["close"] for row in days][: len(candles)] == [row["close"] for row in candles]
    assert str(days[-1]["trade_date"]) == "2026-06-10"
