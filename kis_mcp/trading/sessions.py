"""When venues take orders and of which types: ``tools/sessions.toml`` as objects. Pure; trading days are given."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import tomli

from kis_mcp.catalog.data import tools_folder

Hours: TypeAlias = tuple[datetime, datetime]
"""When a regular session opens and closes."""

TradingDays: TypeAlias = Mapping[date, Hours | None]
"""Days in a venue's calendar, each with its regular hours, or None where the exchange is closed."""

_ONE_DAY = timedelta(days=1)
_WHEN = re.compile(r"(open|close|\d\d:\d\d)(?:([+-])(\d+):(\d\d))?(?: (\S+))?")


@dataclass(frozen=True, slots=True)
class Session:
    """A part of a trading day. ``opens`` and ``closes`` are as the table writes them."""

    name: str
    opens: str
    closes: str
    order_types: tuple[str, ...]

    def span(self, day: date, hours: Hours, timezone: ZoneInfo) -> Hours:
        """When it begins and ends on a trading day."""
        start, end = (_moment(text, day, hours, timezone) for text in (self.opens, self.closes))
        return start, end if end > start else end + _ONE_DAY

    def takes(self, order_type: str | None) -> bool:
        """Whether orders of this type can be placed; an order of an API without types can always."""
        return order_type is None or order_type in self.order_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where an order goes.

    Attributes:
        calendar: Whose holidays it keeps, by the name that exchange_calendars gives it; "" where nobody knows them.
        usual_hours: Of the regular session, local.
        sell_only: Order types that only sell.
        buy_lot: What quantities of buys are multiples of, where that holds for every instrument.
    """

    title: str
    apis: frozenset[str]
    when: Mapping[str, frozenset[str]]
    calendar: str
    timezone: ZoneInfo
    usual_hours: tuple[time, time]
    sessions: tuple[Session, ...]
    sell_only: frozenset[str] = frozenset()
    buy_lot: int = 1

    @property
    def order_types(self) -> tuple[str, ...]:
        """Every type that some session takes."""
        return tuple(dict.fromkeys(word for session in self.sessions for word in session.order_types))

    def serves(self, tool: str, values: Mapping[str, object]) -> bool:
        return tool in self.apis and all(values.get(name) in words for name, words in self.when.items())

    def usual(self, day: date) -> Hours | None:
        """A day's hours, as far as they can be told without a calendar."""
        if day.weekday() > 4:
            return None
        opens, closes = (datetime.combine(day, clock, self.timezone) for clock in self.usual_hours)
        return opens, closes

    def open_sessions(self, now: datetime, days: TradingDays) -> list[Session]:
        """What is going on at this moment."""
        return [session for session, (start, end) in self._spans(days) if start <= now < end]

    def next_opening(self, order_type: str | None, now: datetime, days: TradingDays) -> datetime | None:
        """When orders of this type are taken next; None where not within ``days``."""
        starts = (start for session, (start, _) in self._spans(days) if session.takes(order_type) and start > now)
        return min(starts, default=None)

    def _spans(self, days: TradingDays) -> Iterator[tuple[Session, Hours]]:
        for day, hours in days.items():
            if hours is not None:
                yield from ((session, session.span(day, hours, self.timezone)) for session in self.sessions)


def venue_of(tool: str, values: Mapping[str, object]) -> Venue | None:
    """Where an order API's call with these arguments goes; None where no table says when that takes orders."""
    return next((venue for venue in venues().values() if venue.serves(tool, values)), None)


@cache
def venues() -> Mapping[str, Venue]:
    """Every venue of the table, by name."""
    table = tomli.loads((tools_folder() / "sessions.toml").read_text(encoding="utf-8"))
    return {name: _venue(row) for name, row in table.items()}


def _venue(row: Mapping[str, Any]) -> Venue:
    opens, closes = (time.fromisoformat(text) for text in row["hours"].split())
    return Venue(
        title=row["title"],
        apis=frozenset(row["apis"].split()),
        when={name: frozenset(words.split()) for name, words in row.get("when", {}).items()},
        calendar=row.get("calendar", ""),
        timezone=ZoneInfo(row["timezone"]),
        usual_hours=(opens, closes),
        sessions=tuple(
            Session(item["name"], item["from"], item["to"], tuple(item["types"].split())) for item in row["sessions"]
        ),
        sell_only=frozenset(row.get("sell_only", "").split()),
        buy_lot=row.get("buy_lot", 1),
    )


def _moment(text: str, day: date, hours: Hours, timezone: ZoneInfo) -> datetime:
    found = _WHEN.fullmatch(text)
    assert found is not None, text
    base, sign, h, m, zone = found.groups()
    if base in ("open", "close"):
        moment = hours[base == "close"]
    else:
        moment = datetime.combine(day, time.fromisoformat(base), ZoneInfo(zone) if zone else timezone)
    if sign is None:
        return moment
    shift = timedelta(hours=int(h), minutes=int(m))
    return moment + shift if sign == "+" else moment - shift
