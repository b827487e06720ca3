"""What a candlestick pattern is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kis_mcp.strategies.indicators import BarValues


class Pattern(Protocol):
    """A pattern of one instrument, in the middle of its bars."""

    def push(self, bar: BarValues, /) -> int | None:
        """Take the next bar. 1: seen, pointing up; -1: seen, pointing down; 0: not seen; None: too few bars.

        A pattern that points nowhere, as a doji, is 1 where it is seen."""
        ...


@dataclass(frozen=True, slots=True)
class PatternKind:
    """A row of the table of patterns.

    Attributes:
        id: As KIS' own strategy files call it.
        title: Its usual English name.
        make: → a pattern that has seen no bar.
        warm_up: How many bars it takes until it can be seen.
    """

    id: str
    title: str
    make: Callable[[], Pattern]
    warm_up: int
