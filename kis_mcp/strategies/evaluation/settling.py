"""How many bars of the past a strategy takes before its first decision."""

from typing import Final

from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation.decisions import RANGE, RANGE_PARAMS
from kis_mcp.strategies.evaluation.evaluator import Evaluator

LEAST_BARS: Final = 100
"""A lone value of a long past, such as how often a price rose in a row, is seldom older."""


def settling_bars(strategy: Strategy) -> int:
    """So many bars before it give a bar the signals of one before which all bars there ever were had been heard.

    Args:
        strategy: Resolved.

    Raises:
        BadArgument: A number in the document makes no sense.
    """
    ranges = RANGE.settles_after(RANGE_PARAMS) if strategy.sizing.volatility_percent is not None else 0
    return max(Evaluator(strategy).settles_after, ranges, LEAST_BARS)
