"""The days on which exchanges really trade: ``resources/calendars.toml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import tomli

from kis_mcp.catalog import resources_folder
from kis_mcp.simulator.market.places import Country

_CALENDARS: Mapping[Country, str] = {"KR": "XKRX", "US": "XNYS", "HK": "XHKG", "JP": "XTKS", "CN": "XSHG"}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Calendar:
    first: date
    last: date
    closed: frozenset[date]


@cache
def _calendars() -> Mapping[str, _Calendar]:
    table = tomli.loads((resources_folder() / "calendars.toml").read_text(encoding="utf-8"))
    return {
        name: _Calendar(row["first"], row["last"], frozenset(map(date.fromisoformat, row["closed"].split())))
        for name, row in table.items()
    }


def is_covered(country: Country, day: date) -> bool:
    """Whether it is known if a country's exchanges trade on a day."""
    calendar = _calendars().get(_CALENDARS.get(country, ""))
    return calendar is not None and calendar.first <= day <= calendar.last


def trades_on(country: Country, day: date) -> bool:
    """Whether the exchanges of a country trade on a day; on any weekday, where that is not known."""
    calendar = _calendars().get(_CALENDARS.get(country, ""))
    return day.weekday() < 5 and not (calendar and day in calendar.closed)


def trading_day(country: Country, day: date, steps: int) -> date:
    """The trading day so many after a day, or before it where ``steps`` is negative."""
    step = _ONE_DAY if steps > 0 else -_ONE_DAY
    for _ in range(abs(steps)):
        day += step
        while not trades_on(country, day):
            day += step
    return day
