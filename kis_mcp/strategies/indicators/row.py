"""How a row of the table of indicators is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from kis_mcp.strategies.indicators.blocks import Block
from kis_mcp.strategies.indicators.kind import BarValues, Indicator, IndicatorKind, IndicatorParam, Values

MOST_BARS: Final = 1000

EXPONENTIAL: Final = 12
"""The memory of averages that weigh a new bar by 2 / (n + 1): it halves every 0.35 n bars."""

WILDER: Final = 20
"""Of those that weigh it by 1 / n: it halves every 0.7 n bars."""

ADAPTIVE: Final = 40
"""Of those that hardly take new bars while the price goes nowhere."""

Push: TypeAlias = Callable[[BarValues], Values]


@dataclass(frozen=True, slots=True)
class _PushIndicator:
    push: Push


@dataclass(frozen=True, slots=True)
class OfClose:
    """An indicator with one output that needs of a bar its close alone.

    Attributes:
        push: Takes a bar.
        push_close: Takes a bar's close, and gives the output.
    """

    push: Push
    push_close: Callable[[float], float | None]


def bars(name: str, default: int, least: int = 1) -> IndicatorParam:
    """A parameter that counts bars."""
    return IndicatorParam(name, default, least, MOST_BARS)


def number(name: str, default: float, least: float, most: float) -> IndicatorParam:
    """A parameter that is no count."""
    return IndicatorParam(name, default, least, most, is_whole=False)


def row(
    id: str,
    title: str,
    make: Callable[..., Push | OfClose],
    warm_up: Callable[[Mapping[str, int]], int],
    *params: IndicatorParam,
    outputs: tuple[str, ...] = ("value",),
    needs_benchmark: bool = False,
    memory: int | None = 1,
) -> IndicatorKind:
    """A kind.

    Args:
        make: Takes the parameters in their order, those that count bars as int.
        warm_up: Takes those that count bars, by name.
    """

    def build(given: Mapping[str, float]) -> Indicator:
        made = make(*[int(given[each.name]) if each.is_whole else given[each.name] for each in params])
        return made if isinstance(made, OfClose) else _PushIndicator(made)

    def count(given: Mapping[str, float]) -> int:
        return warm_up({each.name: int(given[each.name]) for each in params if each.is_whole})

    return IndicatorKind(id, title, params, outputs, build, count, needs_benchmark, memory)


def of_close(make: Callable[..., Block]) -> Callable[..., OfClose]:
    """An indicator that is a block of closes."""

    def build(*params: float) -> OfClose:
        push_close = make(*params).push

        def push(bar: BarValues) -> Values:
            return (push_close(bar.close),)

        return OfClose(push, push_close)

    return build
