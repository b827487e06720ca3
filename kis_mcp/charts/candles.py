"""Candles with moving averages and volume."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from kis_mcp.charts.frame import (
    HEAD_BOTTOM,
    LEFT,
    RIGHT,
    TIMES_TOP,
    Heading,
    Plot,
    axis_width,
    begin,
    draw_axis,
    draw_legend,
    draw_tag,
    draw_times,
)
from kis_mcp.charts.letters import width_of
from kis_mcp.charts.numbers import places_of, plain, short
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.scale import Scale, scale_around, scale_from_zero
from kis_mcp.charts.svg import Point, Svg
from kis_mcp.charts.times import short_time, time_labels

AVERAGES = (5, 20, 60)
"""Bars that a moving average takes in; those of Korean charts."""

_VOLUME_TOP = TIMES_TOP - 84
_PRICES_BOTTOM = _VOLUME_TOP - 26
_WIDEST_SLOT = 36
_NARROW_SLOT = 4
"""In narrower slots, candles would hide behind thick lines."""
_MOST_LABELS = 10


class Bar(Protocol):
    """Prices and volume over one interval; open, high and low are None where nothing was traded."""

    @property
    def time(self) -> datetime: ...
    @property
    def open(self) -> Decimal | None: ...
    @property
    def high(self) -> Decimal | None: ...
    @property
    def low(self) -> Decimal | None: ...
    @property
    def close(self) -> Decimal | None: ...
    @property
    def volume(self) -> int: ...


@dataclass(frozen=True, slots=True)
class CandleChart:
    """What is drawn.

    Attributes:
        bars: Oldest first.
        before: Bars before the first one: moving averages count them, and they are not drawn.
        currency: Of the prices, which says how many decimals they have.
        is_log: Whether the price axis is to be logarithmic, where prices are above zero.
    """

    heading: Heading
    bars: Sequence[Bar]
    before: Sequence[Bar]
    currency: str
    is_log: bool = False


@dataclass(frozen=True, slots=True)
class _Slots:
    """Where the bars stand: next to each other, whatever time lies between them."""

    left: float
    width: float

    def middle(self, number: int) -> float:
        return self.left + (number + 0.5) * self.width

    @property
    def body(self) -> float:
        """The width of a body, whole pixels."""
        return max(float(int(self.width * 0.72)), 1.0)


def draw_candles(chart: CandleChart, palette: Palette) -> str:
    """The picture as SVG."""
    bars, svg = chart.bars, begin(chart.heading, palette)
    prices = [price for bar in bars for price in (bar.open, bar.high, bar.low, bar.close) if price is not None]
    averages = [(length, average(chart.before, bars, length)) for length in AVERAGES]
    places = places_of(prices, chart.currency)
    least = Decimal(1).scaleb(-places)
    scale = scale_around(prices, HEAD_BOTTOM, _PRICES_BOTTOM, least_step=least, is_log=chart.is_log)
    right = RIGHT - max(axis_width(scale, places, least), width_of(plain(_last(bars) or 0, places), 13) + 14, 44)
    plot = Plot(LEFT, right, scale)
    slots = _slots(plot, len(bars))
    last = _last(bars)
    tag = [] if last is None else [scale.at(last)]
    draw_axis(svg, plot, palette, places=places, least_step=least, beside=tag)
    labels = [
        (slots.middle(label.number), label.text) for label in time_labels([bar.time for bar in bars], _MOST_LABELS)
    ]
    draw_times(svg, labels, palette, top=HEAD_BOTTOM, bottom=TIMES_TOP, right=right)
    _draw_volume(svg, plot, slots, bars, palette)
    for number, bar in enumerate(bars):
        _draw_bar(svg, slots, number, bar, scale, palette)
    for (_, line), colour in zip(averages, palette.averages, strict=True):
        shown = [value if _is_traded(bar) else None for value, bar in zip(line, bars, strict=True)]
        runs = (run for run in _runs(slots, scale, shown) if len(run) > 1)
        svg.lines(runs, colour, kind="average", width=1.5 if slots.width > _NARROW_SLOT else 1)
    _draw_extremes(svg, plot, slots, bars, places, palette)
    if last is not None:
        draw_tag(svg, plot, tag[0], plain(last, places), palette.of(_trend(bars, len(bars) - 1)))
    entries = [
        (f"{length}이평 {plain(line[-1], places)}", colour)
        for (length, line), colour in zip(averages, palette.averages, strict=True)
        if line and line[-1] is not None
    ]
    entries += [] if all(map(_is_traded, bars)) else [("회색 칸은 거래 없음", palette.faint_ink)]
    draw_legend(svg, LEFT, HEAD_BOTTOM - 12, entries)
    return svg.written()


def average(before: Sequence[Bar], bars: Sequence[Bar], length: int) -> list[Decimal | None]:
    """The mean close of each bar and those before it, ``length`` in all; None where there are not so many closes."""
    closes = [bar.close for bar in (*before, *bars)]
    found: list[Decimal | None] = []
    for end in range(len(before) + 1, len(closes) + 1):
        window = [close for close in closes[max(end - length, 0) : end] if close is not None]
        found.append(sum(window, Decimal(0)) / length if len(window) == length else None)
    return found


def _slots(plot: Plot, count: int) -> _Slots:
    """Few bars are no wider than many, and stand in the middle."""
    width = min(plot.width / max(count, 1), _WIDEST_SLOT)
    return _Slots(plot.left + (plot.width - width * count) / 2, width)


def _draw_bar(svg: Svg, slots: _Slots, number: int, bar: Bar, scale: Scale, palette: Palette) -> None:
    x = slots.middle(number)
    if bar.open is None or bar.high is None or bar.low is None or bar.close is None:
        svg.rect(x - slots.width / 2, scale.top, slots.width, scale.bottom - scale.top, palette.idle, kind="idle")
        return
    colour = palette.of(bar.close - bar.open)
    left = round(x - slots.body / 2)
    x = left + slots.body / 2
    svg.line((x, scale.at(bar.high)), (x, scale.at(bar.low)), colour, kind="wick")
    top, bottom = sorted((scale.at(bar.open), scale.at(bar.close)))
    if bottom - top < 1:
        middle = (top + bottom) / 2
        top, bottom = middle - 0.5, middle + 0.5
    svg.rect(left, top, slots.body, bottom - top, colour, kind="body")


def _draw_volume(svg: Svg, plot: Plot, slots: _Slots, bars: Sequence[Bar], palette: Palette) -> None:
    scale = scale_from_zero((bar.volume for bar in bars), _VOLUME_TOP, TIMES_TOP)
    most = max((bar.volume for bar in bars), default=0)
    svg.line((plot.left, TIMES_TOP), (plot.right, TIMES_TOP), palette.axis)
    svg.text((plot.left, _VOLUME_TOP - 5), "거래량" if most else "거래량 없음", palette.faint_ink, size=12)
    if most:
        svg.text((plot.right + 8, _VOLUME_TOP + 5), short(most), palette.faint_ink, size=12, kind="most_volume")
    for number, bar in enumerate(bars):
        if bar.volume:
            top = scale.at(bar.volume)
            left = round(slots.middle(number) - slots.body / 2)
            svg.rect(left, top, slots.body, TIMES_TOP - top, palette.of(_rise(bar)), kind="volume", opacity=0.5)


def _draw_extremes(svg: Svg, plot: Plot, slots: _Slots, bars: Sequence[Bar], places: int, palette: Palette) -> None:
    """The highest and the lowest price, named where they stand."""
    traded = [(number, bar) for number, bar in enumerate(bars) if bar.high is not None and bar.low is not None]
    if len(traded) < 2:
        return
    high = max(traded, key=lambda one: one[1].high or Decimal(0))
    low = min(traded, key=lambda one: one[1].low or Decimal(0))
    times = [bar.time for bar in bars]
    for (number, bar), price, word, away in ((high, high[1].high, "최고", -6), (low, low[1].low, "최저", 15)):
        assert price is not None
        text = f"{word} {plain(price, places)} ({short_time(bar.time, times)})"
        half = width_of(text, 12) / 2
        x = min(max(slots.middle(number), plot.left + half), plot.right - half)
        svg.text((x, plot.scale.at(price) + away), text, palette.ink, size=12, anchor="middle", kind="extreme")


def _runs(slots: _Slots, scale: Scale, line: Sequence[Decimal | None]) -> Iterator[list[Point]]:
    """The points of a line, parted where it has none; what lies beyond the prices drawn is left out."""
    run: list[Point] = []
    for number, value in enumerate(line):
        if value is not None and scale.low <= value <= scale.high:
            run.append((slots.middle(number), scale.at(value)))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_traded(bar: Bar) -> bool:
    return None not in (bar.open, bar.high, bar.low, bar.close)


def _last(bars: Sequence[Bar]) -> Decimal | None:
    return next((bar.close for bar in reversed(bars) if bar.close is not None), None)


def _rise(bar: Bar) -> Decimal | None:
    return None if bar.close is None or bar.open is None else bar.close - bar.open


def _trend(bars: Sequence[Bar], number: int) -> Decimal | None:
    """The change of a bar's close against the close before, or within it where it is the first."""
    before, bar = _last(bars[:number]), bars[number]
    return _rise(bar) if before is None or bar.close is None else bar.close - before
