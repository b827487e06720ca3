"""The core tool that shows a picture to the person, with what it shows in numbers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio.to_thread

from kis_mcp.catalog import Page
from kis_mcp.server.tools.call import Call, page_of

if TYPE_CHECKING:
    from kis_mcp.server.tools.drawing import Canvas, Drawing


async def get_chart(call: Call) -> Page:
    """The picture, and a summary of what it shows.

    Raises:
        BadArgument: A kind that needs a symbol has none, or there is nothing to draw.
    """
    from kis_mcp.server.tools.drawing import Canvas
    from kis_mcp.wiring import png_of

    values, reads, colors = call.values(), await call.reads(), call.environments.settings.colors
    drawing = await _kinds()[values["kind"]](Canvas(values, reads, colors))
    answer = page_of(
        reads,
        notes=drawing.notes,
        complete=drawing.complete,
        chart={"kind": values["kind"], **drawing.summary, "colors": colors},
    )
    return replace(answer, picture=await anyio.to_thread.run_sync(png_of, drawing.svg))


def _kinds() -> "Mapping[str, Callable[[Canvas], Awaitable[Drawing]]]":
    """What draws each kind, imported with the first picture."""
    from kis_mcp.server.tools.account_charts import draw_equity, draw_positions
    from kis_mcp.server.tools.market_charts import draw_book, draw_day, draw_history

    return {
        "candles": draw_history,
        "line": draw_day,
        "order_book": draw_book,
        "positions": draw_positions,
        "equity": draw_equity,
    }
