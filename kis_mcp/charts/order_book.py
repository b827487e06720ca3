"""An order book: what rests at each price, sellers above buyers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from kis_mcp.charts.frame import FOOT_TOP, HEAD_BOTTOM, LEFT, RIGHT, WIDTH, Heading, begin, draw_nothing
from kis_mcp.charts.numbers import places_of, plain, signed
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.svg import Svg

_MIDDLE = WIDTH / 2
_PRICE_ROOM = 128.0
_TOTALS = 26
_HIGHEST_ROW = 34.0
_QUANTITY_ROOM = 96.0


class Level(Protocol):
    """All that rests at one price."""

    @property
    def price(self) -> Decimal: ...
    @property
    def quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class OrderBookChart:
    """What is drawn.

    Attributes:
        asks, bids: Best first.
        total_ask, total_bid: Of all levels; None where that is not told.
        previous_close: What prices are compared with; None where it is not known.
        last: The last price; None where there is none.
        currency: Of the prices.
    """

    heading: Heading
    asks: Sequence[Level]
    bids: Sequence[Level]
    total_ask: int | None
    total_bid: int | None
    previous_close: Decimal | None
    last: Decimal | None
    currency: str


def draw_order_book(chart: OrderBookChart, palette: Palette) -> str:
    """The picture as SVG: quantities of sellers at the left of their prices, of buyers at the right."""
    svg = begin(chart.heading, palette)
    rows = [*reversed(chart.asks), *chart.bids]
    if not rows:
        return draw_nothing(svg, "호가 없음", palette)
    most = max(max(level.quantity for level in rows), 1)
    height = min((FOOT_TOP - HEAD_BOTTOM - _TOTALS - 8) / len(rows), _HIGHEST_ROW)
    places = places_of([level.price for level in rows], chart.currency)
    for number, level in enumerate(rows):
        is_ask = number < len(chart.asks)
        _draw_row(svg, chart, level, HEAD_BOTTOM + number * height, height, most, palette, places=places, is_ask=is_ask)
    border = HEAD_BOTTOM + len(chart.asks) * height
    svg.line((LEFT, border), (RIGHT, border), palette.axis)
    _draw_totals(svg, chart, HEAD_BOTTOM + len(rows) * height + 20, palette)
    return svg.written()


def _draw_row(
    svg: Svg,
    chart: OrderBookChart,
    level: Level,
    top: float,
    height: float,
    most: int,
    palette: Palette,
    *,
    places: int,
    is_ask: bool,
) -> None:
    half = _PRICE_ROOM / 2
    base = top + height / 2 + 5
    area, colour = (palette.down_area, palette.down) if is_ask else (palette.up_area, palette.up)
    svg.rect(_MIDDLE - half, top, _PRICE_ROOM, height - 1, area)
    change = None if chart.previous_close is None else level.price - chart.previous_close
    price = plain(level.price, places)
    svg.text((_MIDDLE, base), price, palette.of(change), size=15, anchor="middle", bold=True, kind="price")
    if level.price == chart.last:
        svg.line((_MIDDLE - half, top), (_MIDDLE - half, top + height - 1), palette.ink, width=3, kind="last")
        svg.line((_MIDDLE + half, top), (_MIDDLE + half, top + height - 1), palette.ink, width=3, kind="last")
    length = (_MIDDLE - half - LEFT - _QUANTITY_ROOM) * level.quantity / most
    kind, quantity = "ask" if is_ask else "bid", f"{level.quantity:,}"
    if is_ask:
        svg.rect(_MIDDLE - half - 4 - length, top + 2, length, height - 5, colour, kind=kind, opacity=0.4)
        svg.text((_MIDDLE - half - 10 - length, base), quantity, palette.ink, size=14, anchor="end", kind="quantity")
    else:
        svg.rect(_MIDDLE + half + 4, top + 2, length, height - 5, colour, kind=kind, opacity=0.4)
        svg.text((_MIDDLE + half + 10 + length, base), quantity, palette.ink, size=14, kind="quantity")
    if change is not None and chart.previous_close:
        rate = f"{signed(change / abs(chart.previous_close) * 100, 2)}%"
        x, anchor = (_MIDDLE + half + 10, "start") if is_ask else (_MIDDLE - half - 10, "end")
        svg.text((x, base), rate, palette.of(change), size=12, anchor=anchor, kind="rate")


def _draw_totals(svg: Svg, chart: OrderBookChart, base: float, palette: Palette) -> None:
    half = _PRICE_ROOM / 2
    svg.text((_MIDDLE, base), "총잔량", palette.faint_ink, size=13, anchor="middle")
    if chart.total_ask is not None:
        ask = f"매도 {chart.total_ask:,}"
        svg.text((_MIDDLE - half - 10, base), ask, palette.down, size=14, anchor="end", bold=True, kind="total")
    if chart.total_bid is not None:
        bid = f"매수 {chart.total_bid:,}"
        svg.text((_MIDDLE + half + 10, base), bid, palette.up, size=14, bold=True, kind="total")
