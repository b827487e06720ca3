"""A picture as a reader sees it: its shapes, and what its axis says of their heights."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element, fromstring

from hypothesis import strategies as st

from kis_mcp.charts.frame import Heading
from kis_mcp.charts.letters import has_letter, width_of
from kis_mcp.clock import KST
from kis_mcp.market.candle_pages import Candle

HEADING = Heading("삼성전자", "005930 · KRX", "71,200원", "▲ 1,200 (+1.71%)", Decimal(1), "일봉", "자료: KIS")
START = datetime(2025, 6, 2, tzinfo=KST)
_LABEL_BELOW_LINE = 4.5
_COORDINATE = re.compile(r"-?[0-9]+(?:\.[0-9]{1,2})?")
_SIDES = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True)
class Shape:
    """An element with the attributes that it must have."""

    element: Element

    def get(self, name: str) -> str:
        found = self.element.get(name)
        assert found is not None, (name, self.element.attrib)
        return found

    def number(self, name: str) -> float:
        return float(self.get(name))

    @property
    def points(self) -> list[tuple[float, float]]:
        return [(float(x), float(y)) for x, y in (point.split(",") for point in self.get("points").split())]


@dataclass(frozen=True)
class Picture:
    """A picture, read back from its text."""

    root: Element

    def all(self, tag: str, kind: str) -> list[Shape]:
        return [Shape(each) for each in self.root.iter(_named(tag)) if each.get("class") == kind]

    def texts(self, kind: str = "") -> list[str]:
        return [each.text or "" for each in self.root.iter(_named("text")) if kind in ("", each.get("class"))]

    def heights(self) -> list[tuple[float, Decimal]]:
        """What the axis and the value marked on it say: height → price."""
        labels = [*self.all("text", "tick"), *self.all("text", "tag")]
        return [
            (label.number("y") - _LABEL_BELOW_LINE, Decimal((label.element.text or "").replace(",", "")))
            for label in labels
        ]

    def price_at(self, height: float, *, is_log: bool = False) -> float:
        """The price that stands at a height, by the two labels that are farthest apart."""
        known = sorted(self.heights())
        (top, high), (bottom, low) = known[0], known[-1]
        part = (bottom - height) / (bottom - top)
        if is_log:
            return math.exp(math.log(low) + part * (math.log(high) - math.log(low)))
        return float(low) + part * float(high - low)


def read(svg: str) -> Picture:
    """A picture of which all that every picture must have is checked: it is XML, and all of it lies inside."""
    root = fromstring(svg)
    width, height = (float(side) for side in (root.get("viewBox") or "").split()[2:])
    for element in root.iter():
        for x, y in _points(element):
            assert -0.01 <= x <= width + 0.01, (element.tag, element.attrib)
            assert -0.01 <= y <= height + 0.01, (element.tag, element.attrib)
    return Picture(root)


def candle(number: int, *prices: Decimal | None, volume: int = 1000, step: timedelta = timedelta(days=1)) -> Candle:
    """A candle by its open, high, low and close."""
    return Candle(START + step * number, *prices, volume=volume)


def candles_of(closes: Sequence[int | str | Decimal], step: timedelta = timedelta(days=1)) -> list[Candle]:
    """Candles that open at the close before and go no further."""
    prices = [Decimal(close) for close in closes]
    opens = [prices[0], *prices[:-1]]
    return [
        candle(number, open_, max(open_, close), min(open_, close), close, step=step)
        for number, (open_, close) in enumerate(zip(opens, prices, strict=True))
    ]


@st.composite
def some_candles(draw: st.DrawFn, least: Decimal = Decimal(-1_000_000)) -> list[Candle]:
    """Candles of any price and volume, some of them of days without a trade."""
    places = draw(st.integers(0, 4))
    price = st.decimals(least, 10_000_000, places=places)
    found: list[Candle] = []
    for number in range(draw(st.integers(1, 40))):
        close = draw(st.none() | price) if draw(st.integers(0, 9)) == 0 else draw(price)
        volume = draw(st.integers(0, 10**10))
        if close is None or draw(st.integers(0, 9)) == 0:
            found.append(candle(number, None, None, None, close, volume=0))
        else:
            four = [draw(price), close, draw(price), draw(price)]
            found.append(candle(number, four[0], max(four), min(four), close, volume=volume))
    return found


def _named(tag: str) -> str:
    return f"{{http://www.w3.org/2000/svg}}{tag}"


def _points(element: Element) -> list[tuple[float, float]]:
    """Where an element begins and ends."""
    match element.tag.partition("}")[2]:
        case "rect":
            x, y = _number(element, "x"), _number(element, "y")
            return [(x, y), (x + _size(element, "width"), y + _size(element, "height"))]
        case "line":
            return [(_number(element, f"x{end}"), _number(element, f"y{end}")) for end in (1, 2)]
        case "polyline" | "polygon":
            return Shape(element).points
        case "circle":
            return [(_number(element, "cx"), _number(element, "cy"))]
        case "text":
            text, size = element.text or "", _number(element, "font-size")
            assert all(map(has_letter, text)), text
            x, y = _number(element, "x"), _number(element, "y")
            start = x - width_of(text, size) * _SIDES[element.get("text-anchor") or ""]
            return [(start, y - size * 0.8), (start + width_of(text, size), y)]
        case _:
            return []


def _number(element: Element, name: str) -> float:
    written = element.get(name) or ""
    assert _COORDINATE.fullmatch(written), (element.tag, element.attrib)
    return float(written)


def _size(element: Element, name: str) -> float:
    size = _number(element, name)
    assert size >= 0, element.attrib
    return size
