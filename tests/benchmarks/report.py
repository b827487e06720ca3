"""How the benchmarks print what they found: a figure, what it is compared with, and the goal."""

import resource
import statistics
from collections.abc import Sequence
from pathlib import Path


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def line(name: str, value: float, unit: str, goal: float, *, at_least: bool = False) -> bool:
    """Print one result and return whether it meets the goal."""
    met = value >= goal if at_least else value <= goal
    print(f"{'ok  ' if met else 'MISS'} {name:<58} {value:>9.2f} {unit:<8} goal {'≥' if at_least else '≤'} {goal:g}")
    return met


def resident() -> float:
    """Memory of this process in MB; where the system does not tell, its peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20
