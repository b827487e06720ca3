"""Single trades by size, price and side, against quotes and the list of trades."""

from dataclasses import astuple
from decimal import Decimal

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.trades import LargeTrades
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of
from tests.simulator.wire import MONDAY

SAMSUNG = "005930"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(row: Record, name: str) -> Decimal:
    return Decimal(str(row[name]))


def total(rows: list[Record], name: str) -> Decimal:
    return sum((number(row, name) for row in rows), Decimal(0))


@pytest.mark.parametrize("symbol", [SAMSUNG, "247540"])
def test_trades_of_every_amount_make_the_days_volume_and_both_its_sides(direct: Direct, symbol: str):
    bands = rows_of(direct, "domestic_stock_tradprt_byamt", "bands", symbol=symbol)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
    today = {"symbol": symbol, "start_date": MONDAY.date().isoformat(), "end_date": MONDAY.date().isoformat()}
    (sides,) = rows_of(direct, "domestic_stock_inquire_daily_trade_volume", "days", **today)
    volume = number(quote, "volume")
    assert [band["price_range_name"] for band in bands][:2] == ["3백 이하", "5백 이하"]
    assert total(bands, "volume") == volume
    assert total(bands, "buy_trade_volume_total") == sides["total_buy_quantity"]
    assert total(bands, "sell_trade_volume_total") == sides["total_sell_quantity"]
    for band in bands:
        bought, sold = number(band, "buy_trade_volume_total"), number(band, "sell_trade_volume_total")
        assert number(band, "volume") == bought + sold
        assert number(band, "net_buy_trade_count") == number(band, "buy_trade_count") - number(band, "sell_trade_count")
        assert abs(number(band, "total_net_buy_quantity_rate") - (bought - sold) * 100 / volume) < CENT
        assert abs(number(band, "total_buy_volume_rate") - bought * 100 / volume) < CENT
        if number(band, "volume"):
            assert number(quote, "low") - 1 <= number(band, "average_price") <= number(quote, "high")


def test_a_trade_is_in_the_band_of_its_amount(direct: Direct):
    early = Direct(MONDAY.replace(hour=0, minute=4))
    trades = rows_of(early, "domestic_stock_inquire_ccnl", "trades", symbol=SAMSUNG)
    bands = rows_of(early, "domestic_stock_tradprt_byamt", "bands", symbol=SAMSUNG)
    amounts = [number(trade, "price") * number(trade, "trade_volume") for trade in trades]
    limits = [0, 3, 5, 10, 20, 30, 50, 100, 10**9]
    assert len(trades) == 13
    for band, low, high in zip(bands, limits, limits[1:], strict=False):
        inside = [a for a in amounts if low * 1_000_000 < a <= high * 1_000_000]
        assert number(band, "buy_trade_count") + number(band, "sell_trade_count") == len(inside)


def test_the_volume_at_each_price_makes_the_days(direct: Direct):
    levels = rows_of(direct, "domestic_stock_pbar_tratio", "levels", symbol=SAMSUNG)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=SAMSUNG)
    assert total(levels, "trade_volume") == quote["volume"]
    sizes = [number(level, "trade_volume") for level in levels]
    assert sizes == sorted(sizes, reverse=True)
    assert [level["rank"] for level in levels] == list(range(1, len(levels) + 1))
    prices = [number(level, "price") for level in levels]
    assert (min(prices), max(prices)) == (quote["low"], quote["high"])
    for level in levels:
        assert abs(number(level, "volume_share") - number(level, "trade_volume") * 100 / number(quote, "volume")) < CENT
    paid = sum(number(level, "trade_volume") * number(level, "price") for level in levels)
    assert abs(paid / number(quote, "turnover") - 1) < Decimal("0.02")


@pytest.mark.parametrize(("sort", "column"), [("buys", "buy_trade_count"), ("sells", "sell_trade_count")])
def test_large_trades_are_ranked_by_the_asked_side_and_counted_as_the_bands_count_them(
    direct: Direct, sort: str, column: str
):
    tool, asked = "domestic_stock_bulk_trans_num", {"sort": sort, "universe": "kosdaq"}
    rows = rows_of(direct, tool, "stocks", min_trade_value="30m", **asked)
    counts = [number(row, column) for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 0
    bands = rows_of(direct, "domestic_stock_tradprt_byamt", "bands", symbol=rows[0]["symbol"])
    assert counts[0] == total(bands[5:], column)
    bought, sold = (total(bands[5:], f"{side}_trade_volume_total") for side in ("buy", "sell"))
    assert number(rows[0], "net_buy_trade_volume") == bought - sold
    more = rows_of(direct, tool, "stocks", min_trade_value="10m", **asked)
    assert total(more, column) > total(rows, column)
    (one,) = rows_of(direct, tool, "stocks", min_trade_value="30m", symbol=rows[1]["symbol"], **asked)
    assert one == {**rows[1], "rank": 1}


def test_large_trades_are_counted_alike_step_by_step_at_once_and_again():
    market = Market(3)
    stock, day = market.instruments[SAMSUNG], MONDAY.date()
    step_by_step = LargeTrades(market)
    counts = [astuple(step_by_step.until(stock, day, ticks, 50_000_000)) for ticks in range(200, 600)]
    for ticks in (599, 300, 450):
        at_once = astuple(LargeTrades(market).until(stock, day, ticks, 50_000_000))
        assert at_once == counts[ticks - 200]
        assert at_once == astuple(step_by_step.until(stock, day, ticks, 50_000_000))
    assert counts[0] < counts[-1]


def test_the_sides_of_each_day_make_its_volume_and_their_totals(direct: Direct):
    asked: dict[str, object] = {"symbol": SAMSUNG, "start_date": "2026-06-08", "end_date": "2026-06-15"}
    days = rows_of(direct, "domestic_stock_inquire_daily_trade_volume", "days", **asked)
    prices = rows_of(direct, "domestic_stock_inquire_daily_price", "prices", symbol=SAMSUNG)
    assert [day["trade_date"] for day in days] == [price["trade_date"] for price in prices[:6]]
    for day, price in zip(days, prices, strict=False):
        assert number(day, "total_buy_quantity") + number(day, "total_sell_quantity") == price["volume"]
    ranked = rows_of(direct, "domestic_stock_volume_power", "stocks", universe="kosdaq")
    asked = {**asked, "symbol": ranked[0]["symbol"], "start_date": "2026-06-15"}
    (today,) = rows_of(direct, "domestic_stock_inquire_daily_trade_volume", "days", **asked)
    assert ranked[0]["buy_trade_volume_total"] == today["total_buy_quantity"]
    assert ranked[0]["sell_trade_volume_total"] == today["total_sell_quantity"]
