"""Bars in, signals out: the one evaluator, in a backtest and live."""

from typing import Final, NamedTuple

from kis_mcp.strategies.document import CROSSINGS, Compare, Strategy
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.evaluation.registers import MakeIndicator, Registers, make_indicator
from kis_mcp.strategies.evaluation.rules import PatternsSeen, compile_rule
from kis_mcp.strategies.indicators import BarValues


class Signal(NamedTuple):
    """What the conditions say at the end of a bar.

    Attributes:
        enters, exits: Whether the entry's and the exit's conditions hold. None: not known yet, and so no signal.
    """

    enters: bool | None
    exits: bool | None


NOT_KNOWN: Final = Signal(enters=None, exits=None)
SIGNALS: Final = {
    (enters, exits): Signal(enters, exits) for enters in (None, False, True) for exits in (None, False, True)
}
"""All that there are: making one takes longer than finding it."""


class Evaluator:
    """Evaluates a strategy for one instrument, a bar at a time. It looks at no clock and at nothing outside.

    Args:
        strategy: Resolved: without parameters.
        make: Where indicators come from, such as values that many strategies share.

    Raises:
        BadArgument: A number in the document makes no sense; the field is its path.
    """

    def __init__(self, strategy: Strategy, make: MakeIndicator = make_indicator) -> None:
        self._registers = Registers(strategy, make)
        self._patterns = PatternsSeen.of(strategy)
        self._entry = compile_rule(strategy.entry, self._registers, self._patterns, "entry")
        self._exit = (
            compile_rule(strategy.exit, self._registers, self._patterns, "exit") if strategy.exit is not None else None
        )
        crossings = any(isinstance(part, Compare) and part.is_ in CROSSINGS for part in strategy.conditions())
        self._warm_up = max(self._registers.warm_up + crossings, self._patterns.warm_up)
        self._bars = 0

    @property
    def warm_up(self) -> int:
        """How many bars it takes until every value is known, the one before for crossings included. There is no signal
        before that many."""
        return self._warm_up

    @property
    def settles_after(self) -> int:
        """How many bars it takes until signals do not tell any more where the bars began."""
        return self._warm_up + self._registers.memory

    @property
    def bars_missing(self) -> int:
        """So many more it takes until there are signals."""
        return max(0, self._warm_up - self._bars)

    def push(self, bar: BarValues, position: Position | None = None) -> Signal:
        """Take a bar that has ended.

        Args:
            bar: The next one.
            position: What the strategy holds at its end.
        """
        self._registers.push(bar, position)
        if self._patterns.now:
            self._patterns.push(bar)
        self._bars += 1
        if self._bars < self._warm_up:
            return NOT_KNOWN
        return SIGNALS[self._entry(), self._exit() if self._exit is not None else False]

    def values(self) -> dict[str, float | None]:
        """What the conditions compared at the last bar, by the words of the document: the reasons of a decision."""
        return self._registers.named_values()
