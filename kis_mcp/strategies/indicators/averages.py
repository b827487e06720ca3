"""Moving averages of the close."""

from collections.abc import Mapping
from typing import Any, Final

from talipp import indicators as talipp

from kis_mcp.strategies.indicators.kind import Indicator, IndicatorKind, IndicatorParam
from kis_mcp.strategies.indicators.talipp_indicator import TalippIndicator

MOST_BARS: Final = 1000


def _period(default: int, least: int = 1) -> IndicatorParam:
    return IndicatorParam("period", default, least, MOST_BARS)


def _average(id: str, title: str, make: Any, bars: int, least: int = 1) -> IndicatorKind:
    """A kind with a period; it takes ``bars`` periods until it has a value."""

    def build(params: Mapping[str, float]) -> Indicator:
        period = int(params["period"])
        return TalippIndicator(make(period), lambda bar: bar.close, (), bars * period + 2)

    return IndicatorKind(
        id,
        title,
        (_period(20, least),),
        ("value",),
        build,
        lambda params: bars * (int(params["period"]) - 1) + 1,
    )


AVERAGES: Final = (
    _average("sma", "Simple moving average", talipp.SMA, 1),
    _average("ema", "Exponential moving average", talipp.EMA, 1),
)
