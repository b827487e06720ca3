"""A document with numbers in place of its parameters: what can be evaluated."""

from collections.abc import Mapping

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document.reading import read_strategy
from kis_mcp.strategies.document.strategy import Parameter, Strategy


def resolve(strategy: Strategy, given: Mapping[str, float] | None = None) -> Strategy:
    """The strategy with every ``$name`` replaced by the parameter's value.

    Args:
        strategy: As it was read.
        given: Values that stand in place of the defaults.

    Raises:
        BadArgument: A parameter is not the document's, out of its range, or no whole number where it must be.
    """
    values = {name: parameter.default for name, parameter in strategy.parameters.items()}
    for name, value in (given or {}).items():
        if name not in values:
            remedy = f"It has {', '.join(values)}." if values else "It has none."
            raise BadArgument(f"The strategy has no parameter {name}.", remedy=remedy, field=f"parameters.{name}")
        values[name] = _checked(name, value, strategy.parameters[name])
    return read_strategy(
        strategy.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"parameters"}, context=values)
    )


def _checked(name: str, value: float, parameter: Parameter) -> int | float:
    low, high = parameter.min, parameter.max
    if (low is not None and value < low) or (high is not None and value > high):
        raise BadArgument(
            f"The parameter {name} is {value:g}.",
            remedy=f"Give one from {'-∞' if low is None else low} to {'∞' if high is None else high}.",
            field=f"parameters.{name}",
        )
    if parameter.is_whole and value != int(value):
        raise BadArgument(
            f"The parameter {name} is {value:g}.", remedy="Give a whole number.", field=f"parameters.{name}"
        )
    return int(value) if parameter.is_whole else value
