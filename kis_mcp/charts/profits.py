"""What each day brought, and the sum of it so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

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
    draw_nothing,
    draw_tag,
    draw_times,
)
from kis_mcp.charts.letters import width_of
from kis_mcp.charts.numbers import signed
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.scale import Scale, scale_around
from kis_mcp.charts.svg import Svg
from kis_mcp.charts.times import time_labels

_SUMS_BOTTOM = TIMES_TOP - 150
_DAYS_TOP = _SUMS_BOTTOM + 34
_WIDEST_SLOT = 36.0
_MOST_LABELS = 10
_ONE_WON = Decimal(1)


@dataclass(frozen=True, slots=True)
class DayAmount:
    """What one day brought, in won."""

    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ProfitsChart:
    """What is drawn: days in order, those that brought nothing among them."""

    heading: Heading
    days: Sequence[DayAmount]


def draw_profits(chart: ProfitsChart, palette: Palette) -> str:
    """The picture as SVG: above the sum as a line, below each day as a bar."""
    svg = begin(chart.heading, palette)
    if not any(day.amount for day in chart.days):
        return draw_nothing(svg, "실현손익 없음", palette)
    sums = _sums(chart.days)
    upper = _scale(sums, HEAD_BOTTOM, _SUMS_BOTTOM)
    lower = _scale([day.amount for day in chart.days], _DAYS_TOP, TIMES_TOP)
    tag = signed(sums[-1])
    right = RIGHT - max(axis_width(upper, 0, _ONE_WON), axis_width(lower, 0, _ONE_WON), width_of(tag, 13) + 14)
    slot = min((right - LEFT) / len(chart.days), _WIDEST_SLOT)
    middles = [LEFT + (number + 0.5) * slot for number in range(len(chart.days))]
    draw_axis(svg, Plot(LEFT, right, upper), palette, places=0, least_step=_ONE_WON, beside=[upper.at(sums[-1])])
    draw_axis(svg, Plot(LEFT, right, lower), palette, places=0, least_step=_ONE_WON)
    times = [datetime.combine(day.date, time.min) for day in chart.days]
    labels = [(middles[label.number], label.text) for label in time_labels(times, _MOST_LABELS)]
    draw_times(svg, labels, palette, top=HEAD_BOTTOM, bottom=TIMES_TOP, right=right)
    for scale in (upper, lower):
        svg.line((LEFT, scale.at(0)), (right, scale.at(0)), palette.axis, kind="zero")
    for x, day in zip(middles, chart.days, strict=True):
        if day.amount:
            _draw_day(svg, x, slot, day, lower, palette)
    svg.lines([[(x, upper.at(value)) for x, value in zip(middles, sums, strict=True)]], palette.ink, kind="sum")
    draw_tag(svg, Plot(LEFT, right, upper), upper.at(sums[-1]), tag, palette.of(sums[-1]))
    draw_legend(svg, LEFT, HEAD_BOTTOM - 12, [("누적 실현손익 (원)", palette.ink)])
    draw_legend(svg, LEFT, _DAYS_TOP - 8, [("하루 실현손익 (원)", palette.faint_ink)])
    return svg.written()


def _sums(days: Sequence[DayAmount]) -> list[Decimal]:
    sums: list[Decimal] = []
    for day in days:
        sums.append((sums[-1] if sums else Decimal(0)) + day.amount)
    return sums


def _scale(values: Sequence[Decimal], top: float, bottom: float) -> Scale:
    """With zero in it."""
    return scale_around([*values, Decimal(0)], top, bottom, least_step=_ONE_WON)


def _draw_day(svg: Svg, x: float, slot: float, day: DayAmount, scale: Scale, palette: Palette) -> None:
    width = max(slot * 0.72, 1.0)
    top, bottom = sorted((scale.at(day.amount), scale.at(0)))
    svg.rect(x - width / 2, top, width, max(bottom - top, 1), palette.of(day.amount), kind="day")
