"""A day's line, an order book, holdings and profits."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.charts.holdings import HoldingRow, HoldingsChart, draw_holdings
from kis_mcp.charts.intraday import IntradayChart, draw_intraday
from kis_mcp.charts.order_book import OrderBookChart, draw_order_book
from kis_mcp.charts.palette import PALETTES
from kis_mcp.charts.profits import DayAmount, ProfitsChart, draw_profits
from kis_mcp.market.candle_pages import Candle
from kis_mcp.market.order_book import Level
from tests.charts.pictures import HEADING, START, candles_of, read, some_candles

KOREA = PALETTES["korea"]
MINUTE = timedelta(minutes=1)
AMOUNTS = st.decimals(-(10**11), 10**11, places=0)


def minutes(closes: list[int]) -> list[Candle]:
    return [
        replace(bar, time=bar.time.replace(hour=9) + MINUTE * number)
        for number, bar in enumerate(candles_of(closes, step=timedelta()))
    ]


@given(bars=some_candles(), previous=st.none() | st.decimals(-1000, 10_000_000, places=2))
@settings(max_examples=40)
def test_any_day_is_drawn_inside_the_picture(bars: list[Candle], previous: Decimal | None) -> None:
    bars = [replace(bar, time=START + MINUTE * number * 7) for number, bar in enumerate(bars)]
    read(draw_intraday(IntradayChart(HEADING, bars, previous, "USD"), KOREA))


def test_the_line_of_a_day_stands_at_its_prices_and_against_the_close_before() -> None:
    picture = read(
        draw_intraday(IntradayChart(HEADING, minutes([70_100, 70_300, 69_800]), Decimal(70_000), "KRW"), KOREA)
    )
    (line,) = picture.all("polyline", "price")
    assert line.get("stroke") == KOREA.down
    heights = [y for _, y in line.points]
    assert [picture.price_at(height) for height in heights] == pytest.approx([70_100, 70_300, 69_800], abs=1)
    (close,) = picture.all("line", "previous_close")
    assert picture.price_at(close.number("y1")) == pytest.approx(70_000, abs=1)
    assert picture.texts("legend") == ["전일 종가 70,000"]
    areas = picture.all("polygon", "against_close")
    assert [area.get("fill") for area in areas] == [KOREA.up_area, KOREA.down_area]


def test_a_time_without_trades_is_a_gap_and_no_flat_line() -> None:
    bars = [bar for bar in minutes([100 + number % 5 for number in range(120)]) if not 30 <= bar.time.minute < 50]
    picture = read(draw_intraday(IntradayChart(HEADING, bars, None, "KRW"), KOREA))
    runs = [
        [float(point.split(",")[0]) for point in line.get("points").split()]
        for line in picture.all("polyline", "price")
    ]
    assert [len(run) for run in runs] == [30, 40, 10]
    assert runs[1][0] - runs[0][-1] == pytest.approx(21 * (runs[0][1] - runs[0][0]), abs=0.5)
    assert "10:00" in picture.texts("time")


LEVELS = st.lists(st.tuples(st.decimals(-100, 10**7, places=2), st.integers(0, 10**9)), max_size=10)


@given(asks=LEVELS, bids=LEVELS, previous=st.none() | st.decimals(-100, 10**6, places=2))
@settings(max_examples=40)
def test_any_order_book_is_drawn_inside_the_picture(
    asks: list[tuple[Decimal, int]], bids: list[tuple[Decimal, int]], previous: Decimal | None
) -> None:
    sellers, buyers = ([Level(*each) for each in side] for side in (asks, bids))
    chart = OrderBookChart(HEADING, sellers, buyers, 10**10, None, previous, None, "USD")
    read(draw_order_book(chart, KOREA))


def test_an_order_book_has_sellers_above_buyers_and_bars_as_long_as_their_quantities() -> None:
    asks, bids = [Level(Decimal(101), 50), Level(Decimal(102), 100)], [Level(Decimal(100), 25)]
    chart = OrderBookChart(HEADING, asks, bids, 150, 25, Decimal(100), Decimal(101), "KRW")
    picture = read(draw_order_book(chart, KOREA))
    assert picture.texts("price") == ["102", "101", "100"]
    assert picture.texts("quantity") == ["100", "50", "25"]
    assert picture.texts("total") == ["매도 150", "매수 25"]
    assert picture.texts("rate") == ["+2.00%", "+1.00%", "0.00%"]
    (much, half), (quarter,) = picture.all("rect", "ask"), picture.all("rect", "bid")
    lengths = [bar.number("width") for bar in (much, half, quarter)]
    assert lengths == pytest.approx([lengths[0], lengths[0] / 2, lengths[0] / 4], abs=0.02)
    assert [bar.get("fill") for bar in (much, quarter)] == [KOREA.down, KOREA.up]
    assert len({mark.get("y1") for mark in picture.all("line", "last")}) == 1


def test_an_empty_order_book_says_so() -> None:
    assert read(draw_order_book(OrderBookChart(HEADING, [], [], None, None, None, None, "KRW"), KOREA)).texts(
        "empty"
    ) == ["호가 없음"]


RATES = st.none() | st.decimals(-1000, 1000, places=2)


@given(rows=st.lists(st.builds(HoldingRow, st.text(max_size=40), RATES, st.none() | AMOUNTS, RATES), max_size=12))
@settings(max_examples=40)
def test_any_holdings_are_drawn_inside_the_picture(rows: list[HoldingRow]) -> None:
    read(draw_holdings(HoldingsChart(HEADING, rows), KOREA))


def test_holdings_show_their_share_and_what_they_brought() -> None:
    rows = [
        HoldingRow("삼성전자", Decimal(60), Decimal(-120_000), Decimal("-3.5")),
        HoldingRow("Apple", Decimal(30), Decimal(70_000), Decimal(7)),
        HoldingRow("현금", Decimal(10), None, None),
        HoldingRow("101W12", None, None, None),
    ]
    picture = read(draw_holdings(HoldingsChart(HEADING, rows), KOREA))
    assert picture.texts("name") == ["삼성전자", "Apple", "현금", "101W12"]
    assert picture.texts("share") == ["60.0%", "30.0%", "10.0%", "–"]
    assert picture.texts("profit") == ["-120,000", "+70,000"]
    assert picture.texts("rate") == ["-3.50%", "+7.00%"]
    widths = [bar.number("width") for bar in picture.all("rect", "share")]
    assert widths == pytest.approx([widths[0], widths[0] / 2, widths[0] / 6, 0], abs=0.02)
    loss, profit = picture.all("rect", "rate")
    (zero,) = picture.all("line", "zero")
    assert profit.number("x") == zero.number("x1")
    assert loss.number("x") + loss.number("width") == pytest.approx(zero.number("x1"), abs=0.02)
    assert [bar.get("fill") for bar in (loss, profit)] == [KOREA.down, KOREA.up]


@given(amounts=st.lists(AMOUNTS, max_size=60))
@settings(max_examples=40)
def test_any_profits_are_drawn_inside_the_picture(amounts: list[Decimal]) -> None:
    days = [DayAmount(date(2026, 1, 1) + timedelta(days=number), amount) for number, amount in enumerate(amounts)]
    read(draw_profits(ProfitsChart(HEADING, days), KOREA))


def test_profits_are_bars_by_day_and_a_line_of_their_sum() -> None:
    amounts = [50_000, 0, -20_000, 40_000]
    days = [
        DayAmount(date(2026, 3, 2) + timedelta(days=number), Decimal(amount)) for number, amount in enumerate(amounts)
    ]
    picture = read(draw_profits(ProfitsChart(HEADING, days), KOREA))
    bars = picture.all("rect", "day")
    assert [bar.get("fill") for bar in bars] == [KOREA.up, KOREA.down, KOREA.up]
    heights = [bar.number("height") for bar in bars]
    assert heights == pytest.approx([heights[0], heights[0] * 0.4, heights[0] * 0.8], abs=0.02)
    (line,) = picture.all("polyline", "sum")
    sums = [y for _, y in line.points]
    assert sums[0] == sums[1]
    assert (sums[0] - sums[3]) / (sums[2] - sums[0]) == pytest.approx(1, abs=0.01)
    assert picture.texts("tag") == ["+70,000"]


def test_without_profits_it_says_so() -> None:
    days = [DayAmount(date(2026, 3, 2), Decimal(0))]
    assert read(draw_profits(ProfitsChart(HEADING, days), KOREA)).texts("empty") == ["실현손익 없음"]
