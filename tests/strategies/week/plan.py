"""What runs in a week, and when: KIS' ten templates at two intervals, and the times at which the clock stands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Final

from kis_mcp.clock import KST
from kis_mcp.strategies.document import Sizing, Strategy, preset_names, read_given, read_preset, read_text, resolve

TEMPLATES: Final = Path(__file__).parents[4] / "shared/kis-strategies"
MONDAY: Final = date(2026, 11, 9)
CAPITAL: Final = Decimal(100_000_000)
SYMBOLS: Final = ("005930", "000660", "035420")
MOST_STEP: Final = timedelta(seconds=60)
"""The simulator sends no more of what a clock jumps over."""

LONGEST_LOOKBACK: Final = 60
"""Bars that a template looks back at most where they are minutes: 52 weeks of days have no meaning there."""

_PAUSES: Final = ("00:00", "07:30", "08:30", "08:54:50", "08:55:10", "08:58", "08:59:50")
_OPENS: Final = time(9)
_QUIET: Final = time(15, 32)
_EVENING: Final = ("15:40", "16:00", "18:00", "20:00")
_SIZING: Final = Sizing(percent_of_equity=30)
"""Three instruments share a purse, and there is money for each: what a real fill leaves of it differs by a little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A part of a week.

    Attributes:
        days: Its first so many.
        templates: What runs.
        intervals: In which each template does.
        step: Between two times of the clock while the market trades; 60 s at most.
        restarts: Times of day at which the process that keeps the runs ends and another takes over: of the first day,
            of the second, and so on from the start.
    """

    days: int = 5
    templates: Sequence[Strategy]
    symbols: Sequence[str] = SYMBOLS
    intervals: Sequence[str] = ("1d", "5m")
    step: timedelta = MOST_STEP
    restarts: Sequence[time] = (time(18), time(10, 7), time(8, 58), time(13, 20), time(15, 29))

    @property
    def begins(self) -> datetime:
        return datetime.combine(MONDAY, time(7), KST)

    @property
    def dates(self) -> Sequence[date]:
        return [MONDAY + timedelta(days=number) for number in range(self.days)]

    @property
    def restarts_at(self) -> Sequence[datetime]:
        return [datetime.combine(day, clock, KST) for day, clock in zip(self.dates, self.restarts, strict=False)]

    def strategies(self) -> Mapping[str, Strategy]:
        """By id; each is resolved, and named by its interval too."""
        return {each.id: each for interval in self.intervals for each in map(partial(_at, interval), self.templates)}

    def times(self) -> Iterator[datetime]:
        """When the clock stands: often while the market trades, and now and then before, after and at night."""
        for day in self.dates:
            for clock in _PAUSES:
                if (found := datetime.combine(day, time.fromisoformat(clock), KST)) > self.begins:
                    yield found
            now, quiet = (datetime.combine(day, clock, KST) for clock in (_OPENS, _QUIET))
            while now <= quiet:
                yield now
                now += min(self.step, MOST_STEP)
            for clock in _EVENING:
                yield datetime.combine(day, time.fromisoformat(clock), KST)


def _at(interval: str, template: Strategy) -> Strategy:
    parameters = {
        name: each.model_copy(update={"default": min(each.default, LONGEST_LOOKBACK)})
        for name, each in template.parameters.items()
    }
    given = template if interval == "1d" else template.model_copy(update={"parameters": parameters})
    own = {"id": f"{template.id}-{interval}", "interval": interval, "sizing": _SIZING, "universe": None}
    return resolve(given).model_copy(update=own)


def kis_templates() -> Sequence[Strategy]:
    """KIS' ten, where they are at hand."""
    return [read_given(read_text(path.read_text("utf-8"))) for path in sorted(TEMPLATES.glob("*.kis.yaml"))]


def own_templates() -> Sequence[Strategy]:
    """The ten of the package for days, of the same kinds."""
    return [each for each in map(read_preset, preset_names()) if each.interval == "1d"]
