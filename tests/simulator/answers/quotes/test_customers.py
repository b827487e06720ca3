"""What customers keep and look at follows from the prices of the same moment."""

from collections.abc import Callable
from decimal import Decimal
from operator import ge, le

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator.wire.hosts import Host
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of


def number(value: object) -> Decimal:
    return Decimal(str(value))


def price_of(direct: Direct, symbol: object) -> dict[str, object]:
    return dict(record_of(direct, "domestic_stock_inquire_price", symbol=symbol))


def test_the_stocks_of_every_group_are_found_and_priced(direct: Direct):
    groups = rows_of(direct, "domestic_stock_intstock_grouplist", "groups")
    assert len(groups) >= 2
    for group in groups:
        answer = blocks_of(
            direct, "domestic_stock_intstock_stocklist_by_group", group_code=group["watchlist_group_code"]
        )
        head, stocks = answer["group"], answer["stocks"]
        assert isinstance(head, dict)
        assert isinstance(stocks, list)
        assert head["watchlist_group_name"] == group["watchlist_group_name"]
        assert head["rank"] == group["rank"]
        prices = rows_of(
            direct, "domestic_stock_intstock_multprice", "stocks", symbols=[stock["symbol"] for stock in stocks]
        )
        assert [row["name"] for row in prices] == [stock["name"] for stock in stocks]
    answer = blocks_of(direct, "domestic_stock_intstock_stocklist_by_group", group_code="999")
    assert answer["stocks"] == []


def test_an_unknown_symbol_leaves_its_row_blank_and_the_list_is_still_answered(direct: Direct):
    rows = rows_of(direct, "domestic_stock_intstock_multprice", "stocks", symbols=["005930", "999999", "069500"])
    assert [row["symbol"] for row in rows] == ["005930", None, "069500"]
    assert set(rows[1].values()) == {None}
    for row in (rows[0], rows[2]):
        quote = price_of(direct, row["symbol"])
        for name in ("price", "change", "open", "high", "low", "volume", "turnover", "base_price"):
            assert row[name] == quote[name]
        high, opening = number(quote["high"]), number(quote["open"])
        assert row["high_to_open_rate"] == round((high - opening) * 100 / opening, 2)
        assert (row["quote_session"], row["market_name"]) == ("regular", "코스피")


CONDITIONS: tuple[tuple[str, str, Callable[[Decimal, Decimal], bool], int], ...] = (
    ("등락률 1% 이상", "change_rate", ge, 1),
    ("등락률 -1% 이하", "change_rate", le, -1),
    ("PER 10배 이하", "per", le, 10),
    ("PBR 1배 이하", "pbr", le, 1),
    ("52주 최고가까지 10% 이내", "price_to_high_52_week_rate", ge, -10),
)


@pytest.mark.parametrize(("name", "fact", "compare", "value"), CONDITIONS)
def test_a_saved_condition_finds_exactly_the_stocks_that_meet_it(
    direct: Direct, name: str, fact: str, compare: Callable[[Decimal, Decimal], bool], value: int
):
    saved = {row["condition_name"]: row for row in rows_of(direct, "domestic_stock_psearch_title", "conditions")}
    found = rows_of(
        direct,
        "domestic_stock_psearch_result",
        "stocks",
        condition_id=saved[f"[모의] {name}"]["condition_id"],
    )
    listed = [i.symbol for i in direct.kis.world.market.instruments.values() if i.category == "domestic_stock"]
    quotes = {symbol: price_of(direct, symbol) for symbol in listed}
    expected = {s for s, q in quotes.items() if q[fact] is not None and compare(number(q[fact]), Decimal(value))}
    largest = sorted(expected, key=lambda symbol: number(quotes[symbol]["market_cap"]), reverse=True)[:100]
    assert {row["symbol"] for row in found} == set(largest)
    assert expected
    sizes = [number(row["market_cap"]) for row in found]
    assert sizes == sorted(sizes, reverse=True)
    for row in found[:3]:
        quote = quotes[str(row["symbol"])]
        assert (row["price"], row["change_rate"], row["high_52_week"]) == (
            quote["price"],
            quote["change_rate"],
            quote["high_52_week"],
        )
        assert number(row["market_cap"]) // 1 == quote["market_cap"]


def test_a_condition_that_nobody_saved_finds_nothing_as_kis_words_it(direct: Direct):
    api = catalog().find("domestic_stock_psearch_result")
    assert api is not None
    body = direct.call(api, Host.REAL, condition_id="99").body
    assert isinstance(body, dict)
    assert (body["rt_cd"], body["msg_cd"]) == ("1", "MCA05918")


def test_what_is_watched_most_usually_trades_most(direct: Direct):
    rows = rows_of(direct, "domestic_stock_top_interest_stock", "stocks")
    counts = [number(row["watchlist_registration_count"]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert [row["rank"] for row in rows] == list(range(1, 31))
    for row in rows[:2]:
        days = rows_of(
            direct,
            "domestic_stock_inquire_daily_itemchartprice",
            "candles",
            symbol=row["symbol"],
            start_date="2026-05-01",
            end_date="2026-06-14",
        )[:20]
        usual = sum((number(day["turnover"]) for day in days), Decimal(0)) / 20
        assert abs(number(row["watchlist_registration_count"]) - usual / 300_000) <= 1
        assert row["price"] == price_of(direct, row["symbol"])["price"]
    later = rows_of(direct, "domestic_stock_top_interest_stock", "stocks", from_rank=10, min_price=100_000)
    both = [row for row in later if int(str(row["rank"])) <= 30]
    assert both == [row for row in rows if int(str(row["rank"])) >= 10 and number(row["price"]) >= 100_000]
    assert both
    weak = rows_of(direct, "domestic_stock_top_interest_stock", "stocks", status="administrative")
    assert [row["symbol"] for row in weak] == ["034020"]


def test_what_is_viewed_most_is_what_trades_most_today(direct: Direct):
    viewed = rows_of(direct, "domestic_stock_hts_top_view", "stocks")
    traded = rows_of(direct, "domestic_stock_volume_rank", "stocks", sort="traded_value", exclude="funds")
    assert [row["symbol"] for row in viewed] == [row["symbol"] for row in traded[:20]]
    assert {row["market"] for row in viewed} <= {"kospi", "kosdaq"}
