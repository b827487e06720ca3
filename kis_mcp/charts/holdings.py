"""Holdings: how much each weighs, and what it has brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.charts.frame import FOOT_TOP, HEAD_BOTTOM, LEFT, RIGHT, Heading, begin, draw_nothing
from kis_mcp.charts.letters import fitted
from kis_mcp.charts.numbers import plain, signed, signed_short
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.svg import Svg

MOST_ROWS = 12
"""More than that are put together in a last row by who draws them."""

_WEIGHTS_LEFT, _WEIGHTS_RIGHT = 200.0, 400.0
_PROFITS_MIDDLE, _PROFITS_HALF = 575.0, 88.0
_HIGHEST_ROW = 40.0
_HEADS = HEAD_BOTTOM + 2


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """One holding, or cash.

    Attributes:
        share: Of everything, in percent; None where it has no known worth.
        profit: Not realized, in won; None where it is not known, or has no meaning as of cash.
        profit_rate: In percent of what was paid.
    """

    name: str
    share: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class HoldingsChart:
    """What is drawn, the heaviest first."""

    heading: Heading
    rows: Sequence[HoldingRow]


def draw_holdings(chart: HoldingsChart, palette: Palette) -> str:
    """The picture as SVG."""
    svg = begin(chart.heading, palette)
    if not chart.rows:
        return draw_nothing(svg, "보유 종목 없음", palette)
    for x, text in ((LEFT, "종목"), (_WEIGHTS_LEFT, "비중"), (_PROFITS_MIDDLE - _PROFITS_HALF, "수익률")):
        svg.text((x, _HEADS), text, palette.faint_ink, size=13)
    svg.text((RIGHT, _HEADS), "평가손익 (원)", palette.faint_ink, size=13, anchor="end")
    top = _HEADS + 10
    height = min((FOOT_TOP - top - 6) / len(chart.rows), _HIGHEST_ROW)
    most_share = max((abs(row.share) for row in chart.rows if row.share is not None), default=Decimal(0))
    most_rate = max((abs(row.profit_rate) for row in chart.rows if row.profit_rate is not None), default=Decimal(0))
    svg.line((_PROFITS_MIDDLE, top), (_PROFITS_MIDDLE, top + height * len(chart.rows)), palette.axis, kind="zero")
    for number, row in enumerate(chart.rows):
        _draw_row(svg, row, top + number * height, height, most_share, most_rate, palette)
    return svg.written()


def _draw_row(
    svg: Svg,
    row: HoldingRow,
    top: float,
    height: float,
    most_share: Decimal,
    most_rate: Decimal,
    palette: Palette,
) -> None:
    base, thick = top + height / 2 + 5, height - 12
    svg.text((LEFT, base), fitted(row.name, 15, _WEIGHTS_LEFT - LEFT - 12), palette.ink, size=15, kind="name")
    part = float(abs(row.share) / most_share) if row.share else 0
    length = part * (_WEIGHTS_RIGHT - _WEIGHTS_LEFT - 62)
    svg.rect(_WEIGHTS_LEFT, top + 6, length, thick, palette.weight, kind="share")
    share = "–" if row.share is None else f"{plain(row.share, 1)}%"
    svg.text((_WEIGHTS_LEFT + length + 6, base), share, palette.ink, size=14, kind="share")
    if row.profit_rate is not None:
        colour = palette.of(row.profit_rate)
        length = float(abs(row.profit_rate) / most_rate) * (_PROFITS_HALF - 8) if most_rate else 0
        left = _PROFITS_MIDDLE if row.profit_rate >= 0 else _PROFITS_MIDDLE - length
        svg.rect(left, top + 6, length, thick, colour, kind="rate", opacity=0.4)
        rate = f"{signed(row.profit_rate, 2)}%"
        is_up = row.profit_rate >= 0
        x, anchor = (_PROFITS_MIDDLE - 8, "end") if is_up else (_PROFITS_MIDDLE + 8, "start")
        svg.text((x, base), rate, colour, size=14, anchor=anchor, kind="rate")
    if row.profit is not None:
        amount = signed(row.profit) if abs(row.profit) < 10**12 else signed_short(row.profit)
        svg.text((RIGHT, base), amount, palette.of(row.profit), size=14, anchor="end", kind="profit")
