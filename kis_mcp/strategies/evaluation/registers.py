"""The values that a strategy's conditions name, worked out once a bar, each beside its value of the bar before."""

from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import POSITION_STATES, PRICES, Derived, Operand, Strategy
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.indicators import BarValues, Values, find_kind

MOST_BARS_BACK: Final = 1000
Register: TypeAlias = int
"""Where a value stands in `Registers.now` and `Registers.before`."""

_Compute: TypeAlias = Callable[[], float | None]


class Registers:
    """Computes every value of a resolved strategy; a value that two conditions name is computed once.

    Attributes:
        bar: The last bar.
        position: What was held at its end.
        now: The values as of the last bar; None where one is not known, as while an indicator warms up.
        before: Those of the bar before it.
    """

    bar: BarValues

    def __init__(self, strategy: Strategy) -> None:
        self.position: Position | None = None
        self._strategy = strategy
        self._found: dict[Operand, Register] = {}
        self._computes: list[tuple[Register, _Compute]] = []
        self._indicators: list[Callable[[BarValues], Values]] = []
        self._outputs: list[Values] = []
        self._indicator_of: dict[str, int] = {}
        self._bars_needed: dict[Register, int] = {}
        self.now: list[float | None] = []
        self.before: list[float | None] = []

    def find(self, operand: Operand, path: str) -> Register:
        """The register of an operand, made where there is none yet."""
        if operand not in self._found:
            constant = operand if isinstance(operand, int | float) else None
            # What it is made of gets its registers first, and so is computed first.
            compute, bars = self._compute_of(operand, path) if constant is None else (None, 1)
            register = self._found[operand] = len(self.now)
            self.now.append(constant)
            self.before.append(constant)
            self._bars_needed[register] = bars
            if compute is not None:
                self._computes.append((register, compute))
        return self._found[operand]

    @property
    def warm_up(self) -> int:
        """How many bars it takes until all values are known."""
        return max(self._bars_needed.values(), default=1)

    def push(self, bar: BarValues, position: Position | None) -> None:
        """Take the next bar."""
        self.bar, self.position = bar, position
        self._outputs[:] = [push(bar) for push in self._indicators]
        now = self.before
        self.before = self.now
        self.now = now
        for register, compute in self._computes:
            now[register] = compute()

    def named_values(self) -> dict[str, float | None]:
        """The values of the last bar that a document calls by a name."""
        return {name: self.now[at] for name, at in self._found.items() if isinstance(name, str)}

    def _compute_of(self, operand: Derived | str | float, path: str) -> tuple[_Compute, int]:
        """How a value is computed, and how many bars it takes."""
        if isinstance(operand, Derived):
            return self._derived(operand, path)
        name = str(operand)
        if name in PRICES:
            at = BarValues._fields.index(name)
            return lambda: cast("float", self.bar[at]), 1
        if name in POSITION_STATES:
            state = name.partition(".")[2]
            return lambda: self.position.state(state, self.bar.close) if self.position else None, 1
        return self._indicator(name)

    def _indicator(self, name: str) -> tuple[_Compute, int]:
        alias, _, output = name.partition(".")
        use = self._strategy.indicators[alias]
        kind = find_kind(use.kind)
        params = kind.read_params(
            {each: float(value) for each, value in use.params.items()}, f"indicators.{alias}.params"
        )
        if alias not in self._indicator_of:
            self._indicator_of[alias] = len(self._indicators)
            self._indicators.append(kind.make(params).push)
            self._outputs.append((None,) * len(kind.outputs))
        number, outputs = self._indicator_of[alias], self._outputs
        wanted = output or use.output
        at = kind.outputs.index(wanted) if wanted in kind.outputs else 0
        return lambda: outputs[number][at], kind.warm_up(params)

    def _derived(self, operand: Derived, path: str) -> tuple[_Compute, int]:
        of = self.find(operand.of, f"{path}.of")
        times, plus = self.find(operand.times, f"{path}.times"), self.find(operand.plus, f"{path}.plus")
        back = _bars(operand.back, f"{path}.back")
        over = _bars(operand.change_over, f"{path}.change_over") if operand.change_over is not None else 0
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


def _bars(value: object, path: str) -> int:
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
