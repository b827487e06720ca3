"""What in a document is allowed and yet hardly meant: said to its writer, never refused."""

from collections.abc import Iterator
from typing import Final, cast

from kis_mcp.strategies.document.conditions import MIRRORED, All, Any, Compare, Condition
from kis_mcp.strategies.document.never import why_never
from kis_mcp.strategies.document.operands import Derived, Operand
from kis_mcp.strategies.document.strategy import Strategy
from kis_mcp.strategies.indicators import find_kind

_EXTREMES: Final = {"maximum": "below", "max": "below", "minimum": "above", "min": "above"}
"""Kind → which side of it the close of the same bar is on at most, or level with it."""

_UNBOUNDED: Final = (
    "Each trade is a bar: it may buy and sell many times a minute, until its mandate lets out no more. Give"
    " entries_a_day or cooldown_bars."
)
_STRICT: Final = ("above", "below", "crosses_above", "crosses_below", "not_equal")
_WEAKER: Final = {"above": ("above", "at_least"), "at_least": ("at_least",)}


def doubts_of(strategy: Strategy) -> list[tuple[str, str]]:
    """Each with its path in the document: conditions that never hold or hang on where the bars begin, exits that hold
    whenever the entry does, positions that nothing ends, or nothing but a loss, single trades without a bound on
    entries, and parameters, indicators and patterns that nothing uses."""
    found = [
        (path, doubt)
        for path, part in strategy.conditions_by_path()
        if isinstance(part, Compare) and (doubt := _doubt_of(strategy, part))
    ]
    if (path := _exit_with_entry(strategy)) is not None:
        found.append((path, "It holds whenever the entry does: no position is ever opened."))
    limits = strategy.limits
    if strategy.interval == "tick" and limits.entries_a_day is None and not limits.cooldown_bars:
        found.append(("limits", _UNBOUNDED))
    return found + list(_endings(strategy)) + list(_unused(strategy))


def _endings(strategy: Strategy) -> Iterator[tuple[str, str]]:
    """What is to be said of the ways in which a position ends."""
    exits = strategy.exits
    if exits.at_session_end and strategy.interval in ("1d", "1w"):
        yield (
            "exits.at_session_end",
            "Nothing is ever bought: each bar ends a session, at whose end nothing may be held. Use bars of minutes, or"
            " after_bars.",
        )
    ways = (strategy.exit, exits.take_profit_percent, exits.trailing_stop_percent, exits.after_bars)
    if exits.at_session_end or any(each is not None for each in ways):
        return
    others = "exit, take_profit_percent, trailing_stop_percent, after_bars or at_session_end"
    if exits.stop_loss_percent is None:
        yield "exits", f"Nothing ends a position: what it bought it never sells. Add {others}."
    else:
        yield "exits", f"Only the stop loss ends a position, so that nothing ends it with a gain. Add {others}."


def _doubt_of(strategy: Strategy, compare: Compare) -> str | None:
    if compare.left == compare.right and compare.is_ in _STRICT:
        return "It never holds: both sides are the same."
    if (why := why_never(strategy, compare)) is not None:
        return why
    for left, word, right in (
        (compare.left, compare.is_, compare.right),
        (compare.right, MIRRORED.get(compare.is_, ""), compare.left),
    ):
        kind = _kind(strategy, right)
        side = _EXTREMES.get(kind) if kind else None
        if left == "close" and side is not None and word in _never_on(side):
            return (
                f"It never holds: {kind} takes in the close of the same bar. Compare with the bars before it: "
                f'{{"of": "{right}", "back": 1}}.'
            )
        if (total := _running_total(strategy, left)) is not None and total != _running_total(strategy, right):
            return (
                f"It hangs on where the bars begin: {total} is a running total from there, and a backtest's is not the"
                f' one that a strategy has live. Compare it with its own past: {{"of": "{total}", "back": 5}}.'
            )
    return None


def _running_total(strategy: Strategy, operand: Operand) -> str | None:
    """The name of the indicator that an operand is made of, where it adds up all bars there were."""
    while isinstance(operand, Derived):
        if operand.change_over is not None and operand.unit == "value":
            return None
        operand = operand.of
    kind = _kind(strategy, operand)
    return str(operand) if kind is not None and find_kind(kind).memory is None else None


def _never_on(side: str) -> tuple[str, str]:
    other = MIRRORED[side]
    return other, f"crosses_{other}"


def _kind(strategy: Strategy, operand: Operand) -> str | None:
    if not isinstance(operand, str):
        return None
    use = strategy.indicators.get(operand.partition(".")[0])
    return use.kind if use else None


def _exit_with_entry(strategy: Strategy) -> str | None:
    """The path of a part of the exit that is enough for it and holds with the entry."""
    if strategy.exit is None:
        return None
    needed = list(_needed(strategy.entry))
    for path, enough in _enough(strategy.exit, "exit"):
        if any(_implies(each, enough) for each in needed):
            return path
    return None


def _needed(condition: Condition) -> Iterator[Condition]:
    """Conditions without which this one does not hold."""
    yield condition
    if isinstance(condition, All):
        for part in condition.all:
            yield from _needed(part)


def _enough(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    """Conditions each of which makes this one hold."""
    yield path, condition
    if isinstance(condition, Any):
        for number, part in enumerate(condition.any):
            yield from _enough(part, f"{path}.any[{number}]")


def _implies(first: Condition, second: Condition) -> bool:
    if first == second:
        return True
    if not isinstance(first, Compare) or not isinstance(second, Compare) or first.left != second.left:
        return False
    a, b = first.right, second.right
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return False
    if first.is_ in _WEAKER and second.is_ in _WEAKER:
        return a > b or (a == b and second.is_ in _WEAKER[first.is_])
    words, mirrored = MIRRORED.get(first.is_, ""), MIRRORED.get(second.is_, "")
    if words in _WEAKER and mirrored in _WEAKER:
        return a < b or (a == b and mirrored in _WEAKER[words])
    return False


def _unused(strategy: Strategy) -> Iterator[tuple[str, str]]:
    words = set(_words(strategy.model_dump(mode="json", by_alias=True, exclude={"description", "about", "name"})))
    for name in strategy.parameters:
        if f"${name}" not in words:
            yield f"parameters.{name}", "Nothing uses it."
    operands = {each.partition(".")[0] for part in strategy.conditions() for each in _operands(part)}
    for name in strategy.indicators:
        if name not in operands:
            yield f"indicators.{name}", "No condition uses it."
    seen = {getattr(part, "pattern", None) for part in strategy.conditions()}
    for name in strategy.patterns:
        if name not in seen:
            yield f"patterns.{name}", "No condition uses it."


def _operands(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Compare):
        for operand in (condition.left, condition.right, condition.and_):
            yield from _names(operand)


def _names(operand: Operand | None) -> Iterator[str]:
    match operand:
        case str():
            yield operand
        case Derived():
            for part in (operand.of, operand.times, operand.plus):
                yield from _names(part)
        case _:
            pass


def _words(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for each in cast("dict[str, object]", part).values():
            yield from _words(each)
    elif isinstance(part, list):
        for each in cast("list[object]", part):
            yield from _words(each)
