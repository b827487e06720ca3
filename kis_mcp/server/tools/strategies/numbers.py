"""The argument ``parameters``: numbers in place of a document's defaults, and ranges in place of its ranges."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from pydantic import ValidationError

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Parameter, Strategy, is_number, normal_form, read_strategy


def readable(value: object) -> object:
    """A figure to two digits: what is beyond them says nothing of a backtest."""
    return round(value, 2) if isinstance(value, float | Decimal) else value


def fixed_numbers(given: object) -> dict[str, float]:
    """Name → number.

    Raises:
        BadArgument: One is no number.
    """
    found = dict[str, float]()
    for name, value in cast("Mapping[str, object]", given or {}).items():
        if not is_number(value):
            raise BadArgument(
                f"The parameter {name} is {value!r:.40}, and no number.",
                remedy='Give {"name": number}.',
                field=f"parameters.{name}",
            )
        found[name] = value
    return found


def with_ranges(strategy: Strategy, given: object) -> Strategy:
    """The strategy with other ranges. A number in place of a range leaves the parameter at it.

    Raises:
        BadArgument: A parameter is not the document's, or its range is none.
    """
    parameters, document = dict(strategy.parameters), normal_form(strategy)
    for name, value in cast("Mapping[str, object]", given or {}).items():
        path = f"parameters.{name}"
        if name not in parameters:
            known = ", ".join(parameters)
            remedy = f"It has {known}." if known else 'Write "$name" for a number of the document, and name it there.'
            raise BadArgument(f"The strategy has no parameter {name}.", remedy=remedy, field=path)
        own = parameters[name]
        parameters[name] = _ranged(own, value, path)
    return read_strategy({**document, "parameters": {name: _dumped(each) for name, each in parameters.items()}})


def _dumped(parameter: Parameter) -> dict[str, object]:
    return parameter.model_dump(mode="json", exclude_defaults=True)


def _ranged(own: Parameter, value: object, path: str) -> Parameter:
    try:
        if isinstance(value, Mapping):
            given = cast("Mapping[str, object]", value)
            read = Parameter.model_validate({"default": own.default, "type": own.type, **given})
            low, high = read.min, read.max
            if low is None or high is None or low > high:
                raise BadArgument("The range has no min and max.", remedy="Give min, and a max above it.", field=path)
            return read.model_copy(update={"default": min(max(read.default, low), high)})
        number = fixed_numbers({path.partition(".")[2]: value})
        return Parameter(default=next(iter(number.values())), type=own.type)
    except ValidationError:
        raise BadArgument(
            "The range cannot be read.",
            remedy='Give {"min": 2, "max": 9, "step": 1}, or a number.',
            field=path,
        ) from None
