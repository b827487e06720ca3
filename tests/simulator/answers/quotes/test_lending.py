"""Credit, short sales, lending and deposits: each number against another API's."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.simulator.engine.credit import OWN_SHARE
from kis_mcp.simulator.market.lending import LOAN_PERCENT, MARGIN, balance
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY

SAMSUNG, BUSY = "005930", "086520"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(row: Record, name: str) -> Decimal:
    return Decimal(str(row[name]))


def stocks(direct: Direct, *boards: str) -> list[str]:
    listed = direct.kis.world.market.instruments.values()
    return [i.symbol for i in listed if i.category == "domestic_stock" and i.kind == "stock" and i.board in boards]


def test_a_credit_balance_is_the_one_before_with_what_is_new_and_without_what_is_repaid(direct: Direct):
    days = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=SAMSUNG)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=SAMSUNG)
    assert len(days) == 30
    for later, earlier in pairwise(days):
        for name in ("margin_loan", "borrowed_stock"):
            moved = number(later, f"{name}_new_shares") - number(later, f"{name}_repaid_shares")
            assert number(later, f"{name}_balance_shares") == number(earlier, f"{name}_balance_shares") + moved
            money = number(later, f"{name}_new_amount") - number(later, f"{name}_repaid_amount")
            owed = number(earlier, f"{name}_balance_amount") + money
            assert abs(number(later, f"{name}_balance_amount") - owed) <= 2
    for day in days:
        share = number(day, "margin_loan_balance_shares") * 100 / number(quote, "listed_shares")
        assert abs(number(day, "margin_loan_balance_rate") - share) < CENT
        supply = number(day, "margin_loan_new_shares") * 100 / number(day, "volume")
        assert abs(number(day, "margin_loan_supply_rate") - supply) < CENT
        lent = number(day, "margin_loan_new_amount") * 10_000 / number(day, "margin_loan_new_shares")
        assert abs(lent / number(day, "price") - (1 - OWN_SHARE)) < CENT
    assert Decimal(LOAN_PERCENT) / 100 == 1 - OWN_SHARE


def test_credit_is_counted_from_its_settlement_on(direct: Direct):
    days = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=SAMSUNG)
    prices = {
        row["trade_date"]: row
        for row in rows_of(direct, "domestic_stock_inquire_daily_price", "prices", symbol=SAMSUNG)
    }
    assert days[0]["settlement_date"] == "2026-06-15"
    assert days[0]["trade_date"] == "2026-06-11"
    for day in days:
        if day["trade_date"] in prices:
            assert day["price"] == prices[day["trade_date"]]["close"]
            assert day["volume"] == prices[day["trade_date"]]["volume"]
    back = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=SAMSUNG, date="2026-06-05")
    assert back[0]["settlement_date"] == "2026-06-05"
    assert back[0] in days
    for tool in ("domestic_stock_inquire_price",):
        assert (
            record_of(direct, tool, symbol=SAMSUNG)["margin_loan_balance_rate"] == days[0]["margin_loan_balance_rate"]
        )
    asked = {"symbol": SAMSUNG, "start_date": "2026-06-01", "end_date": "2026-06-15"}
    chart = blocks_of(direct, "domestic_stock_inquire_daily_itemchartprice", **asked)["summary"]
    assert isinstance(chart, dict)
    assert chart["margin_loan_balance_rate"] == days[0]["margin_loan_balance_rate"]


@pytest.mark.parametrize("day", ["2026-06-04", "2026-06-05", "2026-06-06", "2026-06-08"])
def test_a_quote_has_the_newest_settled_credit_around_a_holiday_and_a_weekend(day: str):
    direct = Direct(datetime.combine(date.fromisoformat(day), MONDAY.timetz()))
    days = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=BUSY)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=BUSY)
    assert str(days[0]["settlement_date"]) <= day
    assert quote["margin_loan_balance_rate"] == days[0]["margin_loan_balance_rate"]


@pytest.mark.parametrize(
    ("sort", "column", "greatest_first"),
    [
        ("margin_rate", "margin_loan_balance_rate", True),
        ("margin_shares", "margin_loan_balance_shares", True),
        ("margin_amount", "margin_loan_balance_amount", True),
        ("margin_rate_growth", "n_day_margin_loan_balance_growth_rate", True),
        ("margin_rate_decline", "n_day_margin_loan_balance_growth_rate", False),
        ("short_shares", "borrowed_stock_balance_shares", True),
        ("short_amount", "borrowed_stock_balance_amount", True),
        ("short_rate_growth", "n_day_borrowed_stock_balance_growth_rate", True),
        ("short_rate_decline", "n_day_borrowed_stock_balance_growth_rate", False),
    ],
)
def test_the_credit_ranking_is_in_the_asked_order_and_says_what_the_days_say(
    direct: Direct, sort: str, column: str, greatest_first: bool
):
    asked: dict[str, object] = {"sort": sort, "days": 5, "universe": "kosdaq"}
    rows = rows_of(direct, "domestic_stock_credit_balance", "stocks", **asked)
    (dates,) = rows_of(direct, "domestic_stock_credit_balance", "base_dates", **asked)
    values = [number(row, column) for row in rows]
    assert values == sorted(values, reverse=greatest_first)
    assert {row["symbol"] for row in rows} <= set(stocks(direct, "kosdaq"))
    days = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=rows[0]["symbol"])
    for name in ("margin_loan", "borrowed_stock"):
        for what in ("shares", "amount", "rate"):
            assert rows[0][f"{name}_balance_{what}"] == days[0][f"{name}_balance_{what}"]
        before = number(days[5], f"{name}_balance_shares")
        growth = (number(days[0], f"{name}_balance_shares") - before) * 100 / before
        assert abs(number(rows[0], f"n_day_{name}_balance_growth_rate") - growth) < CENT
    assert (dates["industry_code"], dates["base_date_1"], dates["base_date_2"]) == (
        "1001",
        days[0]["trade_date"],
        days[5]["trade_date"],
    )


def test_short_sales_add_up_over_the_asked_days_and_are_a_part_of_the_volume(direct: Direct):
    asked: dict[str, object] = {"symbol": SAMSUNG, "start_date": "2026-05-04", "end_date": "2026-06-15"}
    days = rows_of(direct, "domestic_stock_daily_short_sale", "days", **asked)
    assert (days[0]["trade_date"], days[-1]["trade_date"]) == ("2026-06-15", "2026-05-04")
    sold = money = volume = turnover = Decimal(0)
    for day in reversed(days):
        sold, money = sold + number(day, "short_sale_quantity"), money + number(day, "short_sale_turnover")
        volume, turnover = volume + number(day, "volume"), turnover + number(day, "turnover")
        assert (day["cumulative_short_sale_quantity"], day["cumulative_short_sale_turnover"]) == (sold, money)
        assert (day["base_volume_total"], day["base_turnover_total"]) == (volume, turnover)
        for part, whole, name in (
            (number(day, "short_sale_quantity"), number(day, "volume"), "short_sale_volume_share"),
            (sold, volume, "cumulative_short_sale_quantity_share"),
            (money, turnover, "cumulative_short_sale_turnover_share"),
        ):
            assert 0 < part < whole / 5
            assert abs(number(day, name) - part * 100 / whole) < CENT
        assert number(day, "low") <= number(day, "average_price") + 1
        assert number(day, "average_price") <= number(day, "high")
    assert (
        record_of(direct, "domestic_stock_inquire_price", symbol=SAMSUNG)["last_short_sale_quantity"]
        == (days[0]["short_sale_quantity"])
    )
    month = rows_of(direct, "domestic_stock_daily_short_sale", "days", symbol=SAMSUNG)
    assert month[-1]["trade_date"] == (MONDAY.date() - timedelta(days=28)).isoformat()


@pytest.mark.parametrize(("period", "days"), [("1_day", 1), ("3_days", 3), ("2_weeks", 10), ("1_month", 21)])
def test_the_short_sale_ranking_adds_up_the_asked_period(direct: Direct, period: str, days: int):
    asked: dict[str, object] = {"period": period, "universe": "kosdaq", "min_price": 50_000}
    rows = rows_of(direct, "domestic_stock_short_sale", "stocks", **asked)
    sold = [number(row, "short_sale_quantity") for row in rows]
    assert sold == sorted(sold, reverse=True)
    assert rows
    assert all(number(row, "price") >= 50_000 for row in rows)
    top = rows[0]
    asked = {"symbol": top["symbol"], "start_date": top["base_date_1"], "end_date": top["base_date_2"]}
    each = rows_of(direct, "domestic_stock_daily_short_sale", "days", **asked)
    assert len(each) == days
    assert top["base_date_2"] == MONDAY.date().isoformat()
    for name, whole in (
        ("short_sale_quantity", "cumulative_short_sale_quantity"),
        ("short_sale_turnover", "cumulative_short_sale_turnover"),
        ("short_sale_volume_share", "cumulative_short_sale_quantity_share"),
        ("volume", "base_volume_total"),
        ("turnover", "base_turnover_total"),
    ):
        assert top[name] == each[0][whole]


def test_lent_shares_run_on_and_cover_what_is_sold_short(direct: Direct):
    loans = rows_of(direct, "domestic_stock_daily_loan_trans", "days", symbol=SAMSUNG)
    shorts = rows_of(direct, "domestic_stock_daily_short_sale", "days", symbol=SAMSUNG)
    assert loans[0]["trade_date"] == "2026-06-12"
    sold = {row["trade_date"]: number(row, "short_sale_quantity") for row in shorts}
    for later, earlier in pairwise(loans):
        change = number(later, "new_shares") - number(later, "repaid_shares")
        assert number(later, "balance_shares_change") == change
        assert number(later, "balance_shares") == number(earlier, "balance_shares") + change
    for row in loans:
        worth = int(number(row, "balance_shares") * number(row, "price") / 1_000_000)
        assert number(row, "balance_amount") == worth
        assert sold.get(row["trade_date"], 0) < number(row, "balance_shares")


def test_a_markets_lent_shares_are_those_of_its_stocks_beside_its_index(direct: Direct):
    market = rows_of(direct, "domestic_stock_daily_loan_trans", "days", scope="kosdaq")
    each = [
        rows_of(direct, "domestic_stock_daily_loan_trans", "days", symbol=symbol) for symbol in stocks(direct, "kosdaq")
    ]
    asked: dict[str, object] = {"index": "1001", "end_date": "2026-06-15", "start_date": "2026-05-15"}
    index = rows_of(direct, "domestic_stock_inquire_daily_indexchartprice", "candles", **asked)
    level = {row["trade_date"]: row["index_close"] for row in index}
    for position, day in enumerate(market):
        for name in ("new_shares", "repaid_shares", "balance_shares"):
            assert number(day, name) == sum(number(rows[position], name) for rows in each)
        amount = sum(number(rows[position], "balance_amount") for rows in each)
        assert abs(number(day, "balance_amount") - amount) <= len(each)
        assert day["price"] == level[day["trade_date"]]


def test_kis_lends_what_it_has_set_aside_and_not_more_than_is_borrowed(direct: Direct):
    blocks = blocks_of(direct, "domestic_stock_lendable_by_company", market="kosdaq")
    rows, totals = blocks["stocks"], blocks["totals"]
    assert isinstance(rows, list)
    assert isinstance(totals, dict)
    symbols = [str(row["symbol"]) for row in rows]
    assert symbols == sorted(stocks(direct, "kosdaq"))
    for row in rows[:5]:
        days = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=row["symbol"])
        assert number(row, "used_quantity") <= number(days[0], "borrowed_stock_balance_shares")
        assert number(row, "limit_quantity") - number(row, "used_quantity") == number(row, "tradable_quantity")
        assert row["available"] == (number(row, "tradable_quantity") > 0)
        quote = record_of(direct, "domestic_stock_inquire_price", symbol=row["symbol"])
        assert number(row, "previous_close") == number(quote, "base_price")
    assert number(totals, "total_limit_quantity") == sum(number(row, "limit_quantity") for row in rows)
    assert number(totals, "requestable_quantity") == sum(number(row, "tradable_quantity") for row in rows)
    (one,) = rows_of(direct, "domestic_stock_lendable_by_company", "stocks", symbol=symbols[0])
    assert one["symbol"] == symbols[0]


def test_kis_lends_money_for_every_stock_at_the_rate_of_its_orders(direct: Direct):
    tool, asked = "domestic_stock_credit_by_company", {"universe": "kosdaq", "sort": "name"}
    rows = rows_of(direct, tool, "stocks", **asked)
    others = rows_of(direct, tool, "stocks", orderable=False, **asked)
    assert sorted(str(row["symbol"]) for row in rows + others) == sorted(stocks(direct, "kosdaq"))
    names = [str(row["name"]) for row in rows]
    assert names == sorted(names)
    assert {number(row, "credit_rate") for row in rows} == {OWN_SHARE * 100}
    for row in rows[:5]:
        assert (
            record_of(direct, "domestic_stock_inquire_price_2", symbol=row["symbol"])["credit_rate"]
            == (row["credit_rate"])
        )
    for wanted, row in ((True, rows[0]), *((False, row) for row in others)):
        quote = record_of(direct, "domestic_stock_inquire_price", symbol=row["symbol"])
        assert quote["credit_available"] is wanted


def test_the_money_in_the_market_runs_on_beside_its_index_and_its_loans(direct: Direct):
    days = rows_of(direct, "domestic_stock_mktfunds", "days")
    assert len(days) == 30
    for later, earlier in pairwise(days):
        change = number(later, "customer_deposit_amount") - number(earlier, "customer_deposit_amount")
        assert number(later, "customer_deposit_amount_change") == change
        worth = number(later, "market_cap") / number(earlier, "market_cap")
        assert abs(worth - number(later, "index_price") / number(earlier, "index_price")) < Decimal("0.00001")
        assert number(later, "index_price") - number(later, "index_change") == number(earlier, "index_price")
    settled = next(row for row in days if row["trade_date"] == "2026-06-11")
    market = direct.kis.world.market
    listed = [market.instruments[symbol] for symbol in stocks(direct, "kospi", "kosdaq")]
    owed = {stock.symbol: balance(market, stock, MARGIN, date(2026, 6, 11)).balance_amount for stock in listed}
    samsung = rows_of(direct, "domestic_stock_daily_credit_balance", "days", symbol=SAMSUNG)[0]
    assert samsung["trade_date"] == settled["trade_date"]
    assert number(samsung, "margin_loan_balance_amount") == owed[SAMSUNG] // 10_000
    assert number(settled, "margin_loan_balance") == sum(owed.values()) // 100_000_000
    back = rows_of(direct, "domestic_stock_mktfunds", "days", date="2026-06-05")
    assert date.fromisoformat(str(back[0]["trade_date"])) == date(2026, 6, 5)
    assert back[0] in days
