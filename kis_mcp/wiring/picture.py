"""A picture as SVG → as PNG, which every host shows; and whence its numbers are."""

from collections.abc import Mapping
from typing import Final

from kis_mcp.catalog import resources_folder
from kis_mcp.charts import FONT, with_palette
from kis_mcp.environment import Environment

SOURCES: Final[Mapping[Environment, str]] = {
    Environment.SIM: "KIS 시뮬레이터 (모의 시세)",
    Environment.DEMO: "KIS 모의투자",
    Environment.REAL: "한국투자증권 KIS",
}


def png_of(svg: str) -> bytes:
    """Draw a picture with the font that comes with the package, and with no other."""
    from resvg_py import svg_to_bytes

    drawn = svg_to_bytes(
        svg_string=svg,
        skip_system_fonts=True,
        font_files=[str(resources_folder() / "fonts" / "charts.ttf")],
        font_family=FONT,
    )
    return with_palette(drawn)
