"""Opinions, estimates and news say what quotes, statements and the depository say."""

from decimal import Decimal
from itertools import pairwise

from kis_mcp.catalog.decode import Record
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of

BROKERS = {"모의증권", "가상증권", "연습투자증권"}


def number(value: object) -> Decimal:
    return Decimal(str(value))


def numbers(row: Record) -> list[Decimal]:
    return [number(row[f"estimate_{n}"]) for n in range(1, 6)]


def test_targets_stand_beside_the_quote_and_ratings_follow_the_upside(direct: Direct):
    rows = rows_of(direct, "domestic_stock_invest_opinion", "opinions", symbol="005930")
    price = number(record_of(direct, "domestic_stock_inquire_price", symbol="005930")["price"])
    candles = rows_of(
        direct,
        "domestic_stock_inquire_daily_itemchartprice",
        "candles",
        symbol="005930",
        start_date="2026-03-01",
        end_date="2026-06-15",
    )
    days = [str(row["trade_date"]) for row in rows]
    assert days == sorted(days, reverse=True)
    assert len(rows) >= 15
    assert {row["member_name"] for row in rows} == BROKERS
    for row in rows:
        target, close = number(row["target_price"]), number(row["previous_close"])
        assert row["divergence"] == price - target
        assert row["divergence_rate"] == round((price - target) * 100 / target, 2)
        assert Decimal("0.99") <= target / close <= Decimal("1.36")
        assert (row["investment_opinion"] == "BUY") == (target / close > Decimal("1.113"))
        before = [c for c in candles if str(c["trade_date"]) < str(row["trade_date"])]
        if len(before) > 1 and str(row["trade_date"]) > "2026-03-10":
            assert before[0]["close"] == close
    one = [row for row in rows if row["member_name"] == "모의증권"]
    for newer, older in pairwise(one):
        assert newer["previous_investment_opinion"] == older["investment_opinion"]


def test_the_opinions_of_brokers_are_those_on_each_company(direct: Direct):
    every = rows_of(direct, "domestic_stock_invest_opbysec", "opinions", opinion="all")
    assert len(every) == 20
    for row in every[:5]:
        own = rows_of(direct, "domestic_stock_invest_opinion", "opinions", symbol=row["symbol"])
        shared = {name: value for name, value in row.items() if name in own[0]}
        assert shared in [{name: one[name] for name in shared} for one in own]
        assert row["price"] == record_of(direct, "domestic_stock_inquire_price", symbol=row["symbol"])["price"]
    neutral = rows_of(direct, "domestic_stock_invest_opbysec", "opinions", opinion="neutral")
    assert {row["investment_opinion"] for row in neutral} == {"HOLD"}
    assert rows_of(direct, "domestic_stock_invest_opbysec", "opinions", opinion="sell") == []
    first = rows_of(direct, "domestic_stock_invest_opbysec", "opinions", opinion="all", broker="001")
    assert {row["member_name"] for row in first} == {"모의증권"}


def test_estimates_go_on_from_the_statements(direct: Direct):
    answer = blocks_of(direct, "domestic_stock_estimate_perform", symbol="005930")
    income, indicators, periods = (answer[name] for name in ("income_estimates", "indicators", "periods"))
    assert isinstance(income, list)
    assert isinstance(indicators, list)
    assert isinstance(periods, list)
    assert [row["fiscal_month"] for row in periods] == ["2023.12", "2024.12", "2025.12", "2026.12E", "2027.12E"]
    known = rows_of(direct, "domestic_stock_finance_income_statement", "periods", symbol="005930")[:3]
    ratios = rows_of(direct, "domestic_stock_finance_financial_ratio", "periods", symbol="005930")[:3]
    for row, name in ((income[0], "revenue"), (income[2], "operating_profit"), (income[4], "net_income")):
        assert numbers(row)[:3] == [number(year[name]) for year in known[::-1]]
        assert all(value > 0 for value in numbers(row))
    eps, growth, per, roe = (numbers(indicators[n]) for n in (1, 2, 3, 5))
    tenth = Decimal("0.1")
    assert all(abs(mine - number(year["eps"]) * 10) <= tenth for mine, year in zip(eps, ratios[::-1], strict=False))
    assert abs(roe[2] - number(ratios[0]["roe"]) * 10) <= tenth
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="005930")
    assert abs(per[2] - number(quote["per"]) * 10) <= tenth
    for now, before, rate in zip(eps[1:], eps, growth[1:], strict=False):
        assert abs(rate - (now / before - 1) * 1000) <= 1
    for value, net in zip(eps, numbers(income[4]), strict=True):
        assert abs(value / 10 * number(quote["listed_shares"]) / 10**8 - net) <= 2
    company = answer["company"]
    assert isinstance(company, dict)
    latest = rows_of(direct, "domestic_stock_invest_opinion", "opinions", symbol="005930")[0]
    assert company["recommendation_name"] == latest["investment_opinion"]


def test_every_headline_is_simulated_past_and_newest_first(direct: Direct):
    answers = (
        rows_of(direct, "domestic_stock_news_title", "headlines", symbol="005930"),
        rows_of(direct, "domestic_stock_news_title", "headlines", symbol=None),
        rows_of(direct, "overseas_stock_news_title", "news", country="us"),
        rows_of(direct, "overseas_stock_brknews_title", "news"),
    )
    for rows in answers:
        times = [f"{row['written_date']} {row['written_time']}" for row in rows]
        assert rows
        assert times == sorted(times, reverse=True)
        assert all(str(row["title"]).startswith("[모의] ") for row in rows)
        assert {row["source"] for row in rows} == {"모의"}
        assert len({row.get("content_serial_number", row.get("news_key")) for row in rows}) == len(rows)
    home = [f"{row['written_date']} {row['written_time']}" for row in answers[1]]
    assert max(home) <= "2026-06-15 11:00:00"


def test_headlines_about_targets_and_moves_are_true(direct: Direct):
    checked = 0
    for row in rows_of(direct, "domestic_stock_news_title", "headlines", symbol=None):
        title, symbol, day = str(row["title"]), str(row["symbol_1"]), str(row["written_date"])
        if "목표주가" in title:
            opinions = rows_of(direct, "domestic_stock_invest_opinion", "opinions", symbol=symbol)
            same = [f"{int(number(one['target_price'])):,}원" for one in opinions if one["trade_date"] == day]
            assert any(target in title for target in same)
            checked += 1
    for row in rows_of(direct, "overseas_stock_news_title", "news", country="us")[:5]:
        exchange = {"NAS": "nasdaq", "NYS": "nyse", "AMS": "amex"}[str(row["exchange_code"])]
        days = rows_of(
            direct,
            "overseas_stock_dailyprice",
            "candles",
            exchange=exchange,
            symbol=row["symbol"],
            end_date=row["written_date"],
        )
        yesterday = next(one for one in days if str(one["local_date"]) < str(row["written_date"]))
        assert f"{number(yesterday['change_rate']):+}%" in str(row["title"])
        checked += 1
    assert checked > 10


def test_news_keep_to_the_stock_the_exchange_and_the_day_that_were_asked_for(direct: Direct):
    mine = rows_of(direct, "domestic_stock_news_title", "headlines", symbol="035420", date="2026-04-01")
    assert {row["symbol_1"] for row in mine} == {"035420"}
    assert max(str(row["written_date"]) for row in mine) <= "2026-04-01"
    income = rows_of(direct, "domestic_stock_finance_income_statement", "periods", symbol="035420")[0]
    assert any(f"매출 {int(number(income['revenue'])):,}억원" in str(row["title"]) for row in mine)
    nyse = rows_of(direct, "overseas_stock_news_title", "news", country="us", exchange="nyse")
    assert {row["exchange_code"] for row in nyse} == {"NYS"}
