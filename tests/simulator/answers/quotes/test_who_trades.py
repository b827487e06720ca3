"""Investors, members and programmes: each number against another API's."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from kis_mcp.catalog.decode import Record
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY

SAMSUNG = "005930"
KINDS = (
    "individual",
    "registered_foreign",
    "unregistered_foreign",
    "securities_firm",
    "investment_trust",
    "private_fund",
    "bank",
    "insurance",
    "merchant_bank",
    "pension_fund",
    "other_org",
    "other_corp",
)
GROUPS = {"foreign": KINDS[1:3], "institution": KINDS[3:10], "other": KINDS[10:]}
HAS_VOLUME = {"private_fund", "other_org", "other_corp"}
"""Kinds whose net shares KIS calls a volume."""

INDEX_OF = {"kospi": "0001", "kosdaq": "1001"}


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(row: Record, name: str) -> int:
    return int(Decimal(str(row[name])))


def net(row: Record, kind: str) -> int:
    return number(row, f"{kind}_net_buy_{'volume' if kind in HAS_VOLUME else 'quantity'}")


def brokers(direct: Direct, symbol: str) -> Record:
    return record_of(direct, "domestic_stock_inquire_member", symbol=symbol)


def symbols(direct: Direct, *boards: str) -> list[str]:
    listed = direct.kis.world.market.instruments.values()
    return [i.symbol for i in listed if i.category == "domestic_stock" and i.kind == "stock" and i.board in boards]


def test_a_stocks_investors_trade_its_volume_and_turnover_in_all(direct: Direct):
    days = rows_of(direct, "domestic_stock_investor_trade_by_stock_daily", "days", symbol=SAMSUNG)
    short = rows_of(direct, "domestic_stock_inquire_investor", "days", symbol=SAMSUNG)
    prices = rows_of(direct, "domestic_stock_inquire_daily_price", "prices", symbol=SAMSUNG)
    assert len(days) == len(short) == len(prices) == 30
    for day, brief, price in zip(days, short, prices, strict=True):
        assert day["trade_date"] == brief["trade_date"] == price["trade_date"]
        assert sum(net(day, kind) for kind in KINDS) == 0
        assert sum(number(day, f"{kind}_net_buy_turnover") for kind in KINDS) == 0
        wholes = ("individual", "foreign", "institution", "other")
        for side in ("buy", "sell"):
            assert sum(number(day, f"{who}_{side}_volume") for who in wholes) == number(price, "volume")
            assert sum(number(day, f"{who}_{side}_turnover") for who in wholes) == number(day, "turnover")
        for group, members in GROUPS.items():
            assert net(day, group) == sum(net(day, kind) for kind in members)
        for who in ("individual", "foreign", "institution"):
            for what in ("net_buy_quantity", "net_buy_turnover", "buy_volume", "sell_volume", "buy_turnover"):
                assert day[f"{who}_{what}"] == brief[f"{who}_{what}"]
        assert price["foreign_net_buy_quantity"] == day["foreign_net_buy_quantity"]


def test_the_money_of_a_flow_is_its_shares_at_a_price_of_the_day(direct: Direct):
    days = rows_of(direct, "domestic_stock_inquire_investor", "days", symbol=SAMSUNG)
    prices = rows_of(direct, "domestic_stock_inquire_daily_price", "prices", symbol=SAMSUNG)
    for day, price in zip(days, prices, strict=True):
        for who in ("individual", "foreign", "institution"):
            for side in ("buy", "sell"):
                shares, millions = number(day, f"{who}_{side}_volume"), number(day, f"{who}_{side}_turnover")
                assert number(price, "low") <= millions * 1_000_000 / shares <= number(price, "high")


def test_the_whole_foreign_holding_moves_by_what_foreigners_bought(direct: Direct):
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="017670")
    days = rows_of(direct, "domestic_stock_inquire_daily_price", "prices", symbol="017670")
    held, shares = number(quote, "foreign_holding_quantity"), number(quote, "listed_shares")
    for day in days:
        most = shares * Decimal("0.49")
        assert abs(Decimal(held) * 100 / most - Decimal(str(day["foreign_exhaustion_rate"]))) < Decimal("0.01")
        held -= number(day, "foreign_net_buy_quantity")
    friday = Direct((MONDAY - timedelta(days=3)).replace(hour=23, minute=59, second=59))
    before = record_of(friday, "domestic_stock_inquire_price", symbol="017670")
    grown = number(quote, "foreign_holding_quantity") - number(before, "foreign_holding_quantity")
    assert grown == number(days[0], "foreign_net_buy_quantity")
    assert quote["foreign_exhaustion_rate"] == days[0]["foreign_exhaustion_rate"]
    assert quote["foreign_net_buy_quantity"] == days[0]["foreign_net_buy_quantity"]


def test_what_foreigners_may_still_buy_of_a_fund_is_its_limit_without_their_holding(direct: Direct):
    fund = record_of(direct, "etfetn_inquire_price", symbol="069500")
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="069500")
    held, shares = number(fund, "foreign_holding_quantity"), number(quote, "listed_shares")
    assert held == number(quote, "foreign_holding_quantity")
    assert held + number(fund, "foreign_orderable_quantity") == shares * number(fund, "foreign_limit_rate") // 100
    assert abs(Decimal(str(fund["foreign_holding_rate"])) - Decimal(held) * 100 / shares) < Decimal("0.01")


def test_a_markets_investors_trade_what_its_index_says(direct: Direct):
    market = "kosdaq"
    now = rows_of(direct, "domestic_stock_inquire_investor_time_by_market", "investors", segment=market)[0]
    days = rows_of(direct, "domestic_stock_inquire_investor_daily_by_market", "days", market=market)
    index = record_of(direct, "domestic_stock_inquire_index_price", index=INDEX_OF[market])
    wholes = ("individual", "foreign", "institution", "other_org", "other_corp")
    for side in ("buy", "sell"):
        assert sum(number(now, f"{who}_{side}_volume") for who in wholes) == number(index, "volume")
        assert sum(number(now, f"{who}_{side}_turnover") for who in wholes) == number(index, "turnover")
    for kind in KINDS[1:]:
        if kind not in GROUPS["foreign"]:
            assert (net(now, kind), now[f"{kind}_net_buy_turnover"]) == (
                net(days[0], kind),
                days[0][f"{kind}_net_buy_turnover"],
            )
    for day in days:
        assert sum(net(day, kind) for kind in KINDS) == 0
        assert sum(number(day, f"{kind}_net_buy_turnover") for kind in KINDS) == 0
        for group, members in GROUPS.items():
            assert net(day, group) == sum(net(day, kind) for kind in members)


def test_a_markets_foreign_buying_is_that_of_its_stocks(direct: Direct):
    now = rows_of(direct, "domestic_stock_inquire_investor_time_by_market", "investors", segment="kosdaq")[0]
    quotes = [record_of(direct, "domestic_stock_inquire_price", symbol=symbol) for symbol in symbols(direct, "kosdaq")]
    bought = sum(number(quote, "foreign_net_buy_quantity") for quote in quotes)
    assert abs(bought / 1_000 - net(now, "foreign")) <= 4


def test_the_market_of_futures_is_not_told(direct: Direct):
    assert rows_of(direct, "domestic_stock_inquire_investor_time_by_market", "investors", segment="futures") == []


def test_an_estimate_is_what_had_been_bought_when_it_was_entered(direct: Direct):
    found = rows_of(direct, "domestic_stock_investor_trend_estimate", "estimates", symbol=SAMSUNG)
    assert [row["estimate_round"] for row in found] == ["2", "1"]
    for row, who, hour, minute in ((found[1], "foreign", 9, 30), (found[0], "institution", 10, 0)):
        then = Direct(MONDAY.replace(hour=hour, minute=minute))
        today = rows_of(then, "domestic_stock_inquire_investor", "days", symbol=SAMSUNG)[0]
        assert row[f"{who}_estimated_net_buy_quantity"] == today[f"{who}_net_buy_quantity"]
    late = rows_of(
        Direct(MONDAY.replace(hour=15)), "domestic_stock_investor_trend_estimate", "estimates", symbol=SAMSUNG
    )
    assert [row["estimate_round"] for row in late] == ["5", "4", "3", "2", "1"]
    assert late[3:] == found
    for row in late:
        both = (number(row, f"{who}_estimated_net_buy_quantity") for who in ("foreign", "institution"))
        assert number(row, "total_estimated_net_buy_quantity") == sum(both)


@pytest.mark.parametrize(
    ("investor", "names"),
    [
        ("all", ("foreign", "institution")),
        ("foreign", ("foreign",)),
        ("institution", ("institution",)),
        ("other", ("other_org", "other_corp")),
    ],
)
@pytest.mark.parametrize(("direction", "sign"), [("buy", -1), ("sell", 1)])
def test_the_ranking_of_net_buyers_is_of_the_asked_investor_in_the_asked_direction(
    direct: Direct, investor: str, names: tuple[str, ...], direction: str, sign: int
):
    asked = {"investor": investor, "direction": direction, "sort": "quantity", "sector": "1001"}
    rows = rows_of(direct, "domestic_stock_foreign_institution_total", "stocks", **asked)
    nets = [number(row, "net_buy_quantity") for row in rows]
    assert len(rows) == min(len(symbols(direct, "kosdaq")), 30)
    assert nets == sorted(nets, key=lambda amount: amount * sign)
    for row in rows[:3]:
        day = rows_of(direct, "domestic_stock_investor_trade_by_stock_daily", "days", symbol=row["symbol"])[0]
        assert number(row, "net_buy_quantity") == sum(net(day, who) for who in names)
        assert all(
            net(row, kind) == net(day, kind)
            for kind in ("institution", "bank", "pension_fund", "other_corp", "foreign")
        )
        assert number(row, "foreign_net_buy_turnover") == int(
            net(row, "foreign") * Decimal(str(row["price"])) / 1_000_000
        )


def test_a_ranking_of_one_market_holds_its_stocks_only(direct: Direct):
    kosdaq = set(symbols(direct, "kosdaq"))
    for tool, asked in (
        ("foreign_institution_total", {"investor": "foreign", "direction": "buy", "sector": "1001"}),
        ("frgnmem_trade_estimate", {"direction": "buy", "universe": "kosdaq"}),
        ("traded_by_company", {"sort": "buys", "universe": "kosdaq"}),
    ):
        rows = rows_of(direct, f"domestic_stock_{tool}", "stocks", **asked)
        assert {row["symbol"] for row in rows} <= kosdaq
        assert len(rows) == min(len(kosdaq), 30)


def test_the_top_members_are_those_with_the_most_shares_of_the_volume(direct: Direct):
    found, quote = brokers(direct, SAMSUNG), record_of(direct, "domestic_stock_inquire_price", symbol=SAMSUNG)
    volume = number(quote, "volume")
    today = {"start_date": MONDAY.date().isoformat(), "end_date": MONDAY.date().isoformat()}
    for side, total in (("sell", "total_sell_quantity"), ("buy", "total_buy_quantity")):
        top = [number(found, f"{side}_member_quantity_{place}") for place in range(1, 6)]
        assert top == sorted(top, reverse=True)
        assert sum(top) <= volume
        for place, quantity in enumerate(top, start=1):
            share = Decimal(str(found[f"{side}_member_share_{place}"]))
            assert abs(share - Decimal(quantity) * 100 / volume) < Decimal("0.01")
            asked = {"symbol": SAMSUNG, "broker": found[f"{side}_member_code_{place}"], **today}
            (day,) = rows_of(direct, "domestic_stock_inquire_member_daily", "days", **asked)
            assert day[total] == quantity
            assert number(day, "net_buy_quantity") == number(day, "total_buy_quantity") - number(
                day, "total_sell_quantity"
            )
        foreign = sum(
            quantity for place, quantity in enumerate(top, start=1) if found[f"{side}_member_foreign_{place}"]
        )
        assert foreign <= number(found, f"foreign_member_{side}_quantity") <= volume


def test_a_top_members_change_is_what_it_traded_at_the_last_tick(direct: Direct):
    found, before = brokers(direct, SAMSUNG), Direct(MONDAY - timedelta(seconds=20))
    today = {"start_date": MONDAY.date().isoformat(), "end_date": MONDAY.date().isoformat()}
    for side in ("sell", "buy"):
        asked = {"symbol": SAMSUNG, "broker": found[f"{side}_member_code_1"], **today}
        (then,) = rows_of(before, "domestic_stock_inquire_member_daily", "days", **asked)
        change = number(found, f"{side}_member_quantity_1") - number(then, f"total_{side}_quantity")
        assert number(found, f"{side}_member_quantity_change_1") == change > 0


def test_foreign_members_have_traded_the_same_whoever_tells(direct: Direct):
    found = brokers(direct, SAMSUNG)
    times = rows_of(direct, "domestic_stock_frgnmem_pchs_trend", "times", symbol=SAMSUNG)
    trades = blocks_of(direct, "domestic_stock_frgnmem_trade_trend", symbol=SAMSUNG)
    sold, bought = (number(found, f"foreign_member_{side}_quantity") for side in ("sell", "buy"))
    assert number(found, "foreign_member_net_buy_quantity") == bought - sold
    assert (times[0]["foreign_sell_volume"], times[0]["foreign_buy_volume"]) == (sold, bought)
    assert trades["totals"] == [{"total_sell_quantity": sold, "total_buy_quantity": bought}]
    assert number(times[0], "foreign_net_buy_quantity_change") == number(
        found, "foreign_member_buy_quantity_change"
    ) - number(found, "foreign_member_sell_quantity_change")
    for later, earlier in pairwise(times):
        change = number(later, "foreign_member_net_buy_quantity") - number(earlier, "foreign_member_net_buy_quantity")
        assert number(later, "foreign_net_buy_quantity_change") == change
        assert number(later, "volume") >= number(earlier, "volume")
        assert number(later, "foreign_member_net_buy_quantity") == number(later, "foreign_buy_volume") - number(
            later, "foreign_sell_volume"
        )


@pytest.mark.parametrize(("direction", "greatest_first"), [("buy", True), ("sell", False)])
def test_the_ranking_of_foreign_members_says_what_the_members_say(direct: Direct, direction: str, greatest_first: bool):
    asked = {"direction": direction, "sort": "quantity", "universe": "kosdaq"}
    rows = rows_of(direct, "domestic_stock_frgnmem_trade_estimate", "stocks", **asked)
    nets = [number(row, "foreign_member_net_buy_quantity") for row in rows]
    assert nets == sorted(nets, reverse=greatest_first)
    found = brokers(direct, str(rows[0]["symbol"]))
    for name in ("sell", "buy", "net_buy"):
        assert rows[0][f"foreign_member_{name}_quantity"] == found[f"foreign_member_{name}_quantity"]


def test_members_trades_run_up_to_what_they_have_bought_on_balance(direct: Direct):
    trades = rows_of(direct, "domestic_stock_frgnmem_trade_trend", "trades", symbol=SAMSUNG)
    assert len(trades) == 100
    assert trades[0]["foreign_member_net_buy_quantity"] == brokers(direct, SAMSUNG)["foreign_member_net_buy_quantity"]
    for later, earlier in pairwise(trades):
        change = number(later, "foreign_member_net_buy_quantity") - number(earlier, "foreign_member_net_buy_quantity")
        assert number(later, "foreign_net_buy_quantity_change") == change == number(later, "trade_volume")
        assert str(later["trade_time"]) >= str(earlier["trade_time"])
    name = trades[0]["member_name"]
    own = [row for row in trades if row["member_name"] == name]
    for later, earlier in pairwise(own):
        moved = number(later, "cumulative_net_buy_quantity") - number(earlier, "cumulative_net_buy_quantity")
        assert moved == number(later, "trade_volume")


def test_a_members_trades_in_a_market_keep_to_the_least_size_and_the_market(direct: Direct):
    asked: dict[str, object] = {"market": "kosdaq", "broker": "00050", "min_volume": 10}
    trades = rows_of(direct, "domestic_stock_frgnmem_trade_trend", "trades", **asked)
    assert trades
    assert {row["member_name"] for row in trades} == {"키움증권"}
    assert all(abs(number(row, "trade_volume")) >= 10 for row in trades)
    assert {row["foreign_net_buy_quantity_change"] for row in trades} == {0}
    names = {direct.kis.world.market.instruments[symbol].name_ko for symbol in symbols(direct, "kosdaq")}
    assert {row["name"] for row in trades} <= names
    day = {"start_date": MONDAY.date().isoformat(), "end_date": MONDAY.date().isoformat()}
    each = [
        rows_of(direct, "domestic_stock_inquire_member_daily", "days", symbol=symbol, broker="00050", **day)[0]
        for symbol in symbols(direct, "kosdaq")
    ]
    (total,) = rows_of(direct, "domestic_stock_frgnmem_trade_trend", "totals", **asked)
    assert total["total_buy_quantity"] == sum(number(row, "total_buy_quantity") for row in each)
    assert total["total_sell_quantity"] == sum(number(row, "total_sell_quantity") for row in each)


def test_kis_own_customers_trade_through_its_membership(direct: Direct):
    week = {"start_date": (MONDAY - timedelta(days=6)).date().isoformat(), "end_date": MONDAY.date().isoformat()}
    for sort, name in (("buys", "buy"), ("sells", "sell")):
        rows = rows_of(direct, "domestic_stock_traded_by_company", "stocks", sort=sort, universe="kosdaq", **week)
        totals = [number(row, f"{name}_trade_volume_total") for row in rows]
        assert totals == sorted(totals, reverse=True)
        days = rows_of(
            direct, "domestic_stock_inquire_member_daily", "days", symbol=rows[0]["symbol"], broker="00003", **week
        )
        assert len(days) == 5
        assert totals[0] == sum(number(day, f"total_{name}_quantity") for day in days)
        assert number(rows[0], "net_buy_trade_volume") == sum(number(day, "net_buy_quantity") for day in days)


def test_a_stocks_programme_trade_is_the_same_in_its_quote_by_tick_and_by_day(direct: Direct):
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=SAMSUNG)
    times = rows_of(direct, "domestic_stock_program_trade_by_stock", "times", symbol=SAMSUNG)
    days = rows_of(direct, "domestic_stock_program_trade_by_stock_daily", "days", symbol=SAMSUNG)
    assert quote["program_net_buy_quantity"] == times[0]["total_net_buy_quantity"] == days[0]["total_net_buy_quantity"]
    for rows, volume in ((times, "total_net_buy_volume_change"), (days, "total_net_buy_volume_change")):
        assert len(rows) == 30
        for later, earlier in pairwise(rows):
            for net_name, change in (("quantity", volume), ("turnover", "total_net_buy_turnover_change")):
                assert number(later, change) == number(later, f"total_net_buy_{net_name}") - number(
                    earlier, f"total_net_buy_{net_name}"
                )
    for day in (*days, *times):
        assert 0 < number(day, "total_buy_volume") < number(day, "volume")
        assert 0 < number(day, "total_sell_volume") < number(day, "volume")
        assert number(day, "total_net_buy_quantity") == number(day, "total_buy_volume") - number(
            day, "total_sell_volume"
        )
    for day in days:
        assert number(day, "total_buy_turnover") < number(day, "turnover")


def test_a_markets_programme_trade_is_that_of_its_investors(direct: Direct):
    market = "kosdaq"
    investors = rows_of(direct, "domestic_stock_investor_program_trade_today", "investors", market=market)
    today = rows_of(direct, "domestic_stock_comp_program_trade_daily", "days", market=market)[0]
    now = rows_of(direct, "domestic_stock_comp_program_trade_today", "times", market=market)[0]
    index = record_of(direct, "domestic_stock_inquire_index_price", index=INDEX_OF[market])
    kinds = [row for row in investors if row["investor_type_code"] != "8888"]
    institutions = [row for row in investors if str(row["investor_type_code"])[0] in "123456"]
    (together,) = [row for row in investors if row["investor_type_code"] == "8888"]
    for side, name in (("buy", "volume"), ("sell", "volume"), ("net_buy", "quantity")):
        for prefix, whole in (("arb", "arb_total"), ("nonarb", "nonarb_total"), ("total", "total")):
            if f"{whole}_{side}_{name}" in today:
                shares = sum(number(row, f"{prefix}_{side}_quantity") for row in kinds)
                assert shares == number(today, f"{whole}_{side}_{name}")
                money = sum(number(row, f"{prefix}_{side}_amount") for row in kinds)
                assert money == number(today, f"{whole}_{side}_turnover")
            assert number(together, f"{prefix}_{side}_amount") == sum(
                number(row, f"{prefix}_{side}_amount") for row in institutions
            )
    for name in ("arb_total_sell_turnover", "nonarb_total_buy_turnover_rate", "nonarb_total_net_buy_turnover"):
        assert now[name] == today[name]
    assert sum(number(row, "total_net_buy_amount") for row in kinds) == number(now, "total_net_buy_turnover")
    assert now["index_price"] == index["index_price"]
    for name in ("sell_turnover", "buy_turnover", "sell_volume", "buy_volume"):
        for prefix in ("arb_", "nonarb_", ""):
            accounts = number(today, f"{prefix}agency_{name}") + number(today, f"{prefix}prop_{name}")
            assert accounts == number(today, f"{prefix}total_{name}")
    for account in ("agency", "prop", "total"):
        whole = f"{account}_" if account != "total" else "total_"
        assert number(today, f"{whole}buy_turnover") == number(today, f"arb_{account}_buy_turnover") + number(
            today, f"nonarb_{account}_buy_turnover"
        )
    share = Decimal(number(today, "total_buy_turnover")) * 100 / number(index, "turnover")
    assert abs(share - Decimal(str(today["total_buy_turnover_rate"]))) < Decimal("0.01")


def test_a_markets_programme_trade_is_that_of_its_stocks(direct: Direct):
    today = rows_of(direct, "domestic_stock_comp_program_trade_daily", "days", market="kosdaq")[0]
    quotes = [record_of(direct, "domestic_stock_inquire_price", symbol=symbol) for symbol in symbols(direct, "kosdaq")]
    bought = sum(number(quote, "program_net_buy_quantity") for quote in quotes)
    assert abs(bought / 1_000 - (number(today, "total_buy_volume") - number(today, "total_sell_volume"))) <= 48


def test_a_markets_programme_trade_of_a_minute_is_what_it_was_at_that_minute(direct: Direct):
    times = rows_of(direct, "domestic_stock_comp_program_trade_today", "times", market="kosdaq")
    assert len(times) == 30
    assert times[0]["trade_time"] == "11:00:00"
    then = Direct(MONDAY - timedelta(minutes=29))
    earlier = rows_of(then, "domestic_stock_comp_program_trade_today", "times", market="kosdaq")
    assert times[29] == earlier[0]
    assert earlier[0]["trade_time"] == "10:31:00"


def test_yesterdays_flows_stay_what_they_were_at_its_end(direct: Direct):
    end = Direct((MONDAY - timedelta(days=3)).replace(hour=23, minute=59, second=59))
    for tool, block, asked in (
        ("domestic_stock_investor_trade_by_stock_daily", "days", {"symbol": SAMSUNG}),
        ("domestic_stock_inquire_investor_daily_by_market", "days", {"market": "kosdaq"}),
        ("domestic_stock_program_trade_by_stock_daily", "days", {"symbol": SAMSUNG}),
        ("domestic_stock_comp_program_trade_daily", "days", {"market": "kosdaq"}),
    ):
        was, stays = rows_of(end, tool, block, **asked)[0], rows_of(direct, tool, block, **asked)[1]
        assert was == stays, tool
