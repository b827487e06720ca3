"""The current price of one instrument, in the same terms for every market."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from kis_mcp.catalog import number, rounded, text
from kis_mcp.market.events import Trade
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.rows import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, is_told, unknown_to_kis, whole

_PERCENT = Decimal("0.01")
KRW_100_MILLION = 100_000_000
"""KIS tells a Korean stock's market value in units of 100 million won."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices in the instrument's currency. ``change`` is against the previous close, ``change_rate`` in percent.

    What the market does not have, such as price limits in the US, or its API does not tell, is None.

    Attributes:
        price: None where there is none, as of a stock that is halted or has never traded.
        halted: Whether trading in it is stopped; None for the US.
    """

    symbol: str
    name: str | None
    market: str
    exchange: str
    currency: str
    price: Decimal | None
    halted: bool | None
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


class Subject(Protocol):
    """What a quote is about: an `Instrument`, or a `kis_mcp.market.quotables.Quotable`."""

    @property
    def symbol(self) -> str: ...

    @property
    def name(self) -> str | None: ...

    @property
    def market(self) -> str: ...

    @property
    def exchange(self) -> str: ...

    @property
    def currency(self) -> str: ...


async def get_quote(kis: Kis, instrument: Instrument, *, fresh: bool = False) -> Quote:
    """Ask KIS for the price of ``instrument``.

    Args:
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        KisMcpError: By KIS' answer.
    """
    where = {"symbol": instrument.symbol, "exchange": instrument.exchange}
    row = (await kis.rows(_tool(kis, instrument), where, fresh=fresh)).record("price")
    if not is_told(row, KNOWN_BY_KOREA if instrument.market == "KR" else KNOWN_BY_ABROAD):
        raise unknown_to_kis(instrument)
    return quote_of(instrument, row)


def quote_of(subject: Subject, row: Mapping[str, object]) -> Quote:
    """A row of KIS, in the names of `Quote`, as the quote of what it is about."""
    price = number(row, "price") or None
    previous = number(row, "previous_close") or number(row, "base_price") or None
    change = price - previous if price and previous else None
    return Quote(
        symbol=subject.symbol,
        name=subject.name or text(row, "name"),
        market=subject.market,
        exchange=subject.exchange,
        currency=subject.currency or text(row, "currency") or "",
        price=price,
        halted=_is_halted(row),
        change=change,
        change_rate=rounded(change / previous * 100, _PERCENT) if change is not None and previous else None,
        previous_close=previous,
        volume=whole(row, "volume"),
        market_cap=_market_cap(subject, row),
        **{name: number(row, name) for name in _AS_THEY_ARE},
        **{name: number(row, name) or None for name in ("upper_limit_price", "lower_limit_price")},
    )


async def is_vi_active(kis: Kis, instrument: Instrument) -> bool | None:
    """Whether a volatility interruption (VI) of a Korean stock is on; None where KIS does not tell.

    Raises:
        KisMcpError: By KIS' answer.
    """
    where = {"symbol": instrument.symbol, "exchange": instrument.exchange}
    active = (await kis.rows(_tool(kis, instrument), where)).record("price").get("vi_active")
    return active if isinstance(active, bool) else None


def with_trade(quote: Quote, trade: Trade) -> Quote | None:
    """A quote as a later trade has it: price, change, the day's range, volume and turnover, and whether it is halted.

    None where the trade counts its change from another close than the quote: one of them is of another day or session.
    """
    previous = quote.previous_close
    if not previous or trade.change is None or trade.price - trade.change != previous:
        return None
    change = trade.price - previous
    told = {"open": trade.open, "high": trade.high, "low": trade.low, "turnover": trade.turnover}
    return replace(
        quote,
        price=trade.price,
        change=change,
        change_rate=rounded(change / previous * 100, _PERCENT),
        volume=quote.volume if trade.volume is None else trade.volume,
        halted=quote.halted if trade.halted is None else trade.halted,
        **{name: value for name, value in told.items() if value is not None},
    )


def notes_on(quote: Quote) -> list[str]:
    """What a reader of the price has to know."""
    if quote.price is None:
        why = "trading in it is halted" if quote.halted else "it has not traded, or trading in it is halted"
        return [f"No price of {quote.symbol} is known: {why}. previous_close is the price that limits start from."]
    return [f"Trading in {quote.symbol} is halted: the price is the last one before."] if quote.halted else []


def _is_halted(row: Mapping[str, object]) -> bool | None:
    stopped, status = row.get("temporarily_halted"), row.get("stock_status")
    if stopped is None and status is None:
        return None
    return stopped is True or status == "trading_halted"


_AS_THEY_ARE = (
    "open",
    "high",
    "low",
    "turnover",
    "tick_size",
    "high_52_week",
    "low_52_week",
    "per",
    "pbr",
    "eps",
)


def _tool(kis: Kis, instrument: Instrument) -> str:
    if instrument.market == "KR":
        return "domestic_stock_inquire_price"
    return "overseas_stock_price" if kis.environment.uses_demo_api else "overseas_stock_price_detail"


def _market_cap(subject: Subject, row: Mapping[str, object]) -> Decimal | None:
    value = number(row, "market_cap")
    return value * KRW_100_MILLION if value is not None and subject.market == "KR" else value
