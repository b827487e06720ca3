"""Open interest: how many contracts are held, growing and shrinking by what is traded."""

import math
from datetime import date
from random import Random

from kis_mcp.simulator.market.chains import product_of
from kis_mcp.simulator.market.instruments import Instrument

_HELD = 0.6
"""Contracts held for each that is traded on a usual day; few enough that no day's change exceeds its trade."""

_NOISE = 0.02
_FAR_DAYS, _LAST_DAYS = 100, 15


def closing_interest(seed: int, contract: Instrument, day: date) -> int:
    """Contracts of the Korean exchange held at the end of a day; none before their first day and after their last."""
    product = product_of(contract)
    assert product is not None
    assert contract.expiry is not None
    since, left = (day - product.first_day(contract)).days, (contract.expiry - day).days
    if since < 0 or left < 0:
        return 0
    random = Random(f"{seed}:{contract.identity}:{day}:interest")  # noqa: S311
    part = math.exp(-max(left - _FAR_DAYS, 0) / 30) * min((left + 3) / _LAST_DAYS, 1) * min((since + 1) / _FAR_DAYS, 1)
    return int(contract.daily_volume * _HELD * part * (1 + _NOISE * random.uniform(-1, 1)))
