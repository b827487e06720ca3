"""A picture as SVG → as PNG, which every host shows."""

from kis_mcp.catalog import resources_folder
from kis_mcp.charts import FONT, with_palette


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
