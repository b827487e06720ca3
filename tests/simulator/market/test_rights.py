from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.quotes.subject import Subject
from kis_mcp.simulator.market.companies import statement
from kis_mcp.simulator.market.holidays import is_covered, trades_on
from kis_mcp.simulator.market.indices import IndexMarket, indices
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.rights import ANCHOR, Right, events, par, price_factor, rights, shares

MARKET = Market(3)
EVENTS = [(i, right) for i in instruments().values() for right in events(i)]
SPLITTING = [(i, right) for i, right in EVENTS if right.price_ratio != 1]


def named(pair: tuple[object, Right]) -> str:
    return f"{pair[1].symbol}-{pair[1].kind}"


def evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, 50, tzinfo=KST)


@pytest.mark.parametrize("pair", EVENTS, ids=named)
def test_an_events_days_are_trading_days_in_their_order(pair: tuple[object, Right]):
    _, right = pair
    assert right.announced < right.ex_date
    assert right.ex_date <= right.pay_date
    for day in (right.announced, right.ex_date, right.record_date, right.pay_date):
        assert trades_on("KR", day) or not is_covered("KR", day)


def test_the_file_of_instruments_has_the_prices_and_shares_of_one_day():
    for instrument in instruments().values():
        assert price_factor(instrument, ANCHOR) == 1
        assert shares(instrument, ANCHOR) == instrument.listed_shares


@pytest.mark.parametrize(("stock", "right"), SPLITTING, ids=[named(pair) for pair in SPLITTING])
def test_on_an_ex_date_the_base_price_and_the_shares_move_by_the_ratio_and_the_price_goes_on_from_there(
    stock: Instrument, right: Right
):
    calendar = MARKET.calendar(stock)
    before = MARKET.quote(stock, evening(calendar.before(right.ex_date)))
    after = MARKET.quote(stock, evening(right.ex_date))
    expected = before.price * right.price_ratio.numerator / right.price_ratio.denominator
    assert abs(after.previous_close - expected) <= 2 * after.tick
    assert abs(after.change_rate) <= 30
    owned = Fraction(shares(stock, right.ex_date), shares(stock, right.ex_date - timedelta(days=1)))
    assert abs(owned - right.share_ratio) < Fraction(1, 10**6)
    if right.kind in ("split", "reverse_split", "bonus_issue", "capital_reduction"):
        assert right.share_ratio * right.price_ratio == 1


@pytest.mark.parametrize(("stock", "right"), SPLITTING, ids=[named(pair) for pair in SPLITTING])
def test_candles_before_an_ex_date_are_adjusted_by_exactly_its_ratio(stock: Instrument, right: Right):
    now = evening(right.ex_date)
    raw, adjusted = (MARKET.days(stock, now, until=right.ex_date, count=6, adjusted=wanted) for wanted in (False, True))
    assert raw[0] == adjusted[0]
    for traded, candle in zip(raw[1:], adjusted[1:], strict=True):
        for name in ("open", "high", "low", "close"):
            assert getattr(candle, name) == round(Fraction(getattr(traded, name)) * right.price_ratio)
        assert candle.volume == round(traded.volume / right.price_ratio)
        assert candle.turnover == traded.turnover


def test_an_index_does_not_notice_a_split():
    index = indices()["0001"]
    split = next(right for _, right in EVENTS if right.kind == "split" and right.symbol == "012450")
    market = IndexMarket(MARKET)
    after, before = market.days(index, split.ex_date, 4320, until=split.ex_date, count=2)
    assert abs(after.open / before.close - 1) < Decimal("0.02")


def test_par_value_changes_with_splits_alone():
    kakao, bm = MARKET.instruments["035720"], MARKET.instruments["247540"]
    assert (par(kakao, date(2021, 4, 14)), par(kakao, date(2021, 4, 15))) == (500, 100)
    assert par(bm, date(2020, 1, 2)) == par(bm, date(2026, 1, 2)) == 100


def test_a_dividend_goes_to_those_who_bought_before_the_last_but_one_trading_day_of_the_year():
    samsung = MARKET.instruments["005930"]
    (right,) = (r for r in rights(3, samsung, date(2025, 1, 1), date(2025, 12, 31)) if r.kind == "dividend")
    assert (right.ex_date, right.record_date) == (date(2025, 12, 29), date(2025, 12, 31))
    assert right.cash == statement(3, samsung, 2025).dividend
    assert right.pay_date > date(2026, 4, 15)


def test_a_dividend_before_a_split_is_for_the_shares_of_its_time():
    kakao = MARKET.instruments["035720"]
    (right,) = rights(3, kakao, date(2020, 1, 1), date(2020, 12, 31))
    assert right.cash == 5 * statement(3, kakao, 2020).dividend
    whole = right.cash * shares(kakao, right.ex_date)
    assert whole == statement(3, kakao, 2020).dividend * kakao.listed_shares


def test_funds_and_shares_abroad_have_no_rights():
    for symbol in ("069500", "AAPL"):
        assert rights(3, MARKET.instruments[symbol], date(2018, 1, 1), date(2030, 1, 1)) == ()


def test_yesterdays_prices_are_for_todays_shares_on_the_day_of_a_split():
    stock = MARKET.instruments["012450"]
    split = next(right for right in events(stock) if right.kind == "split")
    today = Subject(MARKET, stock, evening(split.ex_date))
    assert today.yesterday is not None
    assert abs(stock.price(today.yesterday.close) - today.quote.previous_close) <= today.quote.tick
