"""Where in the ranges of its parameters a strategy is tried: all of a grid, or some of it by chance."""

import random
from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from math import prod
from typing import Final, TypeAlias

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Parameter, Strategy

MOST_POINTS: Final = 10_000
_STEPS_WITHOUT_ONE: Final = 10
"""A range of fractions that names no step is cut into so many."""

Point: TypeAlias = Mapping[str, int | float]
"""Parameter → value; those that are not there have their defaults."""


def combinations(strategy: Strategy) -> int:
    """How many combinations the ranges of the parameters have.

    Raises:
        BadArgument: No parameter has a range.
    """
    return prod(map(len, _columns(strategy).values()))


def grid(strategy: Strategy) -> list[Point]:
    """Every combination of the parameters that have a range, by their steps.

    Raises:
        BadArgument: No parameter has one, or there are too many combinations.
    """
    columns, count = _columns(strategy), combinations(strategy)
    if count > MOST_POINTS:
        raise BadArgument(
            f"The ranges have {count:,} combinations.",
            remedy=f"Widen steps or narrow ranges to {MOST_POINTS:,} at most, or search at random.",
            field="parameters",
        )
    return [dict(zip(columns, values, strict=True)) for values in product(*columns.values())]


def some_of_grid(strategy: Strategy, count: int, seed: int) -> list[Point]:
    """So many different combinations, the same for the same seed; all where there are no more.

    Raises:
        BadArgument: No parameter has a range, or the count is out of bounds.
    """
    if not 1 <= count <= MOST_POINTS:
        raise BadArgument(f"{count} points are asked for.", remedy=f"Give 1 to {MOST_POINTS}.", field="points")
    columns = _columns(strategy)
    every = prod(map(len, columns.values()))
    numbers = random.Random(seed).sample(range(every), min(count, every))  # noqa: S311 - no secret depends on it
    return [_point(columns, number) for number in numbers]


def _point(columns: Mapping[str, list[int | float]], number: int) -> Point:
    """The combination of a number, as if all were counted."""
    point = dict[str, int | float]()
    for name, values in columns.items():
        number, at = divmod(number, len(values))
        point[name] = values[at]
    return point


def _columns(strategy: Strategy) -> dict[str, list[int | float]]:
    found = {
        name: _values(name, parameter)
        for name, parameter in strategy.parameters.items()
        if parameter.min is not None and parameter.max is not None
    }
    if not found:
        raise BadArgument(
            "No parameter has a range.", remedy="Give min, max and step of at least one.", field="parameters"
        )
    return found


def _values(name: str, parameter: Parameter) -> list[int | float]:
    assert parameter.min is not None
    assert parameter.max is not None
    low, high = Decimal(str(parameter.min)), Decimal(str(parameter.max))
    if low > high:
        raise BadArgument(
            f"The range of {name} ends before it begins.", remedy="Give min below max.", field=f"parameters.{name}.max"
        )
    step = Decimal(str(parameter.step)) if parameter.step else _usual_step(parameter, low, high)
    count = int((high - low) / step) + 1 if step else 1
    if count > MOST_POINTS:
        raise BadArgument(
            f"The parameter {name} has {count:,} values.", remedy="Give a wider step.", field=f"parameters.{name}.step"
        )
    values = [low + step * number for number in range(count)]
    if parameter.is_whole and any(value != int(value) for value in values):
        raise BadArgument(
            f"The parameter {name} is whole, and its range is not.",
            remedy="Give a whole min and step.",
            field=f"parameters.{name}.step",
        )
    return [int(value) if parameter.is_whole else float(value) for value in values]


def _usual_step(parameter: Parameter, low: Decimal, high: Decimal) -> Decimal:
    return Decimal(1) if parameter.is_whole else (high - low) / _STEPS_WITHOUT_ONE
