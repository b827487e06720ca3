"""The current price of one instrument, in the same terms for every market."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.rows import amount, unknown_to_kis, whole

_KRW_100_MILLION = 100_000_000
"""KIS tells a Korean stock's market value in units of 100 million won."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices in the instrument's currency. ``change`` is against the previous close, ``change_rate`` in percent.

    A fact that the market's API does not tell is None.
    """

    symbol: str
    name: str | None
    market: str
    exchange: str
    currency: str
    price: Decimal
    change: Decimal | None
    change_rate: Decimal | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    previous_close: Decimal | None
    volume: int | None
    turnover: Decimal | None
    upper_limit_price: Decimal | None
    lower_limit_price: Decimal | None
    tick_size: Decimal | None
    high_52_week: Decimal | None
    low_52_week: Decimal | None
    market_cap: Decimal | None
    per: Decimal | None
    pbr: Decimal | None
    eps: Decimal | None


async def get_quote(kis: Kis, instrument: Instrument, *, fresh: bool = False) -> Quote:
    """Ask KIS for the price of ``instrument``.

    Args:
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        KisMcpError: By KIS' answer.
    """
    tool, arguments = _request(kis, instrument)
    decoded = await kis.rows(tool, arguments, fresh=fresh)
    row = decoded.record("price")
    price = amount(row, "price")
    if not price:
        raise unknown_to_kis(instrument)
    previous = amount(row, "previous_close") or amount(row, "base_price")
    change = price - previous if previous else None
    return Quote(
        symbol=instrument.symbol,
        name=instrument.name,
        market=instrument.market,
        exchange=instrument.exchange,
        currency=instrument.currency,
        price=price,
        change=change,
        change_rate=round(change / previous * 100, 2) if change is not None and previous else None,
        previous_close=previous,
        volume=whole(row, "volume"),
        market_cap=_market_cap(instrument, row),
        **{name: amount(row, name) for name in _AS_THEY_ARE},
    )


_AS_THEY_ARE = (
    "open",
    "high",
    "low",
    "turnover",
    "upper_limit_price",
    "lower_limit_price",
    "tick_size",
    "high_52_week",
    "low_52_week",
    "per",
    "pbr",
    "eps",
)


def _request(kis: Kis, instrument: Instrument) -> tuple[str, dict[str, Any]]:
    if instrument.market == "KR":
        venue = "unified" if instrument.exchange == "sor" else instrument.exchange
        return "domestic_stock_inquire_price", {"symbol": instrument.symbol, "exchange": venue}
    arguments = {"symbol": instrument.symbol, "exchange": instrument.exchange}
    return ("overseas_stock_price" if kis.environment.uses_demo_api else "overseas_stock_price_detail"), arguments


def _market_cap(instrument: Instrument, row: Mapping[str, object]) -> Decimal | None:
    value = amount(row, "market_cap")
    return value * _KRW_100_MILLION if value is not None and instrument.market == "KR" else value
