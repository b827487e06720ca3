"""Which bars get a label of their time."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Label:
    """The bar of this number begins something new, which the text names."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Level:
    part_of: Callable[[datetime], Hashable]
    whole_of: Callable[[datetime], Hashable]
    text: Callable[[datetime], str]
    text_of_whole: Callable[[datetime], str]


def _minutes(length: int) -> _Level:
    def part(moment: datetime) -> Hashable:
        return moment.date(), (moment.hour * 60 + moment.minute) // length

    return _Level(part, datetime.date, lambda moment: f"{moment:%H:%M}", _day)


def _months(length: int) -> _Level:
    def part(moment: datetime) -> Hashable:
        return moment.year, (moment.month - 1) // length

    return _Level(part, _year, lambda moment: f"{moment.month}월", lambda moment: f"{moment.year}.{moment.month}")


def _years(length: int) -> _Level:
    return _Level(lambda moment: moment.year // length, lambda _: None, lambda moment: str(moment.year), str)


def _year(moment: datetime) -> int:
    return moment.year


def _day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}"


def _full_day(moment: datetime) -> str:
    return f"{moment:%Y.}{moment.month}.{moment.day}"


_CLOCK_STEPS = (1, 5, 10, 30, 60, 120, 240)
"""Minutes between round clock times."""

_LEVELS = (
    *map(_minutes, _CLOCK_STEPS),
    _Level(datetime.date, _year, _day, _full_day),
    _Level(lambda moment: moment.isocalendar()[:2], _year, _day, _full_day),
    *map(_months, (1, 3, 6)),
    *map(_years, (1, 2, 5, 10)),
)
"""From the finest to the coarsest."""


def time_labels(times: Sequence[datetime], most: int) -> list[Label]:
    """Labels for the bars that begin a new part of an hour, day, year …, at most ``most`` of them.

    The first bar is labelled where nothing else would be.
    """
    for level in _LEVELS:
        parts = [level.part_of(moment) for moment in times]
        starts = [number for number in range(1, len(times)) if parts[number] != parts[number - 1]]
        if not starts:
            break
        if len(starts) <= most:
            return _named(times, starts, level)
    return [Label(0, full_time(times[0], has_clock=_have_clock(times)))] if times else []


def round_times(start: datetime, end: datetime, most: int) -> list[datetime]:
    """The round clock times between two of one day, about ``most`` of them; the start where there is none."""
    minutes = next(length for length in _CLOCK_STEPS if (end - start) / timedelta(minutes=length) <= most)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = (midnight + timedelta(minutes=minutes * number) for number in range(24 * 60 // minutes))
    return [moment for moment in steps if start <= moment <= end] or [start]


def full_time(moment: datetime, *, has_clock: bool) -> str:
    """A day, and the time of it where that counts."""
    return f"{moment:%Y-%m-%d %H:%M}" if has_clock else f"{moment:%Y-%m-%d}"


def short_time(moment: datetime, times: Sequence[datetime]) -> str:
    """One of some times, as short as it is clear among them: its day, year or clock only where they differ in it."""
    first, last = times[0], times[-1]
    if not _have_clock(times):
        return f"{moment:%Y-%m-%d}" if first.year != last.year else f"{moment:%m-%d}"
    return f"{moment:%H:%M}" if first.date() == last.date() else f"{moment:%m-%d %H:%M}"


def _have_clock(times: Sequence[datetime]) -> bool:
    return any(moment.hour or moment.minute for moment in times)


def _named(times: Sequence[datetime], starts: Sequence[int], level: _Level) -> list[Label]:
    labels: list[Label] = []
    whole = level.whole_of(times[0])
    for number in starts:
        moment = times[number]
        is_new = level.whole_of(moment) != whole
        whole = level.whole_of(moment)
        labels.append(Label(number, (level.text_of_whole if is_new else level.text)(moment)))
    return labels
