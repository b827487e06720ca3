"""What many backtests over the same bars have in common: the bars as values, and those of each indicator."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.indicators import BarValues, IndicatorKind, Values

MOST_VALUES: Final = 1_000_000
"""So many bars' values are kept of one instrument's indicators, some 70 MB: beyond that the least recently used go."""


class SharedValues:
    """Of one instrument. An indicator of the same kind and parameters is worked out once.

    Args:
        bars: The instrument's history.
        most: So many values are kept at most.

    Attributes:
        bars: As given.
        values: Each bar as an evaluator takes it.
        closes: Of each bar.
    """

    def __init__(self, bars: Bars, most: int = MOST_VALUES) -> None:
        self.bars = bars
        self.values = list(bars.values())
        self.closes = [value.close for value in self.values]
        self._most_columns = max(1, most // len(bars))
        self._columns = OrderedDict[tuple[str, tuple[tuple[str, float], ...]], list[Values]]()

    def make(self, kind: IndicatorKind, params: Mapping[str, float]) -> Callable[[BarValues], Values]:
        """An indicator that takes these bars from the first on, and no others."""
        key = kind.id, tuple(params.items())
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = list(map(kind.make(params).push, self.values))
            if len(self._columns) > self._most_columns:
                self._columns.popitem(last=False)
        else:
            self._columns.move_to_end(key)
        step = iter(column).__next__
        return lambda _: step()
