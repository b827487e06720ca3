"""A typed record of a websocket API → a market-neutral event."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypedDict

from kis_mcp.catalog import Api, Record, number, text
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.market.events import Book, Event, OrderStep, OrderUpdate, Status, Trade
from kis_mcp.market.exchanges import COUNTRIES, KOREA
from kis_mcp.market.order_book import MAX_DEPTH, Level
from kis_mcp.market.order_notices import NoticeUnreadable, OrderEvent, read_order_notice
from kis_mcp.market.rows import whole

_ONE_DAY = timedelta(days=1)
_KOREAN_STOCKS = ("domestic_stock", "etfetn", "elw")
_VENUES: Mapping[str, str] = {"krx": "krx", "nxt": "nxt", "total": "unified"}
"""The last part of a Korean stock's tool → the exchange."""

_FEEDS = ("_day", "_paid")
"""What the table adds to an exchange's word to name another feed of it."""

_THOUSANDS = "thousand KRW"
"""The spec table's word for an API that tells turnover in these."""

_FALLS = ("down", "limit_down")
_RISES = ("up", "limit_up")
_SIDES: Mapping[str, str] = {"buy": "buy", "sell": "sell", "sell_to_close": "sell", "buy_to_close": "buy"}

_STEPS: Mapping[tuple[OrderEvent, str], OrderStep] = {
    ("accepted", ""): "accepted",
    ("confirmed", ""): "accepted",
    ("confirmed", "modify"): "amended",
    ("confirmed", "cancel"): "cancelled",
    ("lapsed", ""): "cancelled",
    ("rejected", ""): "refused",
    ("filled", ""): "filled",
}
"""What KIS said, and of which action where that matters → what happened."""

_SESSIONS: Mapping[str, str] = {
    "110": "opening auction begins",
    "112": "market opens",
    "121": "closing auction begins",
    "129": "market closes",
    "130": "pre-market at the last close begins",
    "139": "pre-market at the last close ends",
    "140": "after hours at the close begins",
    "149": "after hours at the close ends",
    "164": "market is halted",
    "174": "circuit breaker begins",
    "175": "circuit breaker ends",
    "184": "circuit breaker begins",
    "185": "circuit breaker ends",
    "387": "sidecar on sells begins",
    "388": "sidecar on sells ends",
    "397": "sidecar on buys begins",
    "398": "sidecar on buys ends",
}
"""KIS' market operation codes (document of H0STMKO0)."""


class _Identity(TypedDict):
    symbol: str
    market: str
    exchange: str
    time: datetime
    received_at: datetime


def read_event(api: Api, record: Record, received_at: datetime) -> Event | None:
    """The event that a record tells; None where the API tells no such events, or the record lacks what makes it one:
    a symbol, a trade's price, an order's number.

    Args:
        api: The websocket API.
        record: One of its records, as `kis_mcp.catalog.decode_frame` types it.
        received_at: When it came.
    """
    if api.blocks[0].name == "notices":
        return _notice(api, record, received_at)
    read = _READERS.get(api.blocks[0].name)
    symbol = text(record, "symbol", "isin")
    if read is None or symbol is None:
        return None
    event = read(record, _identity(record, symbol, *_place(api, record), received_at))
    if isinstance(event, Trade) and event.turnover is not None and _THOUSANDS in api.units:
        return replace(event, turnover=event.turnover * 1_000)
    return event


def _identity(record: Record, symbol: str, market: str, exchange: str, received_at: datetime) -> _Identity:
    return {
        "symbol": symbol,
        "market": market,
        "exchange": exchange,
        "time": _moment(record, received_at).astimezone(NEW_YORK if market == "US" else KST),
        "received_at": received_at,
    }


def _trade(record: Record, identity: _Identity) -> Event | None:
    price = number(record, "price")
    if not price:
        return None
    return Trade(
        **identity,
        price=price,
        size=whole(record, "trade_volume"),
        side=_SIDES.get(str(record.get("trade_side"))),
        change=_signed(record, "change"),
        change_rate=_signed(record, "change_rate"),
        open=number(record, "open") or None,
        high=number(record, "high") or None,
        low=number(record, "low") or None,
        volume=whole(record, "volume"),
        turnover=number(record, "turnover"),
        halted=_flag(record, "trading_halted"),
    )


def _book(record: Record, identity: _Identity) -> Event | None:
    return Book(
        **identity,
        asks=tuple(_levels(record, "ask")),
        bids=tuple(_levels(record, "bid")),
        total_ask_quantity=whole(record, "total_ask_quantity"),
        total_bid_quantity=whole(record, "total_bid_quantity"),
    )


def _notice(api: Api, record: Record, received_at: datetime) -> Event | None:
    try:
        notice = read_order_notice(api, record, received_at)
    except NoticeUnreadable:
        return None
    return OrderUpdate(
        **_identity(record, notice.symbol, notice.market, notice.exchange or "", received_at),
        step=_STEPS.get((notice.event, notice.action)) or _STEPS[notice.event, ""],
        order_id=notice.order_id,
        original_order_id=notice.original_order_id,
        action=notice.action,
        side=notice.side,
        quantity=notice.quantity,
        price=notice.price,
        filled_quantity=notice.fill_quantity,
        fill_price=notice.fill_price,
        name=notice.name,
    )


def _status(record: Record, identity: _Identity) -> Event | None:
    code = text(record, "market_operation_code")
    return Status(
        **identity,
        halted=_flag(record, "trading_halted"),
        halt_reason=text(record, "trading_halt_reason"),
        vi_active=_flag(record, "vi_active"),
        session=None if code is None else _SESSIONS.get(code, code),
    )


_READERS: Mapping[str, Callable[[Record, _Identity], Event | None]] = {
    "trades": _trade,
    "books": _book,
    "events": _status,
}
"""The block of a websocket API, by which the spec table says what it tells → how that is read."""


def _place(api: Api, record: Record) -> tuple[str, str]:
    """Market and exchange."""
    if api.category == "overseas_stock":
        exchange = text(record, "exchange") or _exchange_of_key(api, text(record, "realtime_symbol") or "")
        return COUNTRIES.get(exchange, ""), exchange
    if api.category not in _KOREAN_STOCKS:
        return api.category, ""
    return KOREA, _VENUES.get(api.tool.rpartition("_")[2], "krx")


def _exchange_of_key(api: Api, key: str) -> str:
    """The exchange in a key such as DNASAAPL, without what names its feed."""
    parameter = api.parameter("exchange")
    codes = (parameter and parameter.codes) or dict[str, str]()
    word = next((word for word, code in codes.items() if key.startswith(code)), "")
    for feed in _FEEDS:
        word = word.removesuffix(feed)
    return word


def _moment(record: Record, received_at: datetime) -> datetime:
    """When it happened, in Korean time; the day nearest to its receipt where KIS tells a time of day only."""
    if moment := text(record, "operation_datetime"):
        return datetime.fromisoformat(moment).replace(tzinfo=KST)
    clock = text(record, "korea_time", "trade_time", "received_time")
    if clock is None:
        return received_at.astimezone(KST)
    day = text(record, "korea_date", "received_date")
    came_at = received_at.astimezone(KST)
    on = date.fromisoformat(day) if day else came_at.date()
    moment = datetime.combine(on, time.fromisoformat(clock), KST)
    if day:
        return moment
    return min((moment - _ONE_DAY, moment, moment + _ONE_DAY), key=lambda each: abs(each - came_at))


def _levels(record: Record, side: str) -> Iterator[Level]:
    for step in range(1, MAX_DEPTH + 1):
        price = number(record, f"{side}_price_{step}")
        if price:
            yield Level(price, whole(record, f"{side}_quantity_{step}") or 0)


def _signed(record: Record, name: str) -> Decimal | None:
    """A change with the sign of its direction: some channels leave the sign to a code."""
    value, direction = number(record, name), record.get("price_direction")
    if value is None or direction not in (*_FALLS, *_RISES):
        return value
    return -abs(value) if direction in _FALLS else abs(value)


def _flag(record: Record, name: str) -> bool | None:
    value = record.get(name)
    return value if isinstance(value, bool) else None
