"""What the exchange says of a stock to warn of it.

``resources/simulator/states.csv`` has the administrative issues. Closes bring market warnings: caution for a day after
a stock has risen by 15 % in three days, a warning after 60 % in five. No stock of the model reaches the next one, is
halted beyond a volatility interruption, is in liquidation, or is traded at single prices because it is overheated.
"""

from datetime import date
from functools import cache
from typing import Literal

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.history import History
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

MarketWarning = Literal["none", "caution", "warning"]

_RISES: tuple[tuple[MarketWarning, int, int], ...] = (("warning", 5, 60), ("caution", 3, 15))
"""A warning, the days over which closes are compared, and the rise in percent that brings it."""


def is_administrative(instrument: Instrument) -> bool:
    """Whether it is an administrative issue: no credit is given on it."""
    return instrument.symbol in _administrative()


def market_warning(market: Market, instrument: Instrument, day: date) -> MarketWarning:
    """The market warning of a Korean share during a day, from the closes before it."""
    history = market.history(instrument)
    if instrument.kind != "stock" or instrument.country != "KR" or not isinstance(history, History):
        return "none"
    last = history.close_before(day, 1)
    for warning, days, rise in _RISES:
        if last * 100 >= history.close_before(day, days + 1) * (100 + rise):
            return warning
    return "none"


@cache
def _administrative() -> frozenset[str]:
    rows = csv_rows(resources_folder() / "simulator" / "states.csv")
    return frozenset(row["symbol"] for row in rows if row["state"] == "administrative")
