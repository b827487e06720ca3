"""Every candlestick pattern, by the name that KIS' strategy files use."""

from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.patterns.kind import PatternKind
from kis_mcp.strategies.patterns.more_candles import MORE_CANDLES
from kis_mcp.strategies.patterns.one_candle import ONE_CANDLE
from kis_mcp.strategies.patterns.three_candles import THREE_CANDLES
from kis_mcp.strategies.patterns.two_candles import TWO_CANDLES

PATTERNS: Final[dict[str, PatternKind]] = {
    kind.id: kind for kind in (*ONE_CANDLE, *TWO_CANDLES, *THREE_CANDLES, *MORE_CANDLES)
}

PATTERN_NAMES: Final = tuple(PATTERNS)


def find_pattern(name: str, path: str = "kind") -> PatternKind:
    """The kind of a name.

    Raises:
        BadArgument: There is none of this name.
    """
    kind = PATTERNS.get(name)
    if kind is None:
        raise BadArgument(
            f"There is no candlestick pattern {name}.", remedy=f"Give one of {', '.join(PATTERNS)}.", field=path
        )
    return kind
