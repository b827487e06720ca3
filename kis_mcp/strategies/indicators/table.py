"""Every kind of indicator, by the name that KIS' strategy files use."""

from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.indicators.averages import AVERAGES
from kis_mcp.strategies.indicators.kind import IndicatorKind
from kis_mcp.strategies.indicators.oscillators import OSCILLATORS
from kis_mcp.strategies.indicators.statistics import STATISTICS
from kis_mcp.strategies.indicators.trend import TREND
from kis_mcp.strategies.indicators.volatility import VOLATILITY
from kis_mcp.strategies.indicators.volume import VOLUME

KINDS: Final[dict[str, IndicatorKind]] = {
    kind.id: kind for kind in (*AVERAGES, *OSCILLATORS, *TREND, *VOLUME, *VOLATILITY, *STATISTICS)
}

OTHER_NAMES: Final = {"max": "maximum", "min": "minimum", "bb": "bollinger"}
"""Names that KIS' templates or people use beside the table's."""

INDICATOR_NAMES: Final = (*KINDS, *OTHER_NAMES)


def find_kind(name: str, path: str = "kind") -> IndicatorKind:
    """The kind of a name.

    Raises:
        BadArgument: There is none of this name.
    """
    kind = KINDS.get(OTHER_NAMES.get(name, name))
    if kind is None:
        raise BadArgument(f"There is no indicator {name}.", remedy=f"Give one of {', '.join(KINDS)}.", field=path)
    return kind
