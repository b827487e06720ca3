"""How many bars of the past a strategy takes before its first decision."""

from typing import Final

from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation.decisions import RANGE_BARS
from kis_mcp.strategies.evaluation.evaluator import Evaluator

WARM_UPS: Final = 5
"""So many times the bars that it takes are read: what remembers all bars, such as an exponential average, has forgotten
by then how it began."""

LEAST_BARS: Final = 100


def settling_bars(strategy: Strategy) -> int:
    """So many bars before it give a bar the signals of one before which all bars there ever were had been heard.

    Args:
        strategy: Resolved.

    Raises:
        BadArgument: A number in the document makes no sense.
    """
    ranges = RANGE_BARS if strategy.sizing.volatility_percent is not None else 0
    return max(WARM_UPS * (Evaluator(strategy).warm_up + ranges), LEAST_BARS)
