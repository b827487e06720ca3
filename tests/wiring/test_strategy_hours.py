"""The regular sessions that a strategy keeps to."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, cast

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import Instrument
from kis_mcp.wiring.strategy_hours import ExchangeHours

SAMSUNG = Instrument("005930", "KR", "krx")
NEW_YEARS_DAY = date(2026, 1, 1)


def hours_of(now: datetime, *, keeps_hours: bool = True) -> ExchangeHours:
    reads = SimpleNamespace(environment=Environment.SIM, clock=lambda: now)
    return ExchangeHours(cast("Any", reads), SAMSUNG, keeps_hours=keeps_hours)


def at(clock: str, day: date) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), KST)


async def test_holidays_and_late_openings_are_kept_once_the_calendars_were_looked_at() -> None:
    hours = hours_of(at("10:00", NEW_YEARS_DAY))
    await hours.refresh()
    assert hours(NEW_YEARS_DAY) is None
    first = NEW_YEARS_DAY + timedelta(days=1)
    assert hours(first) == (at("10:00", first), at("15:30", first))
    assert hours(date(2026, 1, 5)) == (at("09:00", date(2026, 1, 5)), at("15:30", date(2026, 1, 5)))
    assert hours(date(2026, 1, 3)) is None


def test_days_that_are_past_have_their_own_hours_too() -> None:
    hours = hours_of(at("10:00", NEW_YEARS_DAY))
    exam_day, eve = date(2025, 11, 13), date(2025, 12, 31)
    assert hours(exam_day) == (at("10:00", exam_day), at("16:30", exam_day))
    assert hours(eve) is None


async def test_a_market_that_never_closes_is_open_from_midnight_to_midnight_on_every_day() -> None:
    hours = hours_of(at("10:00", NEW_YEARS_DAY), keeps_hours=False)
    await hours.refresh()
    assert hours(NEW_YEARS_DAY) == (at("00:00", NEW_YEARS_DAY), at("00:00", date(2026, 1, 2)))
