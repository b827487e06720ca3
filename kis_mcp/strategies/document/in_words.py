"""A strategy's rule in plain words: what it buys when, and what sells it again, each in one line.

Parts are parted by ``; ``, so that each is a sentence of its own where texts are said in another language. An indicator
is called by its kind, not by the name that its writer gave it.
"""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Final

from kis_mcp.strategies.document.conditions import (
    All,
    Any,
    Compare,
    Condition,
    Holding,
    Not,
    PatternSeen,
    TimeOfDay,
)
from kis_mcp.strategies.document.operands import Derived, Operand
from kis_mcp.strategies.document.strategy import Exits, Limits, Sizing, Strategy
from kis_mcp.strategies.indicators import find_kind

MOST_OF_LINE: Final = 400
"""Characters. A rule that takes more is told to be longer."""

MOST_OF_PART: Final = 160

_WORDS: Final = {
    "above": ">",
    "below": "<",
    "at_least": "≥",
    "at_most": "≤",
    "equal": "=",
    "not_equal": "≠",
    "crosses_above": "crosses above",
    "crosses_below": "crosses below",
}


def rule_in_words(strategy: Strategy, currency: str) -> tuple[str, str]:
    """What buys, and what sells.

    Args:
        strategy: Resolved.
        currency: Of its instruments.
    """
    bought = f"{_size(strategy.sizing, currency)} by bars of {strategy.interval}"
    buys = [bought, *_limits(strategy.limits), *_conditions(strategy, strategy.entry)]
    sells = list(_exits(strategy.exits))
    if strategy.exit is not None:
        sells += _conditions(strategy, strategy.exit)
    return _line(buys), _line(sells or ["never by itself"])


def _line(parts: Sequence[str]) -> str:
    line = ""
    for number, part in enumerate(parts):
        cut = part if len(part) <= MOST_OF_PART else f"{part[: MOST_OF_PART - 2]} …"
        following = f"{line}; {cut}" if line else cut
        if len(following) > MOST_OF_LINE:
            return f"{line}; and {len(parts) - number} more parts that its document has"
        line = following
    return line


def _conditions(strategy: Strategy, condition: Condition) -> Iterator[str]:
    """``when`` one holds, ``and when`` each further one that has to; ``or when`` where one is enough."""
    match condition:
        case All(all=parts):
            joined = "and when"
        case Any(any=parts):
            joined = "or when"
        case _:
            parts, joined = (condition,), ""
    for number, part in enumerate(parts):
        yield f"{joined if number else 'when'} {_condition(strategy, part)}"


def _condition(strategy: Strategy, condition: Condition) -> str:
    match condition:
        case All(all=parts):
            return f"({' AND '.join(_condition(strategy, part) for part in parts)})"
        case Any(any=parts):
            return f"({' OR '.join(_condition(strategy, part) for part in parts)})"
        case Not(not_=part):
            return f"not ({_condition(strategy, part)})"
        case Compare(is_="between", and_=upper):
            sides = (_operand(strategy, each) for each in (condition.left, condition.right, upper or 0))
            return "{1} ≤ {0} ≤ {2}".format(*sides)
        case Compare():
            left, right = _operand(strategy, condition.left), _operand(strategy, condition.right)
            return f"{left} {_WORDS[condition.is_]} {right}"
        case PatternSeen():
            return f"{strategy.patterns[condition.pattern].kind} is {condition.is_}"
        case TimeOfDay():
            return f"the bar ends from {_time(condition.from_)} to {_time(condition.until)}"
        case Holding(holding=False):
            return "nothing is held"
        case Holding():
            return f"held for {_number(condition.bars)} bars"


def _operand(strategy: Strategy, operand: Operand) -> str:
    """Without a blank."""
    match operand:
        case Derived():
            return _derived(strategy, operand)
        case str():
            name, _, output = operand.partition(".")
            use = strategy.indicators.get(name)
            if use is None:
                return operand
            params = find_kind(use.kind).params
            numbers = (_number(use.params.get(param.name, param.default)) for param in params)
            told = f"({','.join(numbers)})" if params else ""
            shown = output or ("" if use.output == "value" else use.output)
            return f"{use.kind}{told}{f'.{shown}' if shown else ''}"
        case _:
            return _number(operand)


def _derived(strategy: Strategy, derived: Derived) -> str:
    said = _operand(strategy, derived.of)
    if derived.change_over is not None:
        said = f"{said}[Δ{_number(derived.change_over)}{'%' if derived.unit == 'percent' else ''}]"
    if derived.back != 0:
        said = f"{said}[-{_number(derived.back)}]"
    if derived.times != 1:
        said = f"{said}×{_operand(strategy, derived.times)}"
    if derived.plus != 0:
        said = f"({said}+{_operand(strategy, derived.plus)})"
    return said


def _size(sizing: Sizing, currency: str) -> str:
    if sizing.shares is not None:
        return f"{_number(sizing.shares)} shares"
    if sizing.amount is not None:
        return f"for {_number(sizing.amount)} {currency}"
    if sizing.percent_of_equity is not None:
        return f"for {_number(sizing.percent_of_equity)} % of its money"
    if sizing.volatility_percent is not None:
        return f"so much that a usual bar moves its money by {_number(sizing.volatility_percent)} %"
    return f"so much that its stop costs {_number(sizing.risk_percent)} % of its money"


def _limits(limits: Limits) -> Iterator[str]:
    if limits.positions is not None:
        yield f"at most {_number(limits.positions)} positions at once"
    if limits.position_percent is not None:
        yield f"each at most {_number(limits.position_percent)} % of its money"
    if limits.entries_a_day is not None:
        yield f"at most {_number(limits.entries_a_day)} entries a day"
    if limits.cooldown_bars != 0:
        yield f"not within {_number(limits.cooldown_bars)} bars after a sale"


def _exits(exits: Exits) -> Iterator[str]:
    if exits.stop_loss_percent is not None:
        yield f"at a loss of {_number(exits.stop_loss_percent)} %"
    if exits.trailing_stop_percent is not None:
        yield f"{_number(exits.trailing_stop_percent)} % below its highest price since"
    if exits.take_profit_percent is not None:
        yield f"at a gain of {_number(exits.take_profit_percent)} %"
    if exits.after_bars is not None:
        yield f"after {_number(exits.after_bars)} bars"
    if exits.at_session_end:
        yield "before the session ends"


def _time(moment: time) -> str:
    return f"{moment:%H:%M}"


def _number(value: object) -> str:
    """As it is written, whole ones with commas."""
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)
