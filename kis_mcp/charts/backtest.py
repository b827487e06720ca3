"""A backtest: what the account brought beside holding and the index, its falls, and the fills on the price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, pairwise

from kis_mcp.charts.frame import (
    LEFT,
    RIGHT,
    Heading,
    Plot,
    axis_width,
    begin,
    draw_axis,
    draw_legend,
    draw_tag,
    draw_times,
)
from kis_mcp.charts.letters import fitted, width_of
from kis_mcp.charts.numbers import plain, signed
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.scale import Scale, scale_around
from kis_mcp.charts.svg import Point, Svg
from kis_mcp.charts.thin import thin
from kis_mcp.charts.times import time_labels

HEIGHT = 640
"""Three parts stand above each other, in more than the usual height."""

_FIGURES = 82
_LEGEND_ABOVE = 8
_RETURNS, _FALLS, _PRICES = (128, 322), (358, 428), (464, 572)
"""From where to where each part goes, downwards."""

_MOST_LABELS = 10
_MARK, _SMALL_MARK, _MANY_FILLS = 5.0, 3.5, 60
_MARK_DISTANCE = 3.0
"""Of fills of the same side that stand nearer, one is marked."""

_TENTH = Decimal("0.1")
_BEYOND = Decimal("1.06")
"""Room below the deepest fall; above there is none, for no fall is."""


@dataclass(frozen=True, slots=True)
class Fill:
    """Where an order was filled.

    Attributes:
        number: Of the bar, among the chart's times.
        price: In the instrument's currency.
        is_entry: Whether a position began with it; else one ended.
    """

    number: int
    price: Decimal
    is_entry: bool


@dataclass(frozen=True, slots=True)
class BacktestChart:
    """What is drawn. Each line has as many values as there are times, with None where it has none.

    Attributes:
        figures: The key figures, in a line.
        times: Ends of the bars, oldest first.
        returns: Of the account since the start, in percent.
        hold: Of buying and holding, in percent.
        index: Of the market index, in percent; empty where none is known.
        index_name: What it is called.
        prices: Of the instrument whose fills are shown.
        instrument: What it is called.
        places: How many decimals its prices are written with.
        fills: In order of time.
    """

    heading: Heading
    figures: str
    times: Sequence[datetime]
    returns: Sequence[float]
    hold: Sequence[float | None]
    index: Sequence[float | None]
    index_name: str
    prices: Sequence[float | None]
    instrument: str
    places: int
    fills: Sequence[Fill]


@dataclass(frozen=True, slots=True)
class _Line:
    """As many of a line's values as can be seen, by the number of their time."""

    numbers: Sequence[int]
    values: Sequence[Decimal]


@dataclass(frozen=True, slots=True)
class _Part:
    """A scale with what it is written in."""

    scale: Scale
    places: int
    least_step: Decimal

    @property
    def axis_width(self) -> float:
        return axis_width(self.scale, self.places, self.least_step)


@dataclass(frozen=True, slots=True)
class _Across:
    """Bars from left to right, equally far apart, whatever time lies between them."""

    count: int
    right: float

    def at(self, number: int) -> float:
        return LEFT + (self.right - LEFT) * number / max(self.count - 1, 1)

    def points(self, line: _Line, scale: Scale) -> list[Point]:
        return [(self.at(number), scale.at(value)) for number, value in zip(line.numbers, line.values, strict=True)]


def draw_backtest(chart: BacktestChart, palette: Palette) -> str:
    """The picture as SVG."""
    svg = begin(chart.heading, palette, HEIGHT)
    svg.text((LEFT, _FIGURES), fitted(chart.figures, 13, RIGHT - LEFT), palette.ink, size=13, kind="figures")
    account, hold, index = _line(chart.returns), _line(chart.hold), _line(chart.index)
    falls, prices = _line(_falls(chart.returns)), _line(chart.prices)
    parts = (
        _part([Decimal(0), *account.values, *hold.values, *index.values], _RETURNS, 1),
        _Part(Scale(min(min(falls.values) * _BEYOND, Decimal(-1)), Decimal(0), *_FALLS), 1, _TENTH),
        _part([*prices.values, *(fill.price for fill in chart.fills)], _PRICES, chart.places),
    )
    tag_room = width_of(signed(account.values[-1], 1), 13) + 14
    right = RIGHT - max(tag_room, *(part.axis_width for part in parts))
    across = _Across(len(chart.times), right)
    labels = [(across.at(label.number), label.text) for label in time_labels(chart.times, _MOST_LABELS)]
    draw_times(svg, labels, palette, top=_RETURNS[0], bottom=_PRICES[1], right=right)
    _draw_returns(svg, chart, parts[0], across, (account, hold, index), palette)
    _draw_falls(svg, parts[1], across, falls, palette)
    _draw_prices(svg, chart, parts[2], across, prices, palette)
    return svg.written()


def _draw_returns(
    svg: Svg, chart: BacktestChart, part: _Part, across: _Across, lines: tuple[_Line, _Line, _Line], palette: Palette
) -> None:
    account, hold, index = lines
    last = account.values[-1]
    tag = part.scale.at(last)
    _draw_frame(svg, part, across, palette, beside=[tag])
    svg.line((LEFT, part.scale.at(0)), (across.right, part.scale.at(0)), palette.axis, kind="zero")
    rows = (
        (hold, palette.averages[0], "hold"),
        (index, palette.averages[1], "index"),
        (account, palette.ink, "returns"),
    )
    for line, colour, kind in rows:
        svg.lines([across.points(line, part.scale)], colour, kind=kind, width=1.8 if kind == "returns" else 1.2)
    names = (("전략", account, palette.ink), ("매수 후 보유", hold, palette.averages[0]))
    if chart.index_name:
        names = (*names, (chart.index_name, index, palette.averages[1]))
    entries = [(f"{name} {signed(line.values[-1], 1)}%", colour) for name, line, colour in names if line.values]
    draw_legend(svg, LEFT, _RETURNS[0] - _LEGEND_ABOVE, [("수익률", palette.faint_ink), *entries])
    draw_tag(svg, Plot(LEFT, across.right, part.scale), tag, signed(last, 1), palette.of(last))


def _draw_falls(svg: Svg, part: _Part, across: _Across, falls: _Line, palette: Palette) -> None:
    _draw_frame(svg, part, across, palette)
    zero = part.scale.at(0)
    points = across.points(falls, part.scale)
    svg.area([(points[0][0], zero), *points, (points[-1][0], zero)], palette.down_area, kind="falls")
    svg.lines([points], palette.down, kind="falls", width=1.2)
    legend = f"고점 대비 낙폭 (%) · 최대 {plain(min(falls.values), 1)}%"
    draw_legend(svg, LEFT, _FALLS[0] - _LEGEND_ABOVE, [(legend, palette.faint_ink)])


def _draw_prices(svg: Svg, chart: BacktestChart, part: _Part, across: _Across, prices: _Line, palette: Palette) -> None:
    _draw_frame(svg, part, across, palette)
    svg.lines([across.points(prices, part.scale)], palette.weight, kind="price", width=1.2)
    size = _MARK if len(chart.fills) <= _MANY_FILLS else _SMALL_MARK
    marked = {True: -_MARK_DISTANCE, False: -_MARK_DISTANCE}
    for fill in chart.fills:
        x, y = across.at(fill.number), part.scale.at(fill.price)
        if x - marked[fill.is_entry] < _MARK_DISTANCE:
            continue
        marked[fill.is_entry] = x
        # An entry points up from below its price, an exit down from above it.
        away = size * (1.6 if fill.is_entry else -1.6)
        colour, kind = (palette.up, "entry") if fill.is_entry else (palette.down, "exit")
        svg.area([(x, y), (x - size, y + away), (x + size, y + away)], colour, kind=kind)
    entries = sum(fill.is_entry for fill in chart.fills)
    legend = [
        (chart.instrument, palette.faint_ink),
        (f"▲ 진입 {entries}", palette.up),
        (f"▼ 청산 {len(chart.fills) - entries}", palette.down),
    ]
    draw_legend(svg, LEFT, _PRICES[0] - _LEGEND_ABOVE, legend)


def _draw_frame(svg: Svg, part: _Part, across: _Across, palette: Palette, beside: Iterable[float] = ()) -> None:
    plot = Plot(LEFT, across.right, part.scale)
    draw_axis(svg, plot, palette, places=part.places, least_step=part.least_step, beside=beside)


def _part(values: Sequence[Decimal], place: tuple[int, int], places: int) -> _Part:
    least = Decimal(1).scaleb(-places)
    return _Part(scale_around(values, *place, least_step=least), places, least)


def _line(values: Sequence[float | None]) -> _Line:
    known = [(number, value) for number, value in enumerate(values) if value is not None]
    chosen = [known[at] for at in thin([value for _, value in known])]
    return _Line([number for number, _ in chosen], [Decimal(str(value)) for _, value in chosen])


def _falls(returns: Sequence[float]) -> list[float]:
    """How far each is beneath the highest so far, in percent of that, which begins with the start."""
    worths = [1 + value / 100 for value in returns]
    highs = accumulate(worths, max, initial=1.0)
    return [100 * (worth / high - 1) for worth, (_, high) in zip(worths, pairwise(highs), strict=True)]
