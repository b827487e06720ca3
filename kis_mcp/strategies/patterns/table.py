"""Every candlestick pattern, by the name that KIS' strategy files use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.indicators import BarValues


class Pattern(Protocol):
    """A pattern of one instrument, in the middle of its bars."""

    def push(self, bar: BarValues) -> int | None:
        """Take the next bar. 1: seen, pointing up; -1: seen, pointing down; 0: not seen; None: too few bars."""
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


PATTERNS: Final[dict[str, PatternKind]] = {}


def find_pattern(name: str, path: str = "kind") -> PatternKind:
    """The kind of a name.

    Raises:
        BadArgument: There is none of this name.
    """
    kind = PATTERNS.get(name)
    if kind is None:
        raise BadArgument(
            f"There is no candlestick pattern {name}.", remedy=f"Give one of {', '.join(PATTERNS)}.", field=path
        )
    return kind
