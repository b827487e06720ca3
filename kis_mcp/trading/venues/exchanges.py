"""The exchanges that KIS takes orders for, and the countries and currencies that they belong to."""

from collections.abc import Mapping

from kis_mcp.market import EXCHANGES, KOREA

STOCK_MARKETS = frozenset(exchange.country for exchange in EXCHANGES)

COUNTRIES: Mapping[str, tuple[str, str]] = {
    exchange.word: (exchange.country, exchange.currency) for exchange in EXCHANGES if exchange.country != KOREA
}
"""Exchange abroad → country and currency."""


def order_exchanges(market: str) -> tuple[str, ...]:
    """The exchanges that an order for a stock of this market may name."""
    return tuple(exchange.word for exchange in EXCHANGES if exchange.country == market and exchange.takes_orders)


def usual_exchange(market: str) -> str | None:
    """Where an order goes that names only the market; None where one of its exchanges has to be named."""
    return next((exchange.word for exchange in EXCHANGES if exchange.country == market and exchange.is_usual), None)


def reservation_words(*markets: str) -> frozenset[str]:
    """The words for the exchanges of these markets in KIS' reservations."""
    found = [exchange for exchange in EXCHANGES if exchange.country in markets]
    return frozenset(word for exchange in found for word in (exchange.word, *exchange.other_counters))
