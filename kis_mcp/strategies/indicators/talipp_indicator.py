"""Indicators of the talipp library as this project's: typed, with known warm-up, and with bounded memory."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from kis_mcp.strategies.indicators.kind import BarValues, Values

SPARE_BARS: Final = 1000
"""So many bars more than needed are kept before the oldest are forgotten: forgetting copies the rest."""


class TalippIndicator:
    """Feeds an indicator of talipp.

    Args:
        indicator: It, fresh.
        source: What it takes of a bar.
        outputs: What is read of its result: names of attributes; none where the result is the value.
        kept: So many of its latest inputs decide all later values, beside sums that it keeps itself.
    """

    def __init__(
        self, indicator: Any, source: Callable[[BarValues], object], outputs: Sequence[str], kept: int
    ) -> None:
        self._indicator = indicator
        self._source = source
        self._outputs = tuple(outputs)
        self._kept = kept
        self._unknown: Values = (None,) * max(1, len(self._outputs))
        self._until_purge = kept + SPARE_BARS

    def push(self, bar: BarValues) -> Values:
        indicator = self._indicator
        indicator.add(self._source(bar))
        self._until_purge -= 1
        if not self._until_purge:
            indicator.purge_oldest(SPARE_BARS)
            self._until_purge = SPARE_BARS
        result = indicator[-1]
        if result is None:
            return self._unknown
        if not self._outputs:
            return (result,)
        return tuple(getattr(result, name) for name in self._outputs)
