"""How much prices move, as a part of them in a year."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import pstdev

_TRADING_DAYS = 252


def yearly_volatility(daily: float) -> float:
    """The volatility of a year that a day's comes to."""
    return daily * math.sqrt(_TRADING_DAYS)


def realised_volatility(closes: Sequence[float]) -> float:
    """Of a year, from the closes of at least two days that follow each other."""
    return yearly_volatility(pstdev(math.log(new / old) for old, new in pairwise(closes)))
