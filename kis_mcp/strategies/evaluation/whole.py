"""All signals of a history at once, column by column: the same as `Evaluator` gives a bar at a time, in less time."""

import operator
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import repeat
from typing import Final, TypeAlias, cast

from kis_mcp.strategies.document import (
    POSITION_STATES,
    PRICES,
    All,
    Any,
    Compare,
    Condition,
    Derived,
    Not,
    Operand,
    PatternSeen,
    Strategy,
    TimeOfDay,
)
from kis_mcp.strategies.evaluation.evaluator import NOT_KNOWN, SIGNALS, Evaluator, Signal
from kis_mcp.strategies.evaluation.registers import MakeIndicator, bars_back, indicator_of, make_indicator
from kis_mcp.strategies.indicators import BarValues, OfClose, Values
from kis_mcp.strategies.patterns import find_pattern

_Column: TypeAlias = Sequence[float | None]
_Held: TypeAlias = list[bool | None]

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


def whole_signals(
    strategy: Strategy,
    read_values: Callable[[], Sequence[BarValues]],
    closes: Sequence[float],
    make: MakeIndicator = make_indicator,
) -> list[Signal] | None:
    """The signal at each bar's end; None where a condition looks at the position, which no history tells.

    Args:
        strategy: Resolved.
        read_values: Gives every bar; called where closes are not enough.
        closes: Of every bar.
        make: Where indicators come from.

    Raises:
        BadArgument: As `Evaluator`.
    """
    if any(_looks_at_position(each) for each in strategy.conditions()):
        return None
    warm_up, columns = Evaluator(strategy).warm_up, _Columns(strategy, read_values, closes, make)
    enters = columns.held(strategy.entry, "entry")
    exits: Sequence[bool | None] = [False] * len(closes)
    if strategy.exit is not None:
        exits = columns.held(strategy.exit, "exit")
    signals = list(map(SIGNALS.__getitem__, zip(enters, exits, strict=True)))
    unknown = min(warm_up - 1, len(signals))
    signals[:unknown] = repeat(NOT_KNOWN, unknown)
    return signals


def _looks_at_position(condition: Condition) -> bool:
    match condition:
        case Compare(left=left, right=right, and_=upper):
            return any(map(_is_of_position, (left, right, upper)))
        case All() | Any() | Not() | PatternSeen() | TimeOfDay():
            return False
        case _:
            return True


def _is_of_position(operand: Operand | None) -> bool:
    if isinstance(operand, Derived):
        return any(map(_is_of_position, (operand.of, operand.times, operand.plus)))
    return operand in POSITION_STATES


class _Columns:
    """Values and conditions over all bars; what two conditions name is computed once."""

    def __init__(
        self,
        strategy: Strategy,
        read_values: Callable[[], Sequence[BarValues]],
        closes: Sequence[float],
        make: MakeIndicator,
    ) -> None:
        self._strategy = strategy
        self._read_values = read_values
        self._closes = closes
        self._make = make
        self._found: dict[Operand, _Column] = {"close": closes}
        self._outputs: dict[tuple[str, tuple[tuple[str, float], ...]], list[Values]] = {}

    @cached_property
    def _values(self) -> Sequence[BarValues]:
        return self._read_values()

    def held(self, condition: Condition, path: str) -> _Held:
        """Whether a condition holds at each bar's end."""
        match condition:
            case All(all=parts):
                return self._joined([self.held(part, f"{path}.all[{n}]") for n, part in enumerate(parts)], False)
            case Any(any=parts):
                return self._joined([self.held(part, f"{path}.any[{n}]") for n, part in enumerate(parts)], True)
            case Not(not_=part):
                return [None if held is None else not held for held in self.held(part, f"{path}.not")]
            case Compare():
                return self._compared(condition, path)
            case PatternSeen(pattern=name, is_=word):
                push = find_pattern(self._strategy.patterns[name].kind).make().push
                wanted = {"bullish": 1, "bearish": -1}.get(word)
                seen = map(push, self._values)
                return [None if way is None else way != 0 if wanted is None else way == wanted for way in seen]
            case TimeOfDay(from_=begin, until=end):
                return [begin <= bar.ends_at.time() <= end for bar in self._values]
            case _:
                raise AssertionError("the position is not known")

    @staticmethod
    def _joined(columns: Sequence[_Held], decisive: bool) -> _Held:
        """Kleene's and (where False is decisive) or or (where True is)."""
        first, *others = columns
        for other in others:
            first = [
                decisive if a is decisive or b is decisive else None if a is None or b is None else not decisive
                for a, b in zip(first, other, strict=True)
            ]
        return first

    def _compared(self, condition: Compare, path: str) -> _Held:
        left, right = self._column(condition.left, f"{path}.left"), self._column(condition.right, f"{path}.right")
        pairs = zip(left, right, strict=True)
        if condition.and_ is not None:
            upper = self._column(condition.and_, f"{path}.and")
            return [
                None if value is None or low is None or high is None else low <= value <= high
                for value, low, high in zip(left, right, upper, strict=True)
            ]
        match condition.is_:
            case "above":
                return [None if a is None or b is None else a > b for a, b in pairs]
            case "below":
                return [None if a is None or b is None else a < b for a, b in pairs]
            case "crosses_above":
                return _crossings(left, right)
            case "crosses_below":
                return _crossings(right, left)
            case word:
                compare = _COMPARISONS[word]
                return [None if a is None or b is None else compare(a, b) for a, b in pairs]

    def _column(self, operand: Operand, path: str) -> _Column:
        if operand not in self._found:
            self._found[operand] = self._new_column(operand, path)
        return self._found[operand]

    def _new_column(self, operand: Operand, path: str) -> _Column:
        match operand:
            case Derived():
                return self._derived(operand, path)
            case int() | float():
                return [operand] * len(self._closes)
            case str() if operand in PRICES:
                at = BarValues._fields.index(operand)
                return [cast("float", bar[at]) for bar in self._values]
            case _:
                kind, params, at = indicator_of(self._strategy, operand)
                indicator = kind.make(params) if self._make is make_indicator else None
                if isinstance(indicator, OfClose):
                    return list(map(indicator.push_close, self._closes))
                key = kind.id, tuple(params.items())
                if key not in self._outputs:
                    self._outputs[key] = list(map(self._make(kind, params), self._values))
                return [outputs[at] for outputs in self._outputs[key]]

    def _derived(self, operand: Derived, path: str) -> _Column:
        back = bars_back(operand.back, f"{path}.back")
        values = _earlier(self._column(operand.of, f"{path}.of"), back)
        if operand.change_over is not None:
            before = _earlier(values, bars_back(operand.change_over, f"{path}.change_over"))
            in_percent = operand.unit == "percent"
            values = [_change(now, then, in_percent) for now, then in zip(values, before, strict=True)]
        times, plus = self._column(operand.times, f"{path}.times"), self._column(operand.plus, f"{path}.plus")
        return [
            None if value is None or factor is None or summand is None else value * factor + summand
            for value, factor, summand in zip(values, times, plus, strict=True)
        ]


def _crossings(left: _Column, right: _Column) -> _Held:
    """Where left passes above right, by the rule of `Compare`."""
    found: _Held = [
        None if a is None or b is None or c is None or d is None else a <= b and c > d
        for a, b, c, d in zip(left, right, left[1:], right[1:], strict=False)
    ]
    return [None, *found] if left else found


def _earlier(column: _Column, bars: int) -> _Column:
    return [*repeat(None, min(bars, len(column))), *column[: max(0, len(column) - bars)]] if bars else column


def _change(now: float | None, then: float | None, in_percent: bool) -> float | None:
    if now is None or then is None or (in_percent and not then):
        return None
    return (now / then - 1) * 100 if in_percent else now - then
