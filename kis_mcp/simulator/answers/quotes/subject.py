"""One instrument at one time, with everything that the market model knows of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from kis_mcp.simulator.market.after_hours import AfterHours, after_hours
from kis_mcp.simulator.market.auctions import Auction, auction
from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.companies import Statement, company_of, last_year, statement
from kis_mcp.simulator.market.exchange_rates import ExchangeRates
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import Interruption, active
from kis_mcp.simulator.market.market import Market, Quote
from kis_mcp.simulator.market.rights import shares
from kis_mcp.simulator.market.session import Session
from kis_mcp.simulator.market.states import MarketWarning, is_administrative, market_warning

Facts = Mapping[str, object]
"""Readable field name (or KIS element in lower case) → value. An enumeration's value is its word."""


class Subject:
    """What an API that asks about an instrument is answered from; looked up when it is first needed."""

    def __init__(self, market: Market, instrument: Instrument, now: datetime) -> None:
        self.market = market
        self.instrument = instrument
        self.now = now

    @property
    def rates(self) -> ExchangeRates:
        return ExchangeRates(self.market)

    @cached_property
    def quote(self) -> Quote:
        return self.market.quote(self.instrument, self.now)

    @cached_property
    def ticks(self) -> int:
        """How many ticks of its day have happened."""
        return self.market.moment(self.instrument, self.now).ticks

    @cached_property
    def session(self) -> Session:
        """Its day, tick by tick."""
        return self.market.session(self.instrument, self.quote.day)

    @cached_property
    def book(self) -> Book:
        return self.market.book(self.instrument, self.now)

    @cached_property
    def underlying(self) -> "Subject | None":
        """What a contract follows, as far as that is traded here."""
        followed = self.market.underlying(self.instrument)
        return Subject(self.market, followed, self.now) if followed else None

    @cached_property
    def yesterday(self) -> DayBar | None:
        """The day before, for today's shares."""
        day = self.quote.day
        before = self.market.calendar(self.instrument).before(day)
        bars = self.market.past(self.instrument, day, before, 1)
        return bars[-1] if bars and bars[-1].day == before else None

    @property
    def interruption(self) -> Interruption | None:
        """The call period that it is in."""
        moment = self.market.moment(self.instrument, self.now)
        return active(self.market.interruptions(self.instrument, moment.day), moment.ticks)

    @cached_property
    def market_warning(self) -> MarketWarning:
        """What the exchange warns of today."""
        return market_warning(self.market, self.instrument, self.quote.day)

    @property
    def is_administrative(self) -> bool:
        """Whether it is an administrative issue."""
        return is_administrative(self.instrument)

    @cached_property
    def opening(self) -> Auction:
        """The auction that opened today's session."""
        return auction(self.market, self.instrument, self.now, "opening")

    @cached_property
    def after_hours(self) -> AfterHours:
        """The latest after-hours session."""
        return after_hours(self.market, self.instrument, self.now)

    @cached_property
    def highest(self) -> tuple[Decimal, date]:
        """The highest price of the last 250 days and today, and its day."""
        return self._or_today(self.market.year(self.instrument, self.quote.day)[0], "high")

    @cached_property
    def lowest(self) -> tuple[Decimal, date]:
        """The lowest price of the last 250 days and today, and its day."""
        return self._or_today(self.market.year(self.instrument, self.quote.day)[1], "low")

    @cached_property
    def highest_this_year(self) -> tuple[Decimal, date]:
        """The highest price since the year began, and its day."""
        year = self.market.this_year(self.instrument, self.quote.day)
        return self._or_today(year and year[0], "high")

    @cached_property
    def lowest_this_year(self) -> tuple[Decimal, date]:
        """The lowest price since the year began, and its day."""
        year = self.market.this_year(self.instrument, self.quote.day)
        return self._or_today(year and year[1], "low")

    def _or_today(self, bar: DayBar | None, side: str) -> tuple[Decimal, date]:
        """The farther of a past day's high or low and today's, today's where they are equal."""
        today: Decimal = getattr(self.quote, side)
        past = today if bar is None else self.instrument.price(getattr(bar, side))
        is_today = today >= past if side == "high" else today <= past
        return (today, self.quote.day) if is_today or bar is None else (past, bar.day)

    @cached_property
    def statement(self) -> Statement | None:
        """The company's newest year that is known, whichever of its shares this is; None of what is no company."""
        if self.instrument.kind != "stock":
            return None
        return self.statement_of(last_year(self.quote.day))

    def statement_of(self, year: int) -> Statement:
        """What a year brought."""
        return self.restated(statement(self.market.seed, company_of(self.instrument), year))

    def restated(self, year: Statement) -> Statement:
        """A year of the company, for the shares that there are at the time of the call."""
        now = shares(company_of(self.instrument), self.quote.day)
        return year if year.shares == now else replace(year, shares=now)

    @property
    def shares(self) -> int:
        """How many are listed."""
        return shares(self.instrument, self.quote.day)


Fact: TypeAlias = Callable[[Subject], object]
"""What answers one field of an instrument."""


def direction(change: Decimal, *, at_limit: bool = False) -> str:
    """The word of KIS' sign codes for a change."""
    if change == 0:
        return "unchanged"
    if at_limit:
        return "limit_up" if change > 0 else "limit_down"
    return "up" if change > 0 else "down"
