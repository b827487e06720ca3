from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import fund_terms
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of

PLAIN = [symbol for symbol, terms in fund_terms().items() if terms.multiple == 1 and terms.follows in indices()]


def number(value: object) -> Decimal:
    return Decimal(str(value))


@pytest.mark.parametrize("symbol", PLAIN)
def test_what_a_creation_unit_holds_is_worth_its_net_asset_value(direct: Direct, symbol: str):
    answer = blocks_of(direct, "etfetn_inquire_component_stock_price", symbol=symbol)
    fund, rows = answer["fund"], answer["constituents"]
    assert isinstance(fund, dict)
    assert isinstance(rows, list)
    units = number(fund["etf_creation_unit_quantity"])
    assert abs(sum(number(row["etf_component_market_cap"]) for row in rows) - number(fund["nav"]) * units) <= 1
    assert abs(sum(number(row["etf_component_share"]) for row in rows) - 100) < Decimal("0.01") * len(rows)
    index = indices()[fund_terms()[symbol].follows]
    assert {row["symbol"] for row in rows[:-1]} == {member.symbol for member in index.members}
    assert len(rows) == fund["etf_component_count"]
    for row in rows[:3]:
        quote = record_of(direct, "domestic_stock_inquire_price", symbol=row["symbol"])
        held = number(row["etf_component_market_cap"]) / number(quote["price"])
        assert (row["price"], held) == (quote["price"], held.to_integral_value())


def test_a_funds_value_moves_as_the_index_that_it_follows_does(direct: Direct):
    index_of = cache(lambda code: record_of(direct, "domestic_stock_inquire_index_price", index=code))
    for symbol, terms in fund_terms().items():
        if terms.follows not in indices():
            continue
        quote, index = record_of(direct, "etfetn_inquire_price", symbol=symbol), index_of(terms.follows)
        assert abs(number(quote["index_change_rate"]) - number(index["index_change_rate"])) <= Decimal("0.01")
        moved = number(index["index_change_rate"]) * terms.multiple
        assert abs(number(quote["nav_change_rate"]) - moved) < Decimal("0.03")
        assert quote["etf_tracking_multiple"] == terms.multiple


@pytest.mark.parametrize("symbol", ["069500", "252670", "411060", "Q530107"])
def test_a_funds_price_is_told_beside_the_same_net_asset_value_by_every_api(direct: Direct, symbol: str):
    quote = record_of(direct, "etfetn_inquire_price", symbol=symbol)
    trend = blocks_of(direct, "etfetn_nav_comparison_trend", symbol=symbol)
    days = rows_of(
        direct,
        "etfetn_nav_comparison_daily_trend",
        "days",
        symbol=symbol,
        start_date="2026-05-01",
        end_date="2026-06-15",
    )
    steps = rows_of(direct, "etfetn_nav_comparison_time_trend", "steps", symbol=symbol, interval="5m")
    nav = trend["nav"]
    assert isinstance(nav, dict)
    assert quote["nav"] == nav["nav"] == days[0]["nav"] == steps[0]["nav"]
    assert quote["previous_nav"] == nav["nav_previous_close"] == days[1]["nav"]
    assert number(nav["nav_low"]) <= min(number(nav["nav_open"]), number(nav["nav"]))
    assert number(nav["nav_high"]) >= max(number(nav["nav_open"]), number(nav["nav"]))
    gap = number(quote["price"]) - number(quote["nav"])
    assert number(days[0]["change_from_nav"]) == gap
    assert abs(number(quote["divergence_rate"]) - gap * 100 / number(quote["nav"])) <= Decimal("0.01")
    assert number(quote["etf_total_net_assets"]) == number(quote["nav"]) * int(str(quote["listed_shares"])) // 10**8
    assert 0 < number(quote["tracking_error_rate"]) < 1
    assert all(str(row["trade_date"]) >= "2026-05-01" for row in days)
    assert all(number(day["nav_change"]) == number(day["nav"]) - number(past["nav"]) for day, past in pairwise(days))


def test_an_etns_answer_names_its_issuer_and_no_creation_unit(direct: Direct):
    note = record_of(direct, "etfetn_inquire_price", symbol="Q530107")
    assert (note["member_name"], note["etf_creation_unit_quantity"]) == ("삼성증권", None)
    assert rows_of(direct, "etfetn_inquire_component_stock_price", "constituents", symbol="Q530107") == []
