"""The values that a strategy's conditions name, worked out once a bar, each beside its value of the bar before."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, cast

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import POSITION_STATES, PRICES, Derived, Operand, Strategy
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.indicators import BarValues, IndicatorKind, Values, find_kind

MOST_BARS_BACK: Final = 1000
Register: TypeAlias = int
"""Where a value stands in `Registers.now` and `Registers.before`."""

MakeIndicator: TypeAlias = Callable[[IndicatorKind, Mapping[str, float]], Callable[[BarValues], Values]]
"""A kind and its parameters → what takes the next bar and returns the values as of its end."""

_Compute: TypeAlias = Callable[[], float | None]
_Fill: TypeAlias = int | tuple[int, int] | _Compute
"""How a register gets its value: a place in the bar, an output of an indicator by their numbers, or a function."""


def make_indicator(kind: IndicatorKind, params: Mapping[str, float]) -> Callable[[BarValues], Values]:
    """A fresh one, which works its values out itself."""
    return kind.make(params).push


class Registers:
    """Computes every value of a resolved strategy; a value that two conditions name is computed once.

    Args:
        strategy: Resolved.
        make: Where indicators come from.

    Attributes:
        bar: The last bar.
        position: What was held at its end.
        now: The values as of the last bar; None where one is not known, as while an indicator warms up.
        before: Those of the bar before it.
    """

    bar: BarValues

    def __init__(self, strategy: Strategy, make: MakeIndicator = make_indicator) -> None:
        self.position: Position | None = None
        self._strategy = strategy
        self._found: dict[Operand, Register] = {}
        self._prices: list[tuple[Register, int]] = []
        self._reads: list[tuple[Register, int, int]] = []
        self._computes: list[tuple[Register, _Compute]] = []
        self._indicators: list[Callable[[BarValues], Values]] = []
        self._make = make
        self._number_of: dict[tuple[str, tuple[tuple[str, float], ...]], int] = {}
        self._bars_needed: dict[Register, int] = {}
        self._memory = 0
        self._named: list[tuple[str, Register]] = []
        self.now: list[float | None] = []
        self.before: list[float | None] = []

    def find(self, operand: Operand, path: str) -> Register:
        """The register of an operand, made where there is none yet."""
        if operand not in self._found:
            constant = operand if isinstance(operand, int | float) else None
            # What it is made of gets its registers first, and so is computed first.
            fill, bars = self._fill_of(operand, path) if constant is None else (None, 1)
            register = self._found[operand] = len(self.now)
            self.now.append(constant)
            self.before.append(constant)
            self._bars_needed[register] = bars
            if isinstance(operand, str):
                self._named.append((operand, register))
            match fill:
                case int():
                    self._prices.append((register, fill))
                case tuple():
                    self._reads.append((register, *fill))
                case None:
                    pass
                case _:
                    self._computes.append((register, fill))
        return self._found[operand]

    @property
    def warm_up(self) -> int:
        """How many bars it takes until all values are known."""
        return max(self._bars_needed.values(), default=1)

    @property
    def memory(self) -> int:
        """How many bars after that the values still tell where the bars began. Running totals always do: they are not
        counted."""
        return self._memory

    def push(self, bar: BarValues, position: Position | None) -> None:
        """Take the next bar."""
        self.bar, self.position = bar, position
        now = self.before
        self.before = self.now
        self.now = now
        outputs = [push(bar) for push in self._indicators]
        for register, number, at in self._reads:
            now[register] = outputs[number][at]
        for register, at in self._prices:
            now[register] = cast("float", bar[at])
        for register, compute in self._computes:
            now[register] = compute()

    def named_values(self) -> dict[str, float | None]:
        """The values of the last bar that a document calls by a name."""
        now = self.now
        return {name: now[register] for name, register in self._named}

    def _fill_of(self, operand: Derived | str | float, path: str) -> tuple[_Fill, int]:
        """How a register is filled at each bar, and how many bars it takes until it has a value."""
        if isinstance(operand, Derived):
            return self._derived(operand, path)
        name = str(operand)
        if name in PRICES:
            return BarValues._fields.index(name), 1
        if name in POSITION_STATES:
            state = name.partition(".")[2]
            return lambda: self.position.state(state, self.bar.close) if self.position else None, 1
        return self._indicator(name)

    def _indicator(self, name: str) -> tuple[_Fill, int]:
        kind, params, at = indicator_of(self._strategy, name)
        key = kind.id, tuple(params.items())
        if key not in self._number_of:
            self._number_of[key] = len(self._indicators)
            self._indicators.append(self._make(kind, params))
        warm_up = kind.warm_up(params)
        self._memory = max(self._memory, kind.settles_after(params) - warm_up)
        return (self._number_of[key], at), warm_up

    def _derived(self, operand: Derived, path: str) -> tuple[_Fill, int]:
        of = self.find(operand.of, f"{path}.of")
        times, plus = self.find(operand.times, f"{path}.times"), self.find(operand.plus, f"{path}.plus")
        back = bars_back(operand.back, f"{path}.back")
        over = bars_back(operand.change_over, f"{path}.change_over") if operand.change_over is not None else 0
        if operand.change_over is not None and not over:
            raise BadArgument("A change over 0 bars is none.", remedy="Give 1 or more.", field=f"{path}.change_over")
        bars = max(self._bars_needed[of] + back + over, self._bars_needed[times], self._bars_needed[plus])
        earlier: deque[float | None] = deque(maxlen=back + over + 1)
        in_percent = operand.unit == "percent"

        def compute() -> float | None:
            now = self.now
            earlier.append(now[of])
            if len(earlier) <= back + over:
                return None
            value = earlier[over]
            if over and value is not None:
                base = earlier[0]
                if base is None or (in_percent and not base):
                    return None
                value = (value / base - 1) * 100 if in_percent else value - base
            factor, summand = now[times], now[plus]
            if value is None or factor is None or summand is None:
                return None
            return value * factor + summand

        return compute, bars


def indicator_of(strategy: Strategy, name: str) -> tuple[IndicatorKind, dict[str, float], int]:
    """The kind, the parameters and the number of the output that a word of a resolved document means.

    Raises:
        BadArgument: A parameter makes no sense.
    """
    alias, _, output = name.partition(".")
    use = strategy.indicators[alias]
    kind = find_kind(use.kind)
    params = kind.read_params({each: float(value) for each, value in use.params.items()}, f"indicators.{alias}.params")
    wanted = output or use.output
    return kind, params, kind.outputs.index(wanted) if wanted in kind.outputs else 0


def bars_back(value: object, path: str) -> int:
    """A number of bars.

    Raises:
        BadArgument: It is none.
    """
    if (
        isinstance(value, str)
        or not isinstance(value, int | float)
        or value != int(value)
        or not 0 <= value <= MOST_BARS_BACK
    ):
        raise BadArgument(
            f"{path} is {value}.", remedy=f"Give a whole number of bars from 0 to {MOST_BARS_BACK}.", field=path
        )
    return int(value)
