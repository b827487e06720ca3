from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.simulator.market.listings import warrant_terms
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY

RANKINGS = [
    ("elw_volume_rank", {"sort": "volume"}, "volume", True),
    ("elw_volume_rank", {"sort": "volume_growth"}, "volume_growth_rate", True),
    ("elw_volume_rank", {"sort": "turnover_rate"}, "volume_turnover_rate", True),
    ("elw_volume_rank", {"sort": "traded_value"}, "turnover", True),
    ("elw_volume_rank", {"sort": "net_bids"}, "net_bid_quantity", True),
    ("elw_volume_rank", {"sort": "net_asks"}, "net_ask_quantity", True),
    ("elw_updown_rate", {"sort": "gainers"}, "change_rate", True),
    ("elw_updown_rate", {"sort": "losers"}, "change_rate", False),
    ("elw_updown_rate", {"sort": "gainers_since_open"}, "change_from_open_rate", True),
    ("elw_indicator", {"sort": "leverage"}, "leverage", True),
    ("elw_indicator", {"sort": "intrinsic_value"}, "intrinsic_value", True),
    ("elw_sensitivity", {"sort": "delta"}, "delta", True),
    ("elw_sensitivity", {"sort": "implied_volatility"}, "implied_volatility", True),
    ("elw_quick_change", {"sort": "price_jump", "length": 10}, "change_from_base_value_rate", True),
    ("elw_quick_change", {"sort": "price_drop", "period": "days", "length": 2}, "change_from_base_value_rate", False),
]


@pytest.fixture(scope="module")
def found(direct: Direct) -> list[Record]:
    """Every living warrant as the screener shows it."""
    return rows_of(direct, "elw_cond_search", "warrants", sort="symbol", direction="lowest_first")


def number(value: object) -> Decimal:
    return Decimal(str(value))


def test_the_screener_shows_the_warrants_that_live_today(found: list[Record]):
    today = MONDAY.date()
    ordinary = {s for s, t in warrant_terms().items() if t.barrier is None and t.listed_since <= today <= t.expiry}
    assert {row["symbol"] for row in found if row["elw_right_form"] == "표준"} == ordinary
    assert [row["symbol"] for row in found] == sorted(str(row["symbol"]) for row in found)
    assert len(found) >= 40


def test_a_warrants_figures_follow_from_its_price_its_terms_and_its_underlying(direct: Direct, found: list[Record]):
    for row in found:
        price, strike, spot = (number(row[name]) for name in ("price", "strike_price", "underlying_price"))
        ratio, sign = number(row["conversion_rate"]), 1 if row["right_type_name"] == "콜" else -1
        intrinsic = max(sign * (spot - strike), Decimal(0)) * ratio
        close = Decimal("0.02") * max(ratio, Decimal(1)) + Decimal("0.01")
        assert abs(number(row["time_value"]) - (price - intrinsic)) <= close
        assert price >= intrinsic - close
        assert abs(number(row["gearing"]) - spot * ratio / price) <= Decimal("0.001") * number(row["gearing"])
        turned = number(row["gearing"]) * number(row["delta"])
        assert abs(number(row["leverage"]) - turned) < Decimal("0.001") + number(row["gearing"]) / 10**6
        assert abs(number(row["parity"]) - (spot / strike if sign > 0 else strike / spot) * 100) < Decimal("0.02")
        assert abs(number(row["break_even_price"]) - (strike + sign * price / ratio)) < Decimal("0.01")
        even = number(row["break_even_price"]) / spot * 100 - 100
        assert abs(number(row["break_even_rate"]) - even) < Decimal("0.02")
        assert abs(number(row["premium_value"]) - sign * even) < Decimal("0.02")
        if not row["knock_out_barrier_price"]:
            assert 0 <= sign * number(row["delta"]) <= 1
        assert number(row["lp_holding_volume"]) <= number(row["listed_shares"])


def test_a_warrants_underlying_stands_where_its_own_quote_says(direct: Direct, found: list[Record]):
    for row in found:
        symbol = str(row["underlying_symbol"])
        if symbol in ("2001", "3003"):
            quote = record_of(direct, "domestic_stock_inquire_index_price", index=symbol)
            told = (quote["index_price"], quote["index_change"], quote["index_change_rate"])
        else:
            quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
            told = (quote["price"], quote["change"], quote["change_rate"])
        assert (row["underlying_price"], row["underlying_change"], row["underlying_change_rate"]) == told


@pytest.mark.parametrize(("tool", "arguments", "column", "greatest_first"), RANKINGS)
def test_a_ranking_of_warrants_is_in_the_order_of_its_own_column(
    direct: Direct, found: list[Record], tool: str, arguments: dict[str, object], column: str, greatest_first: bool
):
    rows = rows_of(direct, tool, "warrants", **arguments)
    values = [number(row[column]) for row in rows]
    assert values == sorted(values, reverse=greatest_first)
    first_day = MONDAY.date().isoformat()
    newest = {row["symbol"] for row in found if row["listing_date"] == first_day}
    left_out = newest if arguments["sort"] == "volume_growth" else set[object]()
    assert {row["symbol"] for row in rows} == {row["symbol"] for row in found} - left_out


@pytest.mark.parametrize(
    ("arguments", "is_wanted"),
    [
        ({"underlying": "005930"}, lambda row: row["underlying_symbol"] == "005930"),
        ({"issuer": "00017"}, lambda row: row["issuer_name"] == "KB증권(주)"),
        ({"right": "put"}, lambda row: row["right_type_name"] == "풋"),
        ({"settlement": "knock_out"}, lambda row: number(row["knock_out_barrier_price"]) > 0),
        ({"min_price": 100, "max_price": 500}, lambda row: 100 <= number(row["price"]) <= 500),
        ({"min_delta": "0.5"}, lambda row: number(row["delta"]) >= Decimal("0.5")),
        ({"matures": "up_to_1_month"}, lambda row: number(row["remaining_days"]) <= 30),
        ({"last_trading_from": "2027-01-01"}, lambda row: str(row["last_trading_date"]) >= "2027-01-01"),
        (
            {"strike_against_underlying": "at_least"},
            lambda row: number(row["strike_price"]) >= number(row["underlying_price"]),
        ),
    ],
)
def test_the_screener_keeps_to_what_was_asked(
    direct: Direct, found: list[Record], arguments: dict[str, object], is_wanted: Callable[[Record], bool]
):
    rows = rows_of(direct, "elw_cond_search", "warrants", **arguments)
    wanted = {row["symbol"] for row in found if is_wanted(row)}
    assert {row["symbol"] for row in rows} == wanted
    assert 0 < len(wanted) < len(found)


def test_the_screener_sorts_by_its_keys_one_after_another(direct: Direct):
    rows = rows_of(
        direct, "elw_cond_search", "warrants", sort="conversion_ratio", sort_2="price", direction_2="lowest_first"
    )
    keys = [(-number(row["conversion_rate"]), number(row["price"])) for row in rows]
    assert keys == sorted(keys)


def test_the_underlyings_are_those_of_the_warrants_and_lead_to_them(direct: Direct, found: list[Record]):
    underlyings = rows_of(direct, "elw_udrl_asset_list", "underlyings", sort="symbol")
    symbols = [str(row["underlying_symbol"]) for row in underlyings]
    assert symbols == sorted({str(row["underlying_symbol"]) for row in found})
    for symbol in symbols[:4]:
        rows = rows_of(direct, "elw_udrl_asset_price", "warrants", underlying=symbol)
        own = {row["symbol"] for row in found if row["underlying_symbol"] == symbol}
        assert {row["symbol"] for row in rows} == own
        assert {row["symbol"] for row in rows_of(direct, "elw_compare_stocks", "warrants", symbol=symbol)} == own
    stock = record_of(direct, "domestic_stock_inquire_price", symbol="005930")
    other = record_of(direct, "domestic_stock_inquire_price", symbol="000270")
    assert (stock["elw_issued"], other["elw_issued"]) == (True, False)


def test_newly_listed_and_expiring_warrants_lie_within_the_asked_days(direct: Direct):
    new = rows_of(direct, "elw_newly_listed", "warrants", since="2026-03-01")
    assert new
    assert all("2026-03-01" <= str(row["listing_date"]) <= "2026-06-15" for row in new)
    asked = {"start_date": "2026-06-01", "end_date": "2026-07-31"}
    expiring = rows_of(direct, "elw_expiration_stocks", "warrants", **asked)
    days = [str(row["last_trading_date"]) for row in expiring]
    assert days == sorted(days)
    assert set(days) == {"2026-06-11", "2026-07-09"}
    for row in expiring:
        paid = number(row["redemption_amount"])
        assert number(row["total_redemption_amount"]) == paid * number(row["listed_shares"])
        assert paid == 0 or str(row["last_trading_date"]) < "2026-06-15"
        assert number(row["price"]) >= paid


def test_the_trends_of_a_warrant_begin_where_it_stands(direct: Direct, found: list[Record]):
    symbol = "58J297"
    (now,) = [row for row in found if row["symbol"] == symbol]
    for tool, block, price in (
        ("elw_indicator_trend_ccnl", "trades", "price"),
        ("elw_indicator_trend_minute", "candles", "close"),
        ("elw_indicator_trend_daily", "days", "price"),
        ("elw_volatility_trend_ccnl", "trades", "price"),
        ("elw_volatility_trend_tick", "ticks", "price"),
        ("elw_volatility_trend_minute", "candles", "close"),
        ("elw_volatility_trend_daily", "days", "price"),
        ("elw_sensitivity_trend_ccnl", "trades", "price"),
        ("elw_sensitivity_trend_daily", "days", "price"),
    ):
        rows = rows_of(direct, tool, block, symbol=symbol)
        assert len(rows) >= 30
        assert rows[0][price] == now["price"]
        same = set(rows[0]) & {"leverage", "gearing", "parity", "delta", "implied_volatility", "time_value"}
        assert same
        assert {name: rows[0][name] for name in same} == {name: now[name] for name in same}
    quote = record_of(direct, "domestic_stock_inquire_elw_price", symbol=symbol)
    same = {"price", "strike_price", "underlying_price", "implied_volatility", "moneyness_name"}
    assert {name: quote[name] for name in same} == {name: now[name] for name in same}


def test_a_trend_without_past_days_has_todays_minutes_only(direct: Direct):
    today = rows_of(
        direct, "elw_indicator_trend_minute", "candles", symbol="58J297", interval="60m", include_past_days=False
    )
    past = rows_of(direct, "elw_indicator_trend_minute", "candles", symbol="58J297", interval="60m")
    assert {row["trade_date"] for row in today} == {"2026-06-15"}
    assert len({row["trade_date"] for row in past}) > 1


def test_a_liquidity_provider_holds_what_it_did_not_sell(direct: Direct, found: list[Record]):
    answer = blocks_of(direct, "elw_lp_trade_trend", symbol="58J297")
    days = answer["days"]
    assert isinstance(days, list)
    for day, before in pairwise(days):
        net = number(day["lp_sell_quantity"]) - number(day["lp_buy_quantity"])
        assert number(day["lp_holding_volume"]) == number(before["lp_holding_volume"]) - net
        assert number(day["individual_trade_quantity"]) == number(day["lp_sell_quantity"]) + number(
            day["lp_buy_quantity"]
        )
    (now,) = [row for row in found if row["symbol"] == "58J297"]
    assert days[0]["lp_holding_volume"] == now["lp_holding_volume"]


def test_a_stocks_api_says_nothing_of_a_warrant(direct: Direct):
    assert set(record_of(direct, "domestic_stock_inquire_price", symbol="58J297").values()) == {None}
    ranked = rows_of(direct, "domestic_stock_volume_rank", "stocks", sort="volume")
    assert not {row["symbol"] for row in ranked} & set(warrant_terms())
