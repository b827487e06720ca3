"""One day's prices as a line, against the close before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from kis_mcp.charts.candles import Bar
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
from kis_mcp.charts.scale import scale_around, scale_from_zero
from kis_mcp.charts.svg import Point, Svg
from kis_mcp.charts.times import round_times

_VOLUME_TOP = TIMES_TOP - 70
_PRICES_BOTTOM = _VOLUME_TOP - 22
_LONGEST_PAUSE = timedelta(minutes=10)
"""A longer time without a trade is a gap in the line."""

_MOST_LABELS = 9


@dataclass(frozen=True, slots=True)
class IntradayChart:
    """What is drawn.

    Attributes:
        bars: The minutes of one day that were traded, oldest first.
        previous_close: None where it is not known.
        currency: Of the prices.
    """

    heading: Heading
    bars: Sequence[Bar]
    previous_close: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class _Clock:
    """Times of the day from left to right, each minute equally wide."""

    start: datetime
    end: datetime
    left: float
    right: float

    def at(self, moment: datetime) -> float:
        part = (moment - self.start) / max(self.end - self.start, timedelta(minutes=1))
        return self.left + part * (self.right - self.left)


def draw_intraday(chart: IntradayChart, palette: Palette) -> str:
    """The picture as SVG."""
    svg = begin(chart.heading, palette)
    traded = [(bar, bar.close) for bar in chart.bars if bar.close is not None]
    previous = chart.previous_close
    prices = [price for _, price in traded] + ([] if previous is None else [previous])
    places = places_of(prices, chart.currency)
    least = Decimal(1).scaleb(-places)
    scale = scale_around(prices, HEAD_BOTTOM, _PRICES_BOTTOM, least_step=least)
    last = traded[-1][1] if traded else None
    widest = max((width_of(plain(price, places), 13) for price in prices), default=0)
    right = RIGHT - max(axis_width(scale, places, least), widest + 14, 44)
    plot = Plot(LEFT, right, scale)
    tag = [] if last is None else [scale.at(last)]
    trend = None if last is None or previous is None else last - previous
    draw_axis(svg, plot, palette, places=places, least_step=least, beside=tag)
    if traded:
        clock = _Clock(traded[0][0].time, traded[-1][0].time, plot.left, plot.right)
        labels = [(clock.at(moment), f"{moment:%H:%M}") for moment in round_times(clock.start, clock.end, _MOST_LABELS)]
        draw_times(svg, labels, palette, top=HEAD_BOTTOM, bottom=TIMES_TOP, right=right)
        runs = list(_runs(clock, plot, traded))
        if previous is not None:
            for run in runs:
                _draw_area(svg, run, scale.at(previous), palette)
        svg.lines(runs, palette.of(trend), kind="price", width=1.6)
        _draw_volume(svg, plot, clock, chart.bars, palette)
    if previous is not None:
        height = scale.at(previous)
        svg.line((plot.left, height), (plot.right, height), palette.faint_ink, kind="previous_close", dashes="5 4")
        draw_legend(svg, LEFT, HEAD_BOTTOM - 12, [(f"전일 종가 {plain(previous, places)}", palette.faint_ink)])
    if last is not None:
        draw_tag(svg, plot, tag[0], plain(last, places), palette.of(trend))
    return svg.written()


def _runs(clock: _Clock, plot: Plot, traded: Sequence[tuple[Bar, Decimal]]) -> Iterator[list[Point]]:
    run: list[Point] = []
    before: datetime | None = None
    for bar, price in traded:
        if before is not None and bar.time - before > _LONGEST_PAUSE:
            yield run
            run = []
        run.append((clock.at(bar.time), plot.scale.at(price)))
        before = bar.time
    yield run


def _draw_area(svg: Svg, run: Sequence[Point], level: float, palette: Palette) -> None:
    """What lies between a run and the close before: above it in the colour of rising, below it in that of falling."""
    if len(run) < 2:
        return
    for colour, side in ((palette.up_area, min), (palette.down_area, max)):
        points = [(x, side(y, level)) for x, y in _crossed(run, level)]
        if any(y != level for _, y in points):
            svg.area([(points[0][0], level), *points, (points[-1][0], level)], colour, kind="against_close")


def _crossed(run: Sequence[Point], level: float) -> Iterator[Point]:
    """A run with the points at which it crosses a level."""
    for (x, y), (next_x, next_y) in pairwise(run):
        yield x, y
        if (y - level) * (next_y - level) < 0:
            yield x + (next_x - x) * (level - y) / (next_y - y), level
    yield run[-1]


def _draw_volume(svg: Svg, plot: Plot, clock: _Clock, bars: Sequence[Bar], palette: Palette) -> None:
    scale = scale_from_zero((bar.volume for bar in bars), _VOLUME_TOP, TIMES_TOP)
    most = max(bar.volume for bar in bars)
    svg.line((plot.left, TIMES_TOP), (plot.right, TIMES_TOP), palette.axis)
    svg.text((plot.left, _VOLUME_TOP - 5), "거래량" if most else "거래량 없음", palette.faint_ink, size=12)
    if most:
        svg.text((plot.right + 8, _VOLUME_TOP + 5), short(most), palette.faint_ink, size=12, kind="most_volume")
    for bar in bars:
        if bar.volume:
            x = clock.at(bar.time)
            svg.line((x, TIMES_TOP), (x, scale.at(bar.volume)), palette.weight, kind="volume")
