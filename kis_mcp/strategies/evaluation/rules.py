"""Conditions as functions of the registers.

A condition holds, does not hold, or is not known (None) while a value it needs is not: an indicator that warms up makes
no condition hold, nor its opposite. All and any join them as Kleene's logic does.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import (
    CROSSINGS,
    All,
    Any,
    Compare,
    Condition,
    Holding,
    Not,
    PatternSeen,
    Strategy,
    TimeOfDay,
)
from kis_mcp.strategies.evaluation.registers import Registers
from kis_mcp.strategies.indicators import BarValues
from kis_mcp.strategies.patterns import find_pattern

Rule: TypeAlias = Callable[[], bool | None]

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


@dataclass(slots=True)
class PatternsSeen:
    """The patterns of a document, worked out once a bar."""

    pushes: dict[str, Callable[[BarValues], int | None]]
    now: dict[str, int | None]
    warm_up: int

    @classmethod
    def of(cls, strategy: Strategy) -> "PatternsSeen":
        kinds = {name: find_pattern(use.kind) for name, use in strategy.patterns.items()}
        return cls(
            {name: kind.make().push for name, kind in kinds.items()},
            dict.fromkeys(kinds),
            max((kind.warm_up for kind in kinds.values()), default=1),
        )

    def push(self, bar: BarValues) -> None:
        for name, push in self.pushes.items():
            self.now[name] = push(bar)


def compile_rule(condition: Condition, registers: Registers, patterns: PatternsSeen, path: str) -> Rule:
    """The function of a condition; ask it after the registers have taken the bar.

    Raises:
        BadArgument: A number in it makes no sense.
    """
    match condition:
        case All(all=parts):
            return _all([compile_rule(part, registers, patterns, f"{path}.all[{n}]") for n, part in enumerate(parts)])
        case Any(any=parts):
            return _any([compile_rule(part, registers, patterns, f"{path}.any[{n}]") for n, part in enumerate(parts)])
        case Not(not_=part):
            inner = compile_rule(part, registers, patterns, f"{path}.not")
            return lambda: None if (held := inner()) is None else not held
        case Compare():
            return _compare(condition, registers, path)
        case PatternSeen():
            return _pattern(condition, patterns)
        case Holding():
            return _holding(condition, registers, path)
        case TimeOfDay(from_=begin, until=end):
            if begin > end:
                raise BadArgument(f"{path} ends before it begins.", remedy="Give from before until.", field=path)
            return lambda: begin <= registers.bar.ends_at.time() <= end


def _all(rules: Sequence[Rule]) -> Rule:
    def rule() -> bool | None:
        result: bool | None = True
        for each in rules:
            held = each()
            if held is False:
                return False
            if held is None:
                result = None
        return result

    return rule


def _any(rules: Sequence[Rule]) -> Rule:
    def rule() -> bool | None:
        result: bool | None = False
        for each in rules:
            held = each()
            if held:
                return True
            if held is None:
                result = None
        return result

    return rule


def _compare(condition: Compare, registers: Registers, path: str) -> Rule:
    left = registers.find(condition.left, f"{path}.left")
    right = registers.find(condition.right, f"{path}.right")
    if condition.and_ is not None:
        upper = registers.find(condition.and_, f"{path}.and")

        def between() -> bool | None:
            now = registers.now
            value, low, high = now[left], now[right], now[upper]
            return None if value is None or low is None or high is None else low <= value <= high

        return between
    if condition.is_ in CROSSINGS:
        # KIS' rule: on the wrong side or level with it a bar ago, and beyond it now.
        is_beyond = operator.gt if condition.is_ == "crosses_above" else operator.lt

        def crosses() -> bool | None:
            now, before = registers.now, registers.before
            a, b, c, d = before[left], before[right], now[left], now[right]
            if a is None or b is None or c is None or d is None:
                return None
            return not is_beyond(a, b) and is_beyond(c, d)

        return crosses
    compare = _COMPARISONS[condition.is_]

    def compares() -> bool | None:
        now = registers.now
        a, b = now[left], now[right]
        return None if a is None or b is None else compare(a, b)

    return compares


def _pattern(condition: PatternSeen, patterns: PatternsSeen) -> Rule:
    name, wanted, now = condition.pattern, {"bullish": 1, "bearish": -1, "detected": 0}[condition.is_], patterns.now

    def rule() -> bool | None:
        seen = now[name]
        return None if seen is None else (seen == wanted if wanted else seen != 0)

    return rule


def _holding(condition: Holding, registers: Registers, path: str) -> Rule:
    bars = condition.bars
    if isinstance(bars, str) or bars < 0 or bars != int(bars):
        raise BadArgument(f"{path}.bars is {bars}.", remedy="Give a whole number of bars.", field=f"{path}.bars")
    wanted = condition.holding

    def rule() -> bool | None:
        position = registers.position
        return (position is not None and position.bars >= bars) is wanted

    return rule
