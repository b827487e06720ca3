"""Dividends abroad: two APIs tell the same ones, on days that the exchanges have, from what companies earn."""

from datetime import date, timedelta
from decimal import Decimal
from typing import cast

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.simulator.market.dividends_abroad import payments
from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.instruments import instruments
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of
from tests.simulator.wire import MONDAY

FIRST, LAST = date(2025, 7, 1), date(2026, 6, 30)
STOCKS = [item for item in instruments().values() if item.category == "overseas_stock" and item.kind == "stock"]
COUNTRIES = {"us": "US", "hong_kong": "HK", "china": "CN", "japan": "JP", "vietnam": "VN"}


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


@pytest.fixture(scope="module")
def events(direct: Direct) -> list[Record]:
    """The dividends of a year, asked for week by week, because an answer has one page."""
    rows: list[Record] = []
    for start in (FIRST + timedelta(days=number) for number in range(0, (LAST - FIRST).days + 1, 7)):
        end = min(start + timedelta(days=6), LAST)
        days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        rows += rows_of(direct, "overseas_stock_period_rights", "events", event="dividend", **days)
    return rows


@pytest.mark.parametrize("country", COUNTRIES)
def test_both_apis_tell_the_same_dividends_of_a_stock(direct: Direct, events: list[Record], country: str):
    seed = direct.kis.world.market.seed
    stocks = [s for s in STOCKS if s.country == COUNTRIES[country]]
    (stock, *_) = [s for s in stocks if payments(seed, s, FIRST, date(2026, 5, 30))]
    told = rows_of(
        direct, "overseas_stock_rights_by_ice", "events", country=country, symbol=stock.symbol, start_date="2025-01-01"
    )
    mine = {row["local_base_date"] for row in events if row["symbol"] == stock.symbol}
    assert mine == {row["record_date"] for row in told if "2025-07-01" <= str(row["record_date"]) <= "2026-06-30"}
    assert mine


def test_a_dividend_is_known_before_its_ex_date_and_each_day_is_one_of_trade(direct: Direct):
    seed = direct.kis.world.market.seed
    for stock in STOCKS:
        for paid in payments(seed, stock, date(2025, 7, 1), date(2026, 6, 30)):
            assert paid.announced < paid.ex_date <= paid.record_date < paid.pay_date
            assert trades_on(stock.country, paid.ex_date)
            # Whoever buys on the day before settles in time, whoever buys on the ex-date does not.
            settles = stock.home.settlement_days
            bought_before = trading_day(stock.country, trading_day(stock.country, paid.ex_date, -1), settles)
            assert bought_before <= paid.record_date < trading_day(stock.country, paid.ex_date, settles)


def test_nothing_is_told_before_it_is_announced(direct: Direct):
    later = rows_of(direct, "overseas_stock_period_rights", "events", start_date="2026-07-14", end_date="2027-12-31")
    seed = direct.kis.world.market.seed
    known = {(row["symbol"], row["local_base_date"]) for row in later}
    made = [(s, p) for s in STOCKS for p in payments(seed, s, date(2026, 7, 14), date(2027, 12, 31))]
    now = [p for s, p in made if p.announced <= MONDAY.astimezone(s.timezone).date()]
    assert known == {(p.symbol, p.record_date.isoformat()) for p in now}
    assert 0 < len(known) < len(made)


def test_a_company_pays_a_part_of_what_it_earns(direct: Direct, events: list[Record]):
    stock = next(s for s in STOCKS if s.country == "US" and sum(row["symbol"] == s.symbol for row in events) == 4)
    mine = [row for row in events if row["symbol"] == stock.symbol]
    quote = record_of(direct, "overseas_stock_price_detail", exchange=stock.exchange, symbol=stock.symbol)
    paid = sum((cast("Decimal", row["allotment_fx_price"]) for row in mine), Decimal(0))
    assert Decimal("0.15") < paid / cast("Decimal", quote["eps"]) < Decimal("0.75")
    assert all(row["cash_allotment_rate"] == cast("Decimal", row["allotment_fx_price"]) * 100 for row in mine)
    assert {row["currency"] for row in mine} == {quote["currency"]}


def test_other_events_and_days_are_asked_for_apart(direct: Direct):
    june = {"start_date": "2026-06-01", "end_date": "2026-06-30"}
    assert rows_of(direct, "overseas_stock_period_rights", "events", **june)
    assert rows_of(direct, "overseas_stock_period_rights", "events", **june, event="split") == []
    assert rows_of(direct, "overseas_stock_period_rights", "events", **june, date_type="subscription_start") == []


def test_what_is_lent_on_is_listed_where_its_listing_says(direct: Direct):
    (row,) = rows_of(direct, "overseas_stock_colable_by_company", "stocks", country="us", symbol="AMD")
    listing = record_of(direct, "overseas_stock_search_info", exchange="nasdaq", symbol="AMD")
    names = ("market_name", "currency", "country_name", "exchange", "name")
    assert {name: row[name] for name in names} == {name: listing[name] for name in names}
