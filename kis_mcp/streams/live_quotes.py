"""Quotes of watched instruments: the price as it was sent last, the rest as it was read last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kis_mcp.market import Instrument, Quote, Trade, with_trade
from kis_mcp.streams.watches import Watches

FRESH_FOR = timedelta(seconds=5)
"""As long as a read quote is kept: a price from a watch is never older than one that is read."""

_BASE_KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class LiveQuote:
    """A quote of which the price, change, range, volume and turnover come from a watch.

    Attributes:
        trade: The latest, which tells them.
        watch_id: Of the watch that saw it.
        base_as_of: When the rest was read.
    """

    quote: Quote
    trade: Trade
    watch_id: str
    base_as_of: datetime


class LiveQuotes:
    """The quotes that watches can tell.

    Args:
        watches: What is watched.
    """

    def __init__(self, watches: Watches) -> None:
        self._watches = watches
        self._bases: dict[Instrument, tuple[Quote, datetime]] = {}

    def keep(self, instrument: Instrument, quote: Quote, as_of: datetime) -> None:
        """Keep a quote that was read, for what no trade tells: limits, valuation, the year's range."""
        if self._latest(instrument) is not None:
            self._bases[instrument] = quote, as_of

    def find(self, instrument: Instrument, now: datetime) -> LiveQuote | None:
        """The quote, as its latest trade has it; None where that is not fresh, or does not go with what was read: then
        it has to be read."""
        base, as_of = self._bases.get(instrument, (None, now))
        latest = self._latest(instrument)
        if base is None or latest is None:
            return None
        watch_id, trade = latest
        is_current = as_of <= trade.received_at and timedelta() <= now - trade.received_at <= FRESH_FOR
        quote = with_trade(base, trade) if is_current and now - as_of <= _BASE_KEPT else None
        return None if quote is None else LiveQuote(quote, trade, watch_id, as_of)

    def _latest(self, instrument: Instrument) -> tuple[str, Trade] | None:
        """The newest trade that any watch saw whose link stands, and which watch."""
        found = [
            (watch.id, event)
            for watch in self._watches.watches()
            if any(each.symbol == instrument.symbol and each.kind == "trade" for each in watch.interests)
            and not watch.outages()
            for event in watch.latest()
            if isinstance(event, Trade)
            and (event.symbol, event.market, event.exchange)
            == (instrument.symbol, instrument.market, instrument.exchange)
        ]
        return max(found, key=lambda each: each[1].received_at, default=None)
