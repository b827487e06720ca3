"""The money that waits at brokers to be invested."""

from collections.abc import Sequence
from datetime import date

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.noise import wave

_DAYS = 2
"""Of usual turnover, that customers hold as deposits."""

_MOVES = ((1, 0.01), (20, 0.05), (120, 0.1))


def deposits(seed: int, stocks: Sequence[Instrument], day: date) -> int:
    """Won that customers hold at the end of a day to buy any of these stocks."""
    usual = sum(stock.base_units * stock.daily_volume for stock in stocks)
    return int(usual * _DAYS * (1 + wave(f"{seed}:deposits", day, _MOVES)))
