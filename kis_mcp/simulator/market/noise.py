"""Numbers that are drawn once and for ever, and levels that wander from day to day."""

from datetime import date
from functools import lru_cache
from hashlib import blake2b

_STEPS = 1 << 32
_KEPT = 20_000
"""Levels that are kept."""


def between(seed: str, low: float, high: float) -> float:
    """A number that is always the same for the same seed."""
    drawn = int.from_bytes(blake2b(seed.encode(), digest_size=4).digest())
    return low + (high - low) * drawn / _STEPS


@lru_cache(_KEPT)
def wave(seed: str, day: date, sizes: tuple[tuple[int, float], ...]) -> float:
    """Where a level stands on a day, around 0. From day to day it moves little, and it never moves away for good.

    Args:
        sizes: Pairs of a period in weekdays and how far, up or down, the level may be moved by it.
    """
    weekday = day.toordinal() // 7 * 5 + min(day.toordinal() % 7, 5)
    level = 0.0
    for period, size in sizes:
        knot, passed = divmod(weekday, period)
        here, there = (between(f"{seed}:{period}:{at}", -size, size) for at in (knot, knot + 1))
        level += here + (there - here) * passed / period
    return level
