"""The words of a strategy document: indicators and candlestick patterns."""

from kis_mcp.catalog import Page
from kis_mcp.server.tools.call import Call, page
from kis_mcp.strategies.indicators import KINDS, IndicatorParam
from kis_mcp.strategies.patterns import PATTERNS

_NOTES = (
    "A parameter is written name=default, with the range that it may have. The first output is what the name of an"
    " indicator means alone; others are name.output.",
)


async def list_indicators(call: Call) -> Page:
    """Every kind of indicator and pattern."""
    return page(
        call.now(),
        notes=_NOTES,
        indicators=[
            {
                "kind": kind.id,
                "title": kind.title,
                "params": ", ".join(map(_param, kind.params)),
                "outputs": ", ".join(kind.outputs),
            }
            for kind in KINDS.values()
        ],
        patterns=[{"kind": kind.id, "title": kind.title} for kind in PATTERNS.values()],
    )


def _param(param: IndicatorParam) -> str:
    return f"{param.name}={param.default:g} ({param.least:g}–{param.most:g})"
