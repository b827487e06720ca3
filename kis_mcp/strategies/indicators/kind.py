"""What an indicator is: its parameters, its outputs, and how it is worked out a bar at a time.

Indicators are statistics, not money: they are floats, as in every library of indicators.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from kis_mcp.errors import BadArgument


class BarValues(NamedTuple):
    """One bar, as indicators take it.

    Attributes:
        ends_at: When it ended, in the exchange's time.
        open, high, low, close: In the instrument's currency.
        volume: Shares or contracts.
        benchmark: The market index' close at the same moment; None where none is known.
    """

    ends_at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    benchmark: float | None = None


Values: TypeAlias = tuple[float | None, ...]
"""One value for each output of the kind, in its order. None: the indicator has not seen enough bars."""


class Indicator(Protocol):
    """An indicator of one instrument, in the middle of its bars."""

    def push(self, bar: BarValues, /) -> Values:
        """Take the next bar; returns the values as of its end. Uses nothing of later bars, and memory that does not
        grow with the number of bars."""
        ...


@dataclass(frozen=True, slots=True)
class IndicatorParam:
    """A parameter of a kind.

    Attributes:
        least, most: The range in which the formula makes sense.
        is_whole: Whether it counts bars.
    """

    name: str
    default: float
    least: float
    most: float
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class IndicatorKind:
    """A row of the table of indicators.

    Attributes:
        id: As KIS' own strategy files call it.
        title: Its usual English name.
        params: In the order in which people name them.
        outputs: The first is what the indicator's name alone means.
        make: Parameters by name → an indicator that has seen no bar.
        warm_up: Parameters by name → how many bars it takes until every output has a value. It can take longer, and a
            value can be missing later, where the formula has none: a range of a price that does not move, a turning
            point that has not come.
        needs_benchmark: Whether it has no value without a market index.
        memory: After so many times its warm-up its values tell of where the bars began by less than a millionth of
            them. 1: it looks at a window; None: it is a running total, and always tells.
    """

    id: str
    title: str
    params: tuple[IndicatorParam, ...]
    outputs: tuple[str, ...]
    make: Callable[[Mapping[str, float]], Indicator]
    warm_up: Callable[[Mapping[str, float]], int]
    needs_benchmark: bool = False
    memory: int | None = 1

    def settles_after(self, params: Mapping[str, float]) -> int:
        """How many bars it takes until its values do not tell any more where the bars began; of a running total, until
        it has one."""
        return (self.memory or 1) * self.warm_up(params)

    def read_params(self, given: Mapping[str, float], path: str) -> dict[str, float]:
        """Every parameter by name, with defaults for those not given.

        Raises:
            BadArgument: One is unknown, out of its range, or no whole number where it counts bars.
        """
        known = {param.name: param for param in self.params}
        for name in given:
            if name not in known:
                remedy = f"It takes {', '.join(known)}." if known else "It takes none: leave it out."
                raise BadArgument(f"{self.id} has no parameter {name}.", remedy=remedy, field=f"{path}.{name}")
        read = dict[str, float]()
        for name, param in known.items():
            value = given.get(name, param.default)
            if not param.least <= value <= param.most or (param.is_whole and value != int(value)):
                kind = "a whole number" if param.is_whole else "a number"
                raise BadArgument(
                    f"{name} of {self.id} is {value:g}.",
                    remedy=f"Give {kind} from {param.least:g} to {param.most:g}.",
                    field=f"{path}.{name}",
                )
            read[name] = int(value) if param.is_whole else float(value)
        return read
