"""What simulated analysts think of Korean companies: target prices, ratings and estimates of the years to come."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal
from zlib import crc32

from kis_mcp.simulator.market.companies import Statement, company_of, statement
from kis_mcp.simulator.market.history import to_tick, weekday_at, weekdays_before
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

BROKERS = ("모의증권", "가상증권", "연습투자증권")
"""None of them exists."""

Rating = Literal["BUY", "HOLD"]

_EVERY = 40
"""Weekdays between two opinions of one broker on one company."""

_MOST_UPSIDE, _BUY_FROM = 35, 12
"""How many percent above the last close a target may be, and from where on it is a recommendation to buy."""

_ROUND_TICKS = 5
_MOST_ERROR = 8
"""Percent by which an estimate of a year differs from what the year will bring."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One broker's view of one company.

    Attributes:
        day: A weekday, before whose session it is told.
        target: In units.
        previous: The same broker's rating before.
    """

    instrument: Instrument
    day: date
    broker: str
    target: int
    rating: Rating
    previous: Rating


def opinions(market: Market, instrument: Instrument, start: date, end: date) -> list[Opinion]:
    """The opinions on a company on the days from ``start`` up to and including ``end``, oldest first."""
    if instrument.kind != "stock" or instrument.country != "KR":
        return []
    found: list[Opinion] = []
    for position in range(max(weekdays_before(start), 1), weekdays_before(end) + (end.weekday() < 5)):
        for broker in BROKERS:
            if (position - crc32(f"{instrument.symbol}:{broker}".encode())) % _EVERY == 0:
                found.append(_opinion(market, instrument, broker, position))
    return found


def estimate(seed: int, company: Instrument, year: int) -> Statement:
    """A year that is not over, as analysts see it: revenue and profits off by a factor."""
    real = statement(seed, company_of(company), year)
    off = crc32(f"{seed}:{company.symbol}:{year}:estimate".encode()) % (200 * _MOST_ERROR + 1) - 100 * _MOST_ERROR
    factor = 1 + Decimal(off) / 10_000
    names = ("revenue", "gross_profit", "operating_profit", "net_income")
    changed = {name: (getattr(real, name) * factor).quantize(Decimal(1)) for name in names}
    return replace(real, **changed)


def _opinion(market: Market, instrument: Instrument, broker: str, position: int) -> Opinion:
    day, upside = weekday_at(position), _upside(market, instrument, broker, position)
    close = market.history(instrument).previous_close(day)
    target = to_tick(instrument, close * (100 + upside) / 100)
    coarse = instrument.tick(target) * _ROUND_TICKS
    before = _upside(market, instrument, broker, position - _EVERY)
    return Opinion(instrument, day, broker, target // coarse * coarse, _rating(upside), _rating(before))


def _upside(market: Market, instrument: Instrument, broker: str, position: int) -> int:
    return crc32(f"{market.seed}:{instrument.symbol}:{broker}:{position}".encode()) % (_MOST_UPSIDE + 1)


def _rating(upside: int) -> Rating:
    return "BUY" if upside >= _BUY_FROM else "HOLD"
