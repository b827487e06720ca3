"""Comparisons with a number that never hold, whatever is traded: what the sides can be at all."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from kis_mcp.strategies.document.conditions import MIRRORED, Compare
from kis_mcp.strategies.document.operands import POSITION_STATES, PRICES, Operand
from kis_mcp.strategies.document.strategy import Strategy

Reach: TypeAlias = tuple[float, float]
"""From the least to the most, both of which can be."""

_HUNDRED: Final = (0.0, 100.0)
_BOTH_WAYS: Final = (-100.0, 100.0)
_REACHES: Final[Mapping[str, Reach]] = {
    "rsi": _HUNDRED,
    "stochastic": _HUNDRED,
    "stochrsi": _HUNDRED,
    "williams_r": (-100.0, 0.0),
    "mfi": _HUNDRED,
    "cmo": _BOTH_WAYS,
    "ultosc": _HUNDRED,
    "adx": _HUNDRED,
    "adxr": _HUNDRED,
    "tsi": _BOTH_WAYS,
    "cmf": (-1.0, 1.0),
    "ibs": (0.0, 1.0),
    "bop": (-1.0, 1.0),
    "aroon.value": _BOTH_WAYS,
    "aroon.aroon_up": _HUNDRED,
    "aroon.aroon_down": _HUNDRED,
}
"""Kind, or kind and output → what its formula gives."""

_INFINITE: Final = float("inf")
_ABOVE_NOTHING: Final = (0.0, _INFINITE)


def why_never(strategy: Strategy, compare: Compare) -> str | None:
    """Why a comparison with a number never holds; None where it may."""
    left, right = compare.left, compare.right
    word, number = compare.is_, _number(strategy, right)
    if number is None:
        left, word, number = right, MIRRORED.get(compare.is_, compare.is_), _number(strategy, left)
    reach = _reach(strategy, left)
    if reach is None or number is None:
        return None
    upper = _number(strategy, compare.and_) if compare.and_ is not None else None
    if not _is_never(word, number, upper, reach):
        return None
    least, most = reach
    if most == _INFINITE:
        return f"It never holds: {left} is never below {least:g}."
    return f"It never holds: {left} is from {least:g} to {most:g}."


def _is_never(word: str, number: float, upper: float | None, reach: Reach) -> bool:
    least, most = reach
    match word:
        case "above":
            return number >= most
        case "at_least":
            return number > most
        case "below":
            return number <= least
        case "at_most":
            return number < least
        case "equal":
            return not least <= number <= most
        case "crosses_above":
            return number >= most or number < least
        case "crosses_below":
            return number <= least or number > most
        case "between":
            return upper is not None and (upper < least or number > most or number > upper)
        case _:
            return False


def _number(strategy: Strategy, operand: Operand) -> float | None:
    """A number, or what a parameter is where nothing else is given."""
    if isinstance(operand, int | float):
        return operand
    if isinstance(operand, str) and operand.startswith("$"):
        return strategy.parameters[operand[1:]].default
    return None


def _reach(strategy: Strategy, operand: Operand) -> Reach | None:
    if not isinstance(operand, str):
        return None
    if operand in PRICES or operand in POSITION_STATES[1:]:
        return _ABOVE_NOTHING
    name, _, output = operand.partition(".")
    use = strategy.indicators.get(name)
    if use is None:
        return None
    return _REACHES.get(use.kind) or _REACHES.get(f"{use.kind}.{output or use.output}")
