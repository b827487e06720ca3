"""Candles: what is drawn is what was given."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.charts.candles import CandleChart, average, draw_candles
from kis_mcp.charts.palette import PALETTES
from kis_mcp.charts.scale import Scale
from kis_mcp.market.candle_pages import Candle
from tests.charts.pictures import HEADING, Picture, candle, candles_of, read, some_candles

KOREA, WEST = PALETTES["korea"], PALETTES["west"]


def drawn(bars: list[Candle], currency: str = "USD", *, is_log: bool = False) -> Picture:
    return read(draw_candles(CandleChart(HEADING, bars, [], currency, is_log=is_log), KOREA))


def assert_prices(picture: Picture, bars: list[Candle], *, is_log: bool = False) -> None:
    """Each candle stands at the heights that the axis gives its prices."""
    traded = [bar for bar in bars if bar.was_traded]
    wicks, bodies = picture.all("line", "wick"), picture.all("rect", "body")
    assert len(wicks) == len(bodies) == len(traded)
    heights = sorted(picture.heights())
    per_pixel = float(heights[0][1] - heights[-1][1]) / (heights[-1][0] - heights[0][0])
    for wick, body, bar in zip(wicks, bodies, traded, strict=True):
        top, bottom = body.number("y"), body.number("y") + body.number("height")
        heights_of = (wick.number("y1"), wick.number("y2"), top, bottom)
        assert bar.open is not None
        assert bar.close is not None
        prices = (bar.high or 0, bar.low or 0, max(bar.open, bar.close), min(bar.open, bar.close))
        for height, price, allowed in zip(heights_of, prices, (0.1, 0.1, 0.6, 0.6), strict=True):
            nearby = abs(float(price)) * 0.02 if is_log else per_pixel * allowed
            assert picture.price_at(height, is_log=is_log) == pytest.approx(float(price), abs=nearby)


@given(bars=some_candles(), is_log=st.booleans())
@settings(max_examples=40)
def test_any_candles_are_drawn_inside_the_picture(bars: list[Candle], is_log: bool) -> None:
    drawn(bars, is_log=is_log)


@given(bars=some_candles().filter(lambda bars: len({price for bar in bars for price in (bar.high, bar.low)}) > 3))
@settings(max_examples=40)
def test_candles_stand_at_their_prices(bars: list[Candle]) -> None:
    assert_prices(drawn(bars), bars)


@pytest.mark.parametrize(
    ("closes", "currency", "ticks"),
    [
        ([1, 2, 1, 1, 2, 1], "KRW", {"2"}),
        ([1_000_000, 1_004_000, 998_000], "KRW", {"999,000", "1,000,000", "1,002,000", "1,004,000"}),
        (["-3.25", "-2.5", "-4", "-3.75"], "USD", {"-4.00", "-3.50", "-3.00", "-2.50"}),
        (["300.10", "300.30", "299.90"], "USD", {"300.00", "300.10", "300.20", "300.30"}),
        (["0.5", "-0.5", "0.25"], "USD", {"-0.40", "-0.20", "0.00", "0.40"}),
    ],
    ids=["one won", "a million", "a spread below zero", "dollars", "around zero"],
)
def test_the_axis_has_round_numbers(closes: list[int | str], currency: str, ticks: set[str]) -> None:
    bars = candles_of(closes)
    picture = drawn(bars, currency)
    assert ticks <= set(picture.texts("tick"))
    assert_prices(picture, bars)


def test_a_logarithmic_axis_has_equal_ratios_equally_high() -> None:
    bars = candles_of([100 * 2**number for number in range(8)])
    picture = drawn(bars, "KRW", is_log=True)
    assert {"200", "500", "1,000", "2,000", "5,000"} <= set(picture.texts("tick"))
    assert_prices(picture, bars, is_log=True)
    tops = [wick.number("y1") for wick in picture.all("line", "wick")][1:]
    steps = [before - after for before, after in pairwise(tops)]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=0.05)


def test_prices_below_zero_have_no_logarithm_and_stand_on_a_linear_axis() -> None:
    bars = candles_of([-2, 3, 1])
    assert_prices(drawn(bars, is_log=True), bars)


def test_one_candle_stands_alone_and_five_hundred_side_by_side() -> None:
    assert len(drawn(candles_of([70_000])).all("rect", "body")) == 1
    many = drawn(candles_of([70_000 + number % 37 * 100 for number in range(500)])).all("rect", "body")
    middles = [body.number("x") for body in many]
    assert len(middles) == 500
    assert all(1 <= after - before <= 2 for before, after in pairwise(middles))


def test_nights_and_weekends_take_no_room() -> None:
    bars = [
        replace(bar, time=bar.time + timedelta(days=bar.time.day // 5 * 30)) for bar in candles_of([10, 11, 12, 11] * 3)
    ]
    lefts = [body.number("x") for body in drawn(bars).all("rect", "body")]
    assert {after - before for before, after in pairwise(lefts)} == {36}


def test_a_day_without_a_trade_is_grey_and_ends_the_lines_of_averages() -> None:
    bars = candles_of([100 + number for number in range(30)])
    for number in range(12, 15):
        bars[number] = candle(number, None, None, None, Decimal(111), volume=0)
    picture = drawn(bars)
    assert len(picture.all("rect", "idle")) == 3
    assert len(picture.all("rect", "body")) == 27
    assert "회색 칸은 거래 없음" in picture.texts("legend")
    lines = [line.points for line in picture.all("polyline", "average")]
    assert [len(line) for line in lines[:2]] == [8, 15]
    assert "회색 칸은 거래 없음" not in drawn(candles_of([1, 2])).texts("legend")


def test_candles_that_rise_and_fall_have_the_colours_of_the_palette() -> None:
    chart = CandleChart(HEADING, candles_of([10, 12, 11, 11]), [], "USD")
    for palette in (KOREA, WEST):
        bodies = read(draw_candles(chart, palette)).all("rect", "body")
        assert [body.get("fill") for body in bodies[1:]] == [palette.up, palette.down, palette.unchanged]
    assert KOREA.down != WEST.down
    assert KOREA.up == WEST.down


def test_averages_count_the_candles_before_the_first_one_and_are_drawn_among_the_prices() -> None:
    bars = candles_of(range(1, 11))
    assert average(bars[:4], bars[4:], 5) == [Decimal(number) for number in range(3, 9)]
    assert average([], bars, 5)[:4] == [None] * 4
    picture = read(draw_candles(CandleChart(HEADING, bars[4:], bars[:4], "KRW"), KOREA))
    assert "5이평 8" in picture.texts("legend")
    (line,) = picture.all("polyline", "average")
    ends = [y for _, y in line.points]
    assert [picture.price_at(end) for end in ends] == pytest.approx([4, 5, 6, 7, 8], abs=0.02)


def test_no_volume_is_said_and_the_most_of_it_is_named() -> None:
    quiet = [replace(bar, volume=0) for bar in candles_of([10, 11])]
    assert "거래량 없음" in drawn(quiet).texts()
    busy = [replace(bar, volume=12_345_678) for bar in candles_of([10, 11])]
    picture = drawn(busy)
    assert picture.texts("most_volume") == ["1,235만"]
    assert {bar.get("height") for bar in picture.all("rect", "volume")} == {"84"}


def test_the_highest_and_the_lowest_price_are_named_with_their_day() -> None:
    assert drawn(candles_of([100, 140, 90, 120]), "KRW").texts("extreme") == ["최고 140 (06-03)", "최저 90 (06-04)"]


def test_what_outsiders_write_is_text_and_never_markup() -> None:
    evil = replace(HEADING, title='<script>"&\x00\ud800</text>', source="]]>&amp;")
    picture = read(draw_candles(CandleChart(evil, candles_of([1, 2]), [], "KRW"), KOREA))
    assert picture.texts("title") == ['<script>"&□</text>']
    assert picture.texts("source") == ["]]>&amp;"]


@given(st.decimals(-1000, 1000, places=2), st.decimals("0.01", 1000, places=2), st.decimals(0, 1, places=3))
def test_a_higher_value_stands_higher(low: Decimal, span: Decimal, part: Decimal) -> None:
    scale = Scale(low, low + span, top=100, bottom=400)
    assert scale.at(low) == 400
    assert scale.at(low + span) == 100
    assert scale.at(low + span * part) == pytest.approx(400 - 300 * float(part), abs=1e-6)
