"""Reads a strategy document, and says of everything that is wrong in it where it stands and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from pydantic import ValidationError

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document.conditions import Compare, Condition, PatternSeen, TimeOfDay
from kis_mcp.strategies.document.operands import POSITION_STATES, PRICES, Derived, Operand
from kis_mcp.strategies.document.ranges import numbers_of
from kis_mcp.strategies.document.strategy import Strategy
from kis_mcp.strategies.document.wording import problems_of_form
from kis_mcp.strategies.indicators import find_kind
from kis_mcp.strategies.patterns import find_pattern

MOST_CONDITIONS: Final = 100
MOST_PARTS: Final = 10_000
_NAMED: Final = {"parameters", "indicators", "patterns"}
"""Parts whose names others use."""

_ANY_ENTRY: Final = {"left": "close", "is": "above", "right": 0}
_MOST_TOLD = 5


def read_strategy(document: object) -> Strategy:
    """The strategy of a document.

    Args:
        document: JSON or YAML, parsed.

    Raises:
        BadArgument: It is none; the text names each path that is wrong with its remedy, the field is the first of them.
    """
    strategy, problems = examine(document)
    if strategy is None:
        told = " ".join(f"{path}: {text}" for path, text in problems[:_MOST_TOLD])
        more = f" And {len(problems) - _MOST_TOLD} more." if len(problems) > _MOST_TOLD else ""
        raise BadArgument(
            f"The strategy cannot be read. {told}{more}", remedy="Mend it and give it again.", field=problems[0][0]
        )
    return strategy


def examine(document: object) -> tuple[Strategy | None, Sequence[tuple[str, str]]]:
    """The strategy of a document, or else all that is wrong in it: where it stands, and what to do."""
    if not isinstance(document, Mapping):
        return None, [("strategy", "It is no object. Give one with id, name and entry.")]
    if _has_more_parts(cast("Mapping[object, object]", document), MOST_PARTS):
        return None, [("strategy", f"It has more than {MOST_PARTS:,} values. Use fewer.")]
    try:
        strategy = Strategy.model_validate(document)
    except ValidationError as error:
        return None, [*problems_of_form(error), *_problems_beside(cast("Mapping[object, object]", document), error)]
    problems = list(_problems(strategy))
    return (None, problems) if problems else (strategy, ())


def _has_more_parts(document: object, most: int) -> bool:
    """Whether a document, parsed, has more values than so many; it is looked at no further."""
    parts = [document]
    for _ in range(most):
        if not parts:
            return False
        part = parts.pop()
        if isinstance(part, Mapping):
            parts.extend(cast("Mapping[object, object]", part).values())
        elif isinstance(part, list | tuple):
            parts.extend(cast("Sequence[object]", part))
    return bool(parts)


def _problems_beside(document: Mapping[object, object], error: ValidationError) -> list[tuple[str, str]]:
    """What is wrong in those parts of a document that have the form of one, as far as it can be told without the
    others."""
    broken = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
    rest = {key: part for key, part in document.items() if str(key) not in broken}
    try:
        strategy = Strategy.model_validate({"id": "s", "name": "s", "entry": _ANY_ENTRY, **rest})
    except ValidationError:
        return []
    names = broken & _NAMED
    told = _problems_of_numbers(strategy) if names else _problems(strategy)
    return [(path, text) for path, text in told if path.partition(".")[0] not in broken]


def _problems(strategy: Strategy) -> Iterator[tuple[str, str]]:
    """What a document says of things that it does not have."""
    for name, use in strategy.indicators.items():
        path = f"indicators.{name}"
        if name in PRICES or name in strategy.patterns:
            yield path, "The name is taken. Choose another."
        yield from _problems_of_indicator(strategy, use.kind, use.params, use.output, path)
    for name, pattern in strategy.patterns.items():
        try:
            find_pattern(pattern.kind, f"patterns.{name}.kind")
        except BadArgument as error:
            yield error.field or "patterns", f"{error.what} {error.remedy}"
    parts = list(strategy.conditions_by_path())
    if len(parts) > MOST_CONDITIONS:
        yield "entry", f"There are more than {MOST_CONDITIONS} conditions. Use fewer."
    for path, part in parts:
        yield from _problems_of_condition(strategy, part, path)
    for path, group in (("sizing", strategy.sizing), ("exits", strategy.exits), ("limits", strategy.limits)):
        for name, value in group:
            yield from _problems_of_number(strategy, value, f"{path}.{name}")
    yield from _problems_of_numbers(strategy)


def _problems_of_numbers(strategy: Strategy) -> Iterator[tuple[str, str]]:
    """What is wrong in the numbers alone."""
    yield from _problems_of_ranges(strategy)
    if strategy.sizing.risk_percent is not None and strategy.exits.stop_loss_percent is None:
        yield "sizing.risk_percent", "It needs exits.stop_loss_percent, to which the risk is measured."
    for name, parameter in strategy.parameters.items():
        low, high = parameter.min, parameter.max
        if (low is not None and parameter.default < low) or (high is not None and parameter.default > high):
            yield f"parameters.{name}.default", f"It lies outside {low} to {high}."


def _problems_of_ranges(strategy: Strategy) -> Iterator[tuple[str, str]]:
    for path, value, bounds in numbers_of(strategy):
        number = _default(strategy, value)
        if number is not None and not bounds.holds(number):
            yield path, f"It is {number:g}. Give {bounds}."


def _problems_of_indicator(
    strategy: Strategy, name: str, params: Mapping[str, object], output: str, path: str
) -> Iterator[tuple[str, str]]:
    try:
        kind = find_kind(name, f"{path}.kind")
        for param, value in params.items():
            yield from _problems_of_number(strategy, value, f"{path}.params.{param}")
        numbers = {param: _default(strategy, value) for param, value in params.items()}
        kind.read_params({param: value for param, value in numbers.items() if value is not None}, f"{path}.params")
    except BadArgument as error:
        yield error.field or path, f"{error.what} {error.remedy}"
        return
    if output not in kind.outputs and output != "value":
        yield f"{path}.output", f"{kind.id} has {', '.join(kind.outputs)}."


def _default(strategy: Strategy, value: object) -> float | None:
    """A number of a document, or its parameter's default; None where it is neither, which is told elsewhere."""
    if isinstance(value, str):
        parameter = strategy.parameters.get(value.removeprefix("$")) if value.startswith("$") else None
        return parameter.default if parameter else None
    return cast("float", value)


def _problems_of_condition(strategy: Strategy, condition: Condition, path: str) -> Iterator[tuple[str, str]]:
    match condition:
        case Compare():
            for key, operand in (("left", condition.left), ("right", condition.right), ("and", condition.and_)):
                if operand is not None:
                    yield from _problems_of_operand(strategy, operand, f"{path}.{key}")
            if (condition.is_ == "between") != (condition.and_ is not None):
                yield f"{path}.and", "It is the upper end of between: give it there, and nowhere else."
        case TimeOfDay(from_=begin, until=end) if begin > end:
            yield f"{path}.until", "It lies before from."
        case PatternSeen(pattern=name) if name not in strategy.patterns:
            names = ", ".join(strategy.patterns) or "none"
            yield f"{path}.pattern", f"{name} is not among the document's patterns ({names})."
        case _:
            pass


def _problems_of_operand(strategy: Strategy, operand: Operand, path: str) -> Iterator[tuple[str, str]]:
    match operand:
        case Derived():
            for key in ("of", "times", "plus"):
                yield from _problems_of_operand(strategy, getattr(operand, key), f"{path}.{key}")
            for key in ("back", "change_over"):
                yield from _problems_of_number(strategy, getattr(operand, key), f"{path}.{key}")
        case str() if operand.startswith("$"):
            yield from _problems_of_number(strategy, operand, path)
        case str() if operand not in PRICES and operand not in POSITION_STATES:
            name, _, output = operand.partition(".")
            use = strategy.indicators.get(name)
            if use is None:
                known = ", ".join((*PRICES, *strategy.indicators))
                yield path, f"{operand} is nothing that the document has. It has {known}."
            elif output and output not in find_kind(use.kind).outputs:
                yield path, f"{use.kind} has {', '.join(find_kind(use.kind).outputs)}."
        case _:
            pass


def _problems_of_number(strategy: Strategy, value: object, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, str):
        return
    if not value.startswith("$"):
        yield path, f"{value} is no number. Give one, or $name of a parameter."
    elif value[1:] not in strategy.parameters:
        known = ", ".join(strategy.parameters) or "none"
        yield path, f"There is no parameter {value[1:]} (there are: {known})."
