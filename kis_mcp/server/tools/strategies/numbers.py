"""The argument ``parameters``: numbers in place of a document's defaults, and ranges in place of its ranges."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

from pydantic import ValidationError

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import Parameter, Strategy, is_number, normal_form, read_strategy

_RANGE: Final = 'Give {"min": 2, "max": 9, "step": 1} with a step above 0, or a number.'


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
                field=_path(name),
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
        if name not in parameters:
            known = ", ".join(parameters)
            remedy = f"It has {known}." if known else 'Write "$name" for a number of the document, and name it there.'
            raise BadArgument(f"The strategy has no parameter {name}.", remedy=remedy, field=_path(name))
        parameters[name] = _ranged(parameters[name], value, name)
    return read_strategy({**document, "parameters": {name: _dumped(each) for name, each in parameters.items()}})


def _path(name: str) -> str:
    return f"parameters.{name}"


def _dumped(parameter: Parameter) -> dict[str, object]:
    return parameter.model_dump(mode="json", exclude_defaults=True)


def _ranged(own: Parameter, value: object, name: str) -> Parameter:
    path = _path(name)
    try:
        if isinstance(value, Mapping):
            given = cast("Mapping[str, object]", value)
            read = Parameter.model_validate({"default": own.default, "type": own.type, **given})
            low, high = read.min, read.max
            if low is None or high is None:
                raise BadArgument(f"The range of {name} has no min or no max.", remedy=_RANGE, field=path)
            if low > high:
                raise BadArgument(
                    f"The range of {name} goes from {low:g} down to {high:g}.",
                    remedy="Give a max that is not below the min.",
                    field=path,
                )
            return read.model_copy(update={"default": min(max(read.default, low), high)})
        number = fixed_numbers({name: value})
        return Parameter(default=next(iter(number.values())), type=own.type)
    except ValidationError as error:
        wrong = ".".join(map(str, error.errors()[0]["loc"]))
        raise BadArgument(
            f"The {wrong} of the range of {name} cannot be used.", remedy=_RANGE, field=f"{path}.{wrong}"
        ) from None
