"""The writer: shapes and text → the text of an SVG picture. It knows nothing of prices.

Coordinates are pixels from the upper left corner, written to a hundredth. What is drawn later lies on top.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal, TypeAlias

from kis_mcp.charts.letters import readable

FONT = "KIS Chart Sans"

Anchor: TypeAlias = Literal["start", "middle", "end"]
Point: TypeAlias = tuple[float, float]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Svg:
    """A picture under way.

    Args:
        width, height: In pixels; nothing may be drawn outside.
        background: Its colour.
    """

    def __init__(self, width: int, height: int, background: str) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []
        self.rect(0, 0, width, height, background)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, kind: str = "", opacity: float = 1
    ) -> None:
        """A filled rectangle with sharp edges.

        Args:
            kind: What it stands for, as a class of the element.
        """
        faint = "" if opacity == 1 else f' fill-opacity="{_number(opacity)}"'
        self._parts.append(
            f'<rect{_class(kind)} x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
            f' fill="{fill}"{faint} shape-rendering="crispEdges"/>'
        )

    def line(
        self, start: Point, end: Point, stroke: str, *, kind: str = "", width: float = 1, dashes: str = ""
    ) -> None:
        """A straight line; an upright or level one has sharp edges."""
        sharp = ' shape-rendering="crispEdges"' if start[0] == end[0] or start[1] == end[1] else ""
        self._parts.append(
            f'<line{_class(kind)} x1="{_number(start[0])}" y1="{_number(start[1])}" x2="{_number(end[0])}"'
            f' y2="{_number(end[1])}" stroke="{stroke}" stroke-width="{_number(width)}"'
            f"{_dashed(dashes)}{sharp}/>"
        )

    def lines(self, runs: Iterable[Sequence[Point]], stroke: str, *, kind: str = "", width: float = 1.5) -> None:
        """A line of several runs with gaps between them; a run of one point is a dot."""
        for run in runs:
            if len(run) == 1:
                self.dot(run[0], width * 1.3, stroke, kind=kind)
            elif run:
                points = " ".join(f"{_number(x)},{_number(y)}" for x, y in run)
                self._parts.append(
                    f'<polyline{_class(kind)} points="{points}" fill="none" stroke="{stroke}"'
                    f' stroke-width="{_number(width)}" stroke-linejoin="round"/>'
                )

    def area(self, points: Sequence[Point], fill: str, *, kind: str = "") -> None:
        """A filled polygon."""
        written = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._parts.append(f'<polygon{_class(kind)} points="{written}" fill="{fill}"/>')

    def dot(self, at: Point, radius: float, fill: str, *, kind: str = "") -> None:
        """A filled circle."""
        self._parts.append(
            f'<circle{_class(kind)} cx="{_number(at[0])}" cy="{_number(at[1])}" r="{_number(radius)}" fill="{fill}"/>'
        )

    def text(
        self,
        at: Point,
        text: str,
        fill: str,
        *,
        size: float = 13,
        anchor: Anchor = "start",
        bold: bool = False,
        kind: str = "",
    ) -> None:
        """A line of text whose base line begins, is centred or ends at a point.

        Letters that the font lacks are written in others.
        """
        weight = f' stroke="{fill}" stroke-width="0.6"' if bold else ""
        self._parts.append(
            f'<text{_class(kind)} x="{_number(at[0])}" y="{_number(at[1])}" font-size="{_number(size)}"'
            f' text-anchor="{anchor}" fill="{fill}"{weight}>{escape(_in_xml(readable(text)))}</text>'
        )

    def written(self) -> str:
        """The whole picture."""
        size = f"{self.width} {self.height}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" viewBox="0 0 {size}"'
            f' font-family="{FONT}" xml:space="preserve">{"".join(self._parts)}</svg>'
        )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _dashed(dashes: str) -> str:
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _in_xml(text: str) -> str:
    """Without what no XML may hold."""
    return _NOT_XML.sub("", text)
