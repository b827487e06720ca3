"""How the benchmarks print what they found: a figure, what it is compared with, and the goal."""

import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def line(name: str, value: float, unit: str, goal: float, *, at_least: bool = False) -> bool:
    """Print one result and return whether it meets the goal."""
    met = value >= goal if at_least else value <= goal
    print(f"{'ok  ' if met else 'MISS'} {name:<58} {value:>9.2f} {unit:<8} goal {'≥' if at_least else '≤'} {goal:g}")
    return met
