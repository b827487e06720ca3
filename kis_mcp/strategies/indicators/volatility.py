"""How far prices move."""

from collections.abc import Mapping
from typing import Final

from talipp import indicators as talipp
from talipp.ohlcv import OHLCV

from kis_mcp.strategies.indicators.kind import BarValues, Indicator, IndicatorKind, IndicatorParam
from kis_mcp.strategies.indicators.talipp_indicator import TalippIndicator


def _ohlcv(bar: BarValues) -> OHLCV:
    return OHLCV(bar.open, bar.high, bar.low, bar.close, bar.volume)


def _atr(params: Mapping[str, float]) -> Indicator:
    period = int(params["period"])
    return TalippIndicator(talipp.ATR(period), _ohlcv, (), period + 2)


VOLATILITY: Final = (
    IndicatorKind(
        "atr",
        "Average true range",
        (IndicatorParam("period", 14, 1, 1000),),
        ("value",),
        _atr,
        lambda params: int(params["period"]),
    ),
)
