"""How many of an instrument's shares foreigners hold, and may hold."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.noise import between, wave

_LIMITS: Mapping[str, int] = {"통신": 49, "전기·가스": 40}
"""Sector → the most that foreigners may hold by law, in percent; in all others they may hold everything."""

_USUAL = {"kospi": (0.15, 0.75), "kosdaq": (0.05, 0.35)}
_FUNDS = (0.03, 0.15)
"""What part of that they usually hold."""

_MOVES = ((1, 0.012), (5, 0.03), (20, 0.1), (120, 0.2))
"""Of a usual day's volume. Two days differ by less than 5 % of it, so that it can be bought or sold in a day."""


def foreign_limit_rate(instrument: Instrument) -> Decimal:
    """The most that foreigners may hold, in percent of all shares."""
    return Decimal(_LIMITS.get(instrument.sector, 100))


def foreign_limit(instrument: Instrument) -> int:
    """The same in shares."""
    return instrument.listed_shares * int(foreign_limit_rate(instrument)) // 100


def foreign_holding(seed: int, instrument: Instrument, day: date) -> int:
    """Shares that foreigners hold at the end of a day."""
    name = f"{seed}:{instrument.symbol}:foreign holding"
    usual = _USUAL.get(instrument.board, _FUNDS) if instrument.kind == "stock" else _FUNDS
    moved = int(instrument.daily_volume * wave(name, day, _MOVES))
    return max(int(foreign_limit(instrument) * between(name, *usual)) + moved, 0)


def exhaustion_rate(instrument: Instrument, holding: int) -> Decimal:
    """How much of what foreigners may hold they do hold, in percent."""
    return percent(Decimal(holding), Decimal(foreign_limit(instrument)))
