"""When venues take orders and of which types: ``tools/sessions.toml`` as objects. Pure; trading days are given."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import tomli

from kis_mcp.catalog import Api, TradingSession, tools_folder

Hours: TypeAlias = tuple[datetime, datetime]
"""When a regular session opens and closes."""

TradingDays: TypeAlias = Mapping[date, Hours | None]
"""Days in a venue's calendar, each with its regular hours, or None where the exchange is closed."""

_ONE_DAY = timedelta(days=1)
_WHEN = re.compile(r"(open|close|\d\d:\d\d)(?:([+-])(\d+):(\d\d)(?::(\d\d))?)?(?: (\S+))?")


@dataclass(frozen=True, slots=True)
class Session:
    """A part of a day. ``opens`` and ``closes`` are as the table writes them.

    Attributes:
        on_holidays: Whether it is a part of the days without trading, instead of those with it.
        unless_late: Whether it does not take place on days that open later than usual.
        not_for: Kinds of instrument that are not traded in it.
    """

    name: str
    opens: str
    closes: str
    order_types: tuple[str, ...]
    on_holidays: bool = False
    unless_late: bool = False
    not_for: frozenset[str] = frozenset()

    def span(self, day: date, hours: Hours | None, timezone: ZoneInfo) -> Hours | None:
        """When it begins and ends on a day; None where the day has no such session."""
        if (hours is None) is not self.on_holidays:
            return None
        start, end = (_moment(text, day, hours, timezone) for text in (self.opens, self.closes))
        if end > start:
            return start, end
        return None if self.closes.startswith(("open", "close")) else (start, end + _ONE_DAY)

    def takes(self, order_type: str | None) -> bool:
        """Whether orders of this type can be placed; an order of an API without types can always."""
        return order_type is None or order_type in self.order_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Where an order goes.

    Attributes:
        name: The table's.
        when: Argument → the words that choose this one among the venues of an order API.
        calendar: Whose holidays it keeps, by the exchange's market identifier code; "" where it keeps none.
        usual_hours: Of the regular session, local.
        order_session: Which of an order's sessions it is.
        pause: From when to when the exchange does not trade although KIS takes orders, local.
        closed: Days without any session although the calendar trades.
        sell_only, buy_only: Order types that only sell, and those that only buy.
        ends_with_session: Order types whose unfilled rest is cancelled when their session ends.
        sends_at_opening: Whether KIS keeps its orders and sends them when the next trading day opens.
        buy_lot: What quantities of buys are multiples of, where that holds for every instrument.
        sells_lots: Whether sells too come in lots only.
        odd_lot_type: The order type that sells less than a lot nevertheless.
    """

    name: str
    title: str
    when: Mapping[str, frozenset[str]]
    calendar: str
    timezone: ZoneInfo
    usual_hours: tuple[time, time]
    sessions: tuple[Session, ...]
    order_session: TradingSession = "regular"
    pause: tuple[time, time] | None = None
    closed: frozenset[date] = frozenset()
    sell_only: frozenset[str] = frozenset()
    buy_only: frozenset[str] = frozenset()
    ends_with_session: frozenset[str] = frozenset()
    sends_at_opening: bool = False
    buy_lot: int = 1
    sells_lots: bool = False
    odd_lot_type: str = ""

    @property
    def order_types(self) -> tuple[str, ...]:
        """Every type that some session takes."""
        return tuple(dict.fromkeys(word for session in self.sessions for word in session.order_types))

    def types_of(self, side: str | None) -> tuple[str, ...]:
        """Every type that an order on this side can have; of an order whose side is not known, that any can have."""
        others = {"buy": self.sell_only, "sell": self.buy_only}.get(side or "", frozenset[str]())
        return tuple(word for word in self.order_types if word not in others)

    def sessions_for(self, order_type: str | None) -> tuple[Session, ...]:
        return tuple(session for session in self.sessions if session.takes(order_type))

    def serves(self, values: Mapping[str, object]) -> bool:
        """Whether an order with these arguments goes here, if its API is one that does."""
        return all(values.get(name) in words for name, words in self.when.items())

    def usual(self, day: date) -> Hours | None:
        """A day's hours, as far as they can be told without a calendar."""
        return None if day.weekday() > 4 else self.at(day, self.usual_hours)

    def at(self, day: date, hours: tuple[time, time]) -> Hours:
        """These local hours on a day."""
        opens, closes = (datetime.combine(day, clock, self.timezone) for clock in hours)
        return opens, closes

    def open_sessions(self, now: datetime, days: TradingDays) -> list[Session]:
        """What is going on at this moment."""
        return [session for session, (start, end) in self.spans(days) if start <= now < end]

    def next_opening(self, order_type: str | None, now: datetime, days: TradingDays) -> datetime | None:
        """When orders of this type are taken next; None where not within ``days``."""
        starts = (start for session, (start, _) in self.spans(days) if session.takes(order_type) and start > now)
        return min(starts, default=None)

    def day_of_opening(self, now: datetime, days: TradingDays, unknown: Collection[date]) -> date | None:
        """The trading day that opens next; None where it may be an ``unknown`` one, or is not within ``days``."""
        following = (day for day, hours in days.items() if hours is not None and hours[0] > now)
        day = next(following, None)
        return None if day in unknown else day

    def spans(self, days: TradingDays) -> Iterator[tuple[Session, Hours]]:
        """Every session of these days, with when it begins and ends."""
        for day, hours in days.items():
            is_late = hours is not None and hours[0].astimezone(self.timezone).time() > self.usual_hours[0]
            for session in () if day in self.closed else self.sessions:
                if (span := session.span(day, hours, self.timezone)) and not (is_late and session.unless_late):
                    yield session, span


def venue_of(api: Api, values: Mapping[str, object]) -> Venue | None:
    """Where an order API's call with these arguments goes; None where no table says when that takes orders."""
    names = api.order.venues if api.order else ()
    return next((venue for name in names if (venue := venues()[name]).serves(values)), None)


@cache
def venues() -> Mapping[str, Venue]:
    """Every venue of the table, by name."""
    return {name: _venue(name, row) for name, row in _table().items()}


@cache
def _table() -> Mapping[str, Any]:
    return tomli.loads((tools_folder() / "sessions.toml").read_text(encoding="utf-8"))


def clocks(text: str) -> tuple[time, time]:
    """``"09:00 15:30"`` as an opening and a closing."""
    opens, closes = map(time.fromisoformat, text.split())
    return opens, closes


def _venue(name: str, row: Mapping[str, Any]) -> Venue:
    return Venue(
        name=name,
        title=row["title"],
        when={name: frozenset(words.split()) for name, words in row.get("when", {}).items()},
        calendar=row.get("calendar", ""),
        timezone=ZoneInfo(row["timezone"]),
        usual_hours=clocks(row["hours"]),
        sessions=tuple(
            Session(
                item["name"],
                item["from"],
                item["to"],
                tuple(item["types"].split()),
                on_holidays=item.get("on_holidays", False),
                unless_late=item.get("unless_late", False),
                not_for=frozenset(item.get("not_for", "").split()),
            )
            for item in row["sessions"]
        ),
        order_session=row.get("order_session", "regular"),
        pause=clocks(row["pause"]) if "pause" in row else None,
        closed=frozenset(map(date.fromisoformat, row.get("closed", "").split())),
        sell_only=frozenset(row.get("sell_only", "").split()),
        buy_only=frozenset(row.get("buy_only", "").split()),
        ends_with_session=frozenset(row.get("ends_with_session", "").split()),
        sends_at_opening=row.get("sends_at_opening", False),
        buy_lot=row.get("buy_lot", 1),
        sells_lots=row.get("sells_lots", False),
        odd_lot_type=row.get("odd_lot_type", ""),
    )


def _moment(text: str, day: date, hours: Hours | None, timezone: ZoneInfo) -> datetime:
    found = _WHEN.fullmatch(text)
    assert found is not None, text
    base, sign, h, m, s, zone = found.groups()
    if base in ("open", "close"):
        assert hours is not None, text
        moment = hours[base == "close"]
    else:
        moment = datetime.combine(day, time.fromisoformat(base), ZoneInfo(zone) if zone else timezone)
    if sign is None:
        return moment
    shift = timedelta(hours=int(h), minutes=int(m), seconds=int(s or 0))
    return moment + shift if sign == "+" else moment - shift
