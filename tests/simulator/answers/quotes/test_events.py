"""What the depository tells agrees with prices, shares and candles."""

from decimal import Decimal

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.simulator.market.rights import events
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of

SPLITS = ("329180", "034020")


def number(value: object) -> Decimal:
    return Decimal(str(value))


def only(direct: Direct, api: str, block: str, **arguments: object) -> Record:
    (row,) = rows_of(direct, f"domestic_stock_ksdinfo_{api}", block, **arguments)
    return row


def candles(direct: Direct, symbol: str, *, adjusted: bool) -> dict[str, Record]:
    answer = blocks_of(
        direct,
        "domestic_stock_inquire_daily_itemchartprice",
        symbol=symbol,
        start_date="2025-12-01",
        end_date="2026-04-15",
        adjusted=adjusted,
    )
    rows = answer["candles"]
    assert isinstance(rows, list)
    return {str(row["trade_date"]): row for row in rows}


@pytest.mark.parametrize("symbol", SPLITS)
def test_a_splits_par_values_shares_and_candles_have_one_ratio(direct: Direct, symbol: str):
    split = only(direct, "rev_split", "splits", symbol=symbol)
    listing = only(direct, "list_info", "listings", symbol=symbol)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
    ratio = number(split["par_value_after"]) / number(split["par_value_before"])
    assert split["par_value_after"] == quote["par_value"]
    assert listing["listing_date"] == split["listing_date"]
    assert listing["newly_listed_shares"] == listing["total_issued_shares"] == quote["listed_shares"]
    raw, adjusted = (candles(direct, symbol, adjusted=wanted) for wanted in (False, True))
    first = str(split["listing_date"])
    assert number(raw[first]["split_rate"]) == ratio
    assert raw[first]["ex_right_type"] == "ex_rights"
    for day, row in raw.items():
        factor = ratio if day < first else Decimal(1)
        assert adjusted[day]["close"] == round(number(row["close"]) * factor)
        assert adjusted[day]["turnover"] == row["turnover"]
        assert abs(number(row["change"])) <= number(row["close"]) / 3
    assert any(day < first for day in raw)


def test_a_bonus_issues_new_shares_are_listed_and_counted(direct: Direct):
    issue = only(direct, "bonus_issue", "issues", symbol="068270")
    listing = only(direct, "list_info", "listings", symbol="068270")
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="068270")
    old, new = number(issue["total_issued_shares"]), number(issue["newly_issued_shares"])
    assert old + new == quote["listed_shares"] == listing["total_issued_shares"]
    assert listing["newly_listed_shares"] == new
    assert round(new / old, 4) == number(issue["allotment_rate"])
    day = candles(direct, "068270", adjusted=False)[str(issue["ex_right_date"])]
    assert abs(number(day["split_rate"]) - old / (old + new)) < Decimal("0.0001")
    paid = candles(direct, "068270", adjusted=False)[str(listing["listing_date"])]
    assert issue["fractional_share_base_price"] == paid["close"]


def test_new_shares_that_are_paid_for_cost_the_last_price_less_the_discount(direct: Direct):
    issue = only(direct, "paidin_capin", "offerings", symbol="012450", date_basis="record")
    left = only(direct, "forfeit", "offerings", symbol="012450")
    listing = only(direct, "list_info", "listings", symbol="012450")
    days = candles(direct, "012450", adjusted=False)
    before = max(day for day in days if day < str(issue["ex_right_date"]))
    expected = number(days[before]["close"]) * (100 - number(issue["discount_rate"])) / 100
    assert abs(number(issue["expected_issue_price"]) - expected) <= 1000
    assert issue["expected_issue_price"] == left["offering_price"] == listing["issue_price"]
    assert 0 < number(left["offering_shares"]) < number(issue["newly_issued_shares"])
    assert issue["newly_issued_shares"] == listing["newly_listed_shares"]
    by_subscription = only(direct, "paidin_capin", "offerings", symbol="012450")
    assert str(by_subscription["subscription_period"]).startswith("2026/0")
    assert str(issue["ex_right_date"]) < str(issue["record_date"]) < str(issue["listing_date"])


def test_a_reduction_leaves_the_part_of_the_shares_that_it_says(direct: Direct):
    cut = only(direct, "cap_dcrs", "reductions", symbol="009540")
    day = candles(direct, "009540", adjusted=False)[str(cut["listing_date"])]
    assert number(day["split_rate"]) == 1 / number(cut["capital_reduction_rate"])
    assert day["revaluation_reason_code"] == "02"
    assert (cut["capital_reduction_type"], cut["calculation_method"]) == ("무상감자", "곱하기")


def test_who_objects_to_a_merger_gets_the_mean_of_three_averages(direct: Direct):
    merger = only(direct, "merger_split", "events", symbol="035720")
    request = only(direct, "purreq", "requests", symbol="035720")
    meetings = rows_of(direct, "domestic_stock_ksdinfo_sharehld_meet", "meetings", symbol="035720")
    (special,) = (row for row in meetings if row["shareholder_meeting_type"] == "임시")
    assert special["shareholder_meeting_date"] == request["shareholder_meeting_date"]
    assert merger["record_date"] == request["record_date"] == special["record_date"]
    assert str(merger["merged_company_name"]) in str(special["agenda"])
    (right,) = (r for r in events(direct.kis.world.market.instruments["035720"]) if r.kind == "merger")
    traded = candles(direct, "035720", adjusted=False)
    days = [traded[day] for day in sorted(traded, reverse=True) if day < right.announced.isoformat()]
    means = [
        sum((number(row["close"]) * number(row["volume"]) for row in days[:count]), Decimal(0))
        / sum(int(str(row["volume"])) for row in days[:count])
        for count in (42, 21, 5)
    ]
    assert request["purchase_request_price"] == round(sum(means, Decimal(0)) / 3)


def test_every_company_meets_once_a_year_with_a_vote_a_share(direct: Direct):
    (row,) = rows_of(direct, "domestic_stock_ksdinfo_sharehld_meet", "meetings", symbol="005930")
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="005930")
    assert row["total_voting_shares"] == quote["listed_shares"]
    assert ("2026-03-15" < str(row["shareholder_meeting_date"]) < "2026-04-01") and row["record_date"] == "2025-12-31"


def test_the_shares_of_a_public_offer_are_locked_up_and_listed(direct: Direct):
    offer = only(direct, "pub_offer", "offerings", symbol="247540")
    locked = only(direct, "mand_deposit", "lock_ups", symbol="247540")
    listing = only(direct, "list_info", "listings", symbol="247540")
    assert locked["deposited_shares"] == listing["newly_listed_shares"]
    assert offer["listing_date"] == listing["listing_date"]
    assert offer["offering_price"] == listing["issue_price"]
    part = number(locked["deposited_shares"]) * 10_000 / number(listing["total_issued_shares"])
    assert abs(number(locked["deposited_share_rate"]) - part) <= Decimal("0.01")


def test_lists_keep_to_the_days_the_stock_and_the_market_that_were_asked_for(direct: Direct):
    everything = rows_of(direct, "domestic_stock_ksdinfo_list_info", "listings")
    dates = [str(row["listing_date"]) for row in everything]
    assert dates == sorted(dates, reverse=True)
    assert len({row["symbol"] for row in everything}) >= 5
    spring = rows_of(
        direct, "domestic_stock_ksdinfo_list_info", "listings", start_date="2026-03-01", end_date="2026-04-30"
    )
    assert spring == [row for row in everything if "2026-03-01" <= str(row["listing_date"]) <= "2026-04-30"]
    assert rows_of(direct, "domestic_stock_ksdinfo_rev_split", "splits", market="kosdaq") == []


def test_nothing_is_told_before_it_is_announced(direct: Direct):
    rows = rows_of(direct, "domestic_stock_ksdinfo_rev_split", "splits", start_date="2020-01-01", end_date="2030-01-01")
    assert {row["symbol"] for row in rows} == {"035720", "086520", "034020", "329180"}


def test_a_dividend_is_an_ex_dividend_day_of_the_chart(direct: Direct):
    days = candles(direct, "005930", adjusted=True)
    assert [day for day, row in days.items() if row["ex_right_type"] == "ex_dividend"] == ["2025-12-29"]
