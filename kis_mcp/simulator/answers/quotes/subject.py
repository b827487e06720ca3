"""One instrument at one time, with everything that the market model knows of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias
from zlib import crc32

from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.companies import Statement, company_of, last_year, statement
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market, Quote

Facts = Mapping[str, object]
"""Readable field name (or KIS element in lower case) → value. An enumeration's value is its word."""

_INVESTORS = ("individual", "foreign", "institution")
_FLOWS = ("buy_volume", "sell_volume", "buy_quantity", "sell_quantity", "buy_turnover", "sell_turnover")
_NET_FLOWS = ("net_buy_quantity", "net_buy_volume", "net_buy_turnover")
INVESTOR_NAMES = frozenset(f"{who}_{flow}" for who in _INVESTORS for flow in _FLOWS + _NET_FLOWS)
"""Readable names of what :func:`investor_flows` knows."""


class Subject:
    """What an API that asks about an instrument is answered from; looked up when it is first needed."""

    def __init__(self, market: Market, instrument: Instrument, now: datetime) -> None:
        self.market = market
        self.instrument = instrument
        self.now = now

    @cached_property
    def quote(self) -> Quote:
        return self.market.quote(self.instrument, self.now)

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
        calendar = self.market.calendar(self.instrument)
        return self.market.history(self.instrument).bar(calendar.before(self.quote.day))

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
        return statement(self.market.seed, company_of(self.instrument), last_year(self.quote.day))


Fact: TypeAlias = Callable[[Subject], object]
"""What answers one field of an instrument."""


def direction(change: Decimal, *, at_limit: bool = False) -> str:
    """The word of KIS' sign codes for a change."""
    if change == 0:
        return "unchanged"
    if at_limit:
        return "limit_up" if change > 0 else "limit_down"
    return "up" if change > 0 else "down"


def investor_flows(seed: str, volume: int, turnover: Decimal) -> Facts:
    """Who bought and sold a day's volume: shares, and amounts in millions.

    Buys and sells both sum to the volume, and their amounts to the turnover, so that the net flows cancel out.
    """
    millions = int(turnover / 1_000_000)
    buys, sells = (_parts(f"{seed}:{action}") for action in ("buy", "sell"))
    facts: dict[str, object] = {}
    for whole, names in ((volume, ("volume", "quantity")), (millions, ("turnover",))):
        for who, bought, sold in zip(_INVESTORS, _split(whole, buys), _split(whole, sells), strict=True):
            for flow, amount in (("buy", bought), ("sell", sold), ("net_buy", bought - sold)):
                facts.update(dict.fromkeys((f"{who}_{flow}_{name}" for name in names), amount))
    return facts


def _parts(seed: str) -> list[int]:
    return [20 + crc32(f"{seed}:{who}".encode()) % 100 for who in _INVESTORS]


def _split(whole: int, weights: Sequence[int]) -> list[int]:
    parts = [whole * weight // sum(weights) for weight in weights]
    parts[0] += whole - sum(parts)
    return parts
