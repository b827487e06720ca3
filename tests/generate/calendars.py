"""``resources/calendars.toml`` from libraries that are too big to run with, and from KRX' own rules.

exchange_calendars lacks days of Korea (elections called late, Constitution Day, Labor Day's alternative holiday), so
those come from `holidays`. Vietnam is left out: neither library has the days that its exchanges move around holidays.
"""

import tomllib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.metadata import version
from itertools import groupby

import exchange_calendars
import holidays

FIRST = date(2024, 1, 1)
LAST = date(2028, 12, 31)

USUAL = {
    "XKRX": "09:00 15:30",
    "XNYS": "09:30 16:00",
    "XHKG": "09:30 16:00",
    "XTKS": "09:00 15:30",
    "XSHG": "09:30 15:00",
}
STARTS = {"XTKS": date(2024, 11, 5)}  # before, Tokyo closed at 15:00
KOREAN_LAST = date(2028, 10, 31)  # the exam of November 2028 has no date yet
KOREAN_EXAMS = ("2024-11-14", "2025-11-13", "2026-11-19", "2027-11-18")
"""Days of the college entrance exam, by the Ministry of Education's basic plans: everything is an hour later."""

HEAD = """\
# The days on which exchanges do not trade on a weekday, and those with other hours than usual, local.
# Made by `pytest --regenerate tests/trading/venues/test_calendar_days.py`; change tests/generate/calendars.py instead.
# Beyond `first` and `last` nothing is known.
"""


@dataclass
class Days:
    """One exchange: weekdays without trading, and those with special hours."""

    source: str
    first: date
    last: date
    closed: list[date] = field(default_factory=list)
    hours: dict[date, str] = field(default_factory=dict)


def calendars() -> Mapping[str, Days]:
    return {name: korea() if name == "XKRX" else _from_exchange_calendars(name) for name in USUAL}


def text() -> str:
    """The whole file."""
    return HEAD + "".join(_section(name, days) for name, days in calendars().items())


def korea() -> Days:
    """KRX: the `holidays` package's days; the year's first opens an hour late, an exam's is an hour late."""
    days = Days(f"holidays {version('holidays')} XKRX, KRX' rules", FIRST, KOREAN_LAST)
    closed = holidays.financial_holidays("XKRX", years=range(FIRST.year, LAST.year + 1))
    days.closed = [day for day in _weekdays(days) if day in closed]
    for _, year in groupby((day for day in _weekdays(days) if day not in closed), lambda day: day.year):
        days.hours[next(year)] = "10:00 15:30"
    days.hours |= {date.fromisoformat(day): "10:00 16:30" for day in KOREAN_EXAMS}
    return days


def _from_exchange_calendars(name: str) -> Days:
    """As far as the library reaches: China sets each year's days shortly before it begins."""
    first = STARTS.get(name, FIRST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        reach = exchange_calendars.get_calendar(name, start=first, end=first + timedelta(days=99)).bound_max()
        last = min(LAST, reach.date()) if reach else LAST
        calendar = exchange_calendars.get_calendar(name, start=first, end=last)
        schedule = calendar.schedule
        trading = {
            day.date(): " ".join(moment.tz_convert(calendar.tz).strftime("%H:%M") for moment in (opens, closes))
            for day, opens, closes in zip(schedule.index, schedule["open"], schedule["close"], strict=True)
        }
    days = Days(f"exchange_calendars {version('exchange_calendars')}", first, last)
    days.closed = [day for day in _weekdays(days) if day not in trading]
    days.hours = {day: clocks for day, clocks in trading.items() if clocks != USUAL[name]}
    return days


def _weekdays(days: Days) -> Iterator[date]:
    span = (days.last - days.first).days + 1
    return (day for number in range(span) if (day := days.first + timedelta(days=number)).weekday() < 5)


def _section(name: str, days: Days) -> str:
    years = groupby(days.closed, lambda day: day.year)
    closed = "\n".join(" ".join(map(str, year)) for _, year in years)
    hours = "".join(f'{day} = "{clocks}"\n' for day, clocks in sorted(days.hours.items()))
    return (
        f'\n[{name}]\nsource = "{days.source}"\nfirst = {days.first}\nlast = {days.last}\n'
        f'closed = """\n{closed}\n"""\n' + (f"[{name}.hours]\n{hours}" if hours else "")
    )


def parts(written: str) -> Mapping[str, object]:
    """A file's content without what it says of the versions it was made with."""
    return {
        name: {key: value for key, value in section.items() if key != "source"}
        for name, section in tomllib.loads(written).items()
    }
