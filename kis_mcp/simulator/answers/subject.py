"""One instrument at one time, with everything that the market model knows of it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from zlib import crc32

from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market, Quote

Facts = Mapping[str, object]
"""Readable field name (or KIS element in lower case) → value. An enumeration's value is its word."""

_INVESTORS = ("individual", "foreign", "institution")


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
    def yesterday(self) -> DayBar | None:
        calendar = self.market.calendar(self.instrument)
        return self.market.history(self.instrument).bar(calendar.before(self.quote.day))

    @cached_property
    def year(self) -> list[DayBar]:
        """The last 250 whole days before today."""
        day = self.market.calendar(self.instrument).before(self.quote.day)
        return self.market.history(self.instrument).until(day, 250)

    @cached_property
    def highest(self) -> tuple[Decimal, date]:
        """The highest price of the last 250 days, and its day."""
        bar = max(self.year, key=lambda bar: bar.high)
        price = self.instrument.price(bar.high)
        return (self.quote.high, self.quote.day) if self.quote.high >= price else (price, bar.day)

    @cached_property
    def lowest(self) -> tuple[Decimal, date]:
        """The lowest price of the last 250 days, and its day."""
        bar = min(self.year, key=lambda bar: bar.low)
        price = self.instrument.price(bar.low)
        return (self.quote.low, self.quote.day) if self.quote.low <= price else (price, bar.day)

    def share(self, what: str, low: int, high: int) -> int:
        """A number between two, always the same for this instrument."""
        return low + crc32(f"{self.market.seed}:{self.instrument.symbol}:{what}".encode()) % (high - low + 1)

    @property
    def earnings(self) -> Decimal:
        """Earnings per share, from a price-earnings ratio of the base price."""
        base = self.instrument.price(self.instrument.base_units)
        return (base * 10 / self.share("per", 60, 350)).quantize(Decimal("0.01"))

    @property
    def book_value(self) -> Decimal:
        """Book value per share."""
        base = self.instrument.price(self.instrument.base_units)
        return (base * 10 / self.share("pbr", 5, 60)).quantize(Decimal("0.01"))


def direction(change: Decimal, *, at_limit: bool = False) -> str:
    """The word of KIS' sign codes for a change."""
    if change == 0:
        return "unchanged"
    if at_limit:
        return "limit_up" if change > 0 else "limit_down"
    return "up" if change > 0 else "down"


def investor_flows(seed: str, volume: int, price: Decimal) -> Facts:
    """Who bought and sold a day's volume. Buys and sells both sum to it, so the net flows cancel out."""
    facts: dict[str, object] = {}
    for action in ("buy", "sell"):
        weights = [20 + crc32(f"{seed}:{action}:{who}".encode()) % 100 for who in _INVESTORS]
        shares = [volume * weight // sum(weights) for weight in weights]
        shares[0] += volume - sum(shares)
        for who, quantity in zip(_INVESTORS, shares, strict=True):
            facts[f"{who}_{action}_volume"] = facts[f"{who}_{action}_quantity"] = quantity
            facts[f"{who}_{action}_turnover"] = int(quantity * price / 1_000_000)
    for who in _INVESTORS:
        net = int(str(facts[f"{who}_buy_volume"])) - int(str(facts[f"{who}_sell_volume"]))
        facts[f"{who}_net_buy_quantity"] = net
        facts[f"{who}_net_buy_turnover"] = int(net * price / 1_000_000)
    return facts
