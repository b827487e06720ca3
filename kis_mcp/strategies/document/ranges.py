"""The numbers that a document's amounts, percents and counts of bars may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kis_mcp.strategies.document.conditions import Holding
from kis_mcp.strategies.document.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Range:
    """Which numbers are meant.

    Attributes:
        least, most: Both included.
        above: More than this, where ``least`` is not said.
        is_whole: Whether it counts something.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    is_whole: bool = False

    def holds(self, value: float) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (not self.is_whole or value == int(value))
        )

    def __str__(self) -> str:
        kind = "a whole number" if self.is_whole else "a number"
        bounds = [f"above {self.above:g}"] if self.above is not None else []
        bounds += [f"of {self.least:g} at least"] if self.least is not None else []
        bounds += [f"of {self.most:g} at most"] if self.most is not None else []
        return f"{kind} {' and '.join(bounds)}"


_SHARE: Final = Range(above=0, most=100)
_MONEY: Final = Range(above=0)
_COUNT: Final = Range(least=1, is_whole=True)

RANGES: Final[Mapping[str, Range]] = {
    "sizing.shares": _COUNT,
    "sizing.amount": _MONEY,
    "sizing.percent_of_equity": _SHARE,
    "sizing.volatility_percent": _SHARE,
    "sizing.risk_percent": _SHARE,
    "exits.stop_loss_percent": _SHARE,
    "exits.take_profit_percent": _MONEY,
    "exits.trailing_stop_percent": _SHARE,
    "exits.after_bars": _COUNT,
    "limits.positions": _COUNT,
    "limits.entries_a_day": _COUNT,
    "limits.cooldown_bars": Range(least=0, is_whole=True),
    "limits.position_percent": _SHARE,
}
"""A distance of an exit is a positive percent: a stop 3 % beneath the entry is 3. KIS' orders take no fraction of a
share."""

_BARS: Final = Range(least=0, is_whole=True)


def numbers_of(strategy: Strategy) -> Iterator[tuple[str, float | str, Range]]:
    """Each number of a document that has a range: its path, itself or ``$name``, and the range."""
    for path, bounds in RANGES.items():
        group, _, name = path.partition(".")
        value = getattr(getattr(strategy, group), name)
        if value is not None:
            yield path, value, bounds
    for path, part in strategy.conditions_by_path():
        if isinstance(part, Holding):
            yield f"{path}.bars", part.bars, _BARS
