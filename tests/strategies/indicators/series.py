"""Bars to try indicators on, and what indicators give for them."""

import random
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import numpy.typing as npt

from kis_mcp.clock import KST
from kis_mcp.strategies.indicators import KINDS, BarValues, Values

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=KST)
Column = npt.NDArray[np.float64]


def walk(count: int, seed: int = 1) -> list[BarValues]:
    """A random walk about 70,000, with gaps between bars, and that of an index beside it."""
    draw, price, index, bars = random.Random(seed), 70_000.0, 2_500.0, list[BarValues]()
    for _ in range(count):
        begin = price * (1 + draw.gauss(0, 0.002))
        end = begin * (1 + draw.gauss(0, 0.01))
        high = max(begin, end) * (1 + abs(draw.gauss(0, 0.003)))
        low = min(begin, end) * (1 - abs(draw.gauss(0, 0.003)))
        index *= 1 + draw.gauss(0, 0.008)
        bars.append(BarValues(NOW, begin, high, low, end, float(draw.randint(1, 100_000)), index))
        price = end if 20_000 < end < 200_000 else 70_000.0
    return bars


def values(kind: str, bars: Iterable[BarValues], **params: float) -> list[Values]:
    """What an indicator gives, bar by bar."""
    found = KINDS[kind]
    push = found.make(found.read_params(params, "params")).push
    return [push(bar) for bar in bars]


def columns(kind: str, bars: Iterable[BarValues], **params: float) -> dict[str, Column]:
    """Output → its values; not a number where there is none."""
    rows = values(kind, bars, **params)
    return {
        name: np.array([np.nan if each is None else each for each in column])
        for name, column in zip(KINDS[kind].outputs, zip(*rows, strict=True), strict=True)
    }


class Prices:
    """The columns of bars."""

    def __init__(self, bars: list[BarValues]) -> None:
        self.open, self.high, self.low, self.close, self.volume = (
            np.array(column) for column in zip(*(bar[1:6] for bar in bars), strict=True)
        )
        self.index = np.array([bar.benchmark or np.nan for bar in bars])

    @property
    def typical(self) -> Column:
        return (self.high + self.low + self.close) / 3

    @property
    def middle(self) -> Column:
        return (self.high + self.low) / 2


def assert_same(mine: Column, theirs: Column, *, after: int = 0, tolerance: float = 1e-10) -> None:
    """Known in the same bars, and the same there; from bar ``after`` on, where their start is another."""
    mine, theirs = mine[after:], np.asarray(theirs, dtype=float)[after:]
    np.testing.assert_array_equal(np.isnan(mine), np.isnan(theirs))
    assert not np.isnan(mine).all()
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance * float(np.nanmax(np.abs(theirs))))
