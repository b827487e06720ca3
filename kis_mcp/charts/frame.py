"""What all pictures share: their size, a head that says what is shown, a foot that says whence, axes and legends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.charts.letters import fitted, readable, width_of
from kis_mcp.charts.numbers import plain
from kis_mcp.charts.palette import Palette
from kis_mcp.charts.scale import Scale
from kis_mcp.charts.svg import Svg

WIDTH, HEIGHT = 860, 520
LEFT, RIGHT = 20, WIDTH - 20
HEAD_BOTTOM = 92
FOOT_TOP = HEIGHT - 32
TIMES_TOP = FOOT_TOP - 30
"""Above it stand the parts that share an axis of times."""


_TITLE, _PRICE, _TEXT, _SMALL = 22, 22, 14, 13
_LABEL_GAP = 8
_TICK_DISTANCE = 16


@dataclass(frozen=True, slots=True)
class Heading:
    """What is written above and below a picture.

    Attributes:
        title: Of what it is, in the words of its market.
        code: What stands small beside it.
        value, change: At the right: the number that matters most, and how it changed.
        trend: Of the change; its sign gives the colour.
        about: What is drawn and how: kind, range, scale.
        source: Where the numbers are from, and when they were told.
    """

    title: str
    code: str
    value: str
    change: str
    trend: Decimal | None
    about: str
    source: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A rectangle in which values are drawn, with their axis at its right side."""

    left: float
    right: float
    scale: Scale

    @property
    def width(self) -> float:
        return self.right - self.left


def begin(heading: Heading, palette: Palette, height: int = HEIGHT) -> Svg:
    """A picture with its head and foot."""
    svg = Svg(WIDTH, height, palette.background)
    value, change = readable(heading.value), readable(heading.change)
    svg.text((RIGHT, 36), value, palette.of(heading.trend), size=_PRICE, anchor="end", bold=True, kind="value")
    svg.text((RIGHT, 58), change, palette.of(heading.trend), size=_TEXT, anchor="end", kind="change")
    room = RIGHT - LEFT - max(width_of(value, _PRICE), width_of(change, _TEXT)) - 24
    code = fitted(heading.code, _TEXT, room / 2)
    title = fitted(heading.title, _TITLE, room - width_of(code, _TEXT) - 10)
    svg.text((LEFT, 36), title, palette.ink, size=_TITLE, bold=True, kind="title")
    svg.text((LEFT + width_of(title, _TITLE) + 10, 36), code, palette.faint_ink, size=_TEXT, kind="code")
    svg.text((LEFT, 58), fitted(heading.about, _SMALL, room), palette.faint_ink, size=_SMALL, kind="about")
    foot = height - HEIGHT + FOOT_TOP
    svg.line((LEFT, foot), (RIGHT, foot), palette.grid)
    svg.text((LEFT, height - 12), fitted(heading.source, 12, RIGHT - LEFT), palette.faint_ink, size=12, kind="source")
    return svg


def draw_nothing(svg: Svg, what: str, palette: Palette) -> str:
    """A picture that has nothing to show, and says what is missing."""
    svg.text((WIDTH / 2, 290), what, palette.faint_ink, size=18, anchor="middle", kind="empty")
    return svg.written()


def axis_width(scale: Scale, places: int, least_step: Decimal) -> float:
    """How much room the labels of an axis take."""
    return max((width_of(plain(tick, places), _SMALL) for tick in scale.ticks(least_step)), default=0) + _LABEL_GAP


def draw_axis(
    svg: Svg, plot: Plot, palette: Palette, *, places: int, least_step: Decimal, beside: Iterable[float] = ()
) -> None:
    """Lines at round values, with their labels.

    Args:
        beside: Heights at which something else is written, so that no label is.
    """
    taken = list(beside)
    for tick in plot.scale.ticks(least_step):
        height = plot.scale.at(tick)
        svg.line((plot.left, height), (plot.right, height), palette.grid)
        if all(abs(height - other) >= _TICK_DISTANCE for other in taken):
            label = plain(tick, places)
            svg.text((plot.right + _LABEL_GAP, height + 4.5), label, palette.faint_ink, size=_SMALL, kind="tick")


def draw_tag(svg: Svg, plot: Plot, height: float, text: str, fill: str) -> None:
    """A value on the axis, white on its colour."""
    svg.rect(plot.right + 2, height - 9, width_of(text, _SMALL) + 12, 18, fill, kind="tag")
    svg.text((plot.right + _LABEL_GAP, height + 4.5), text, "#ffffff", size=_SMALL, kind="tag")


def draw_times(
    svg: Svg, labels: Sequence[tuple[float, str]], palette: Palette, *, top: float, bottom: float, right: float
) -> None:
    """Upright lines from ``top`` to ``bottom``, and below them what begins there; labels never touch."""
    free_from = float(LEFT)
    for x, text in labels:
        svg.line((x, top), (x, bottom), palette.grid)
        half = width_of(text, _SMALL) / 2
        start = min(max(x - half, LEFT), right - half * 2)
        if start >= free_from:
            svg.text((start, bottom + 18), text, palette.faint_ink, size=_SMALL, kind="time")
            free_from = start + half * 2 + 14


def draw_legend(svg: Svg, x: float, y: float, entries: Iterable[tuple[str, str]]) -> float:
    """Texts in their colours, one after the other; where the next one would begin."""
    for text, fill in entries:
        svg.text((x, y), text, fill, size=_SMALL, kind="legend")
        x += width_of(readable(text), _SMALL) + 14
    return x
