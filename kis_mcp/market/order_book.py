"""The resting bids and asks of one instrument, in the same terms for every market."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from kis_mcp.catalog import Decoded, Record, number
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.rows import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, is_told, unknown_to_kis, whole

MAX_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Level:
    """All that rests at one price."""

    price: Decimal
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Both sides, best first, in the instrument's currency.

    Attributes:
        time: When KIS took the book, in the exchange's time zone.
        price: The last price; None where there is none.
        total_ask_quantity, total_bid_quantity: Of all levels that KIS counts, shown or not.
        expected_price, expected_volume: What an auction would match now; None outside auctions and for the US.
    """

    time: datetime | None
    price: Decimal | None
    total_ask_quantity: int | None
    total_bid_quantity: int | None
    expected_price: Decimal | None
    expected_volume: int | None
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]


async def get_order_book(
    kis: Kis, instrument: Instrument, *, depth: int = MAX_DEPTH, today: date, fresh: bool = False
) -> OrderBook:
    """Ask KIS for the order book of ``instrument``.

    Args:
        depth: Levels on each side, up to 10.
        today: The day in Korea, which KIS leaves out of a Korean book's time.
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        NotInEnvironment: Demo has no books of US stocks.
        KisMcpError: By KIS' answer.
    """
    where = {"symbol": instrument.symbol, "exchange": instrument.exchange}
    if instrument.market == "KR":
        decoded = await kis.rows("domestic_stock_inquire_asking_price_exp_ccn", where, fresh=fresh)
        return _korean(instrument, decoded, depth, today)
    decoded = await kis.rows("overseas_stock_inquire_asking_price", where, fresh=fresh)
    return _american(instrument, decoded, depth)


async def read_sides(
    kis: Kis, tool: str, arguments: Mapping[str, object], *, fresh: bool = False
) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """The asks and the bids, best first, by an API that tells a book in levels of one row or in a row for each level.

    Raises:
        KisMcpError: By KIS' answer.
    """
    decoded = await kis.rows(tool, arguments, fresh=fresh)
    rows = [row for block in ("book", "order_book") for row in _rows(decoded.blocks.get(block, {}))]
    return tuple(_side(rows, "ask")), tuple(_side(rows, "bid"))


def _rows(block: Sequence[Record] | Record) -> Sequence[Record]:
    return [block] if isinstance(block, Mapping) else block


def _side(rows: Sequence[Record], side: str) -> Iterator[Level]:
    for row in rows:
        yield from _levels(row, side, MAX_DEPTH)
        if price := number(row, f"{side}_price"):
            yield Level(price, whole(row, f"{side}_quantity") or 0)


def _korean(instrument: Instrument, decoded: Decoded, depth: int, today: date) -> OrderBook:
    book, expected = decoded.record("order_book"), decoded.record("expected")
    asks, bids = tuple(_levels(book, "ask", depth)), tuple(_levels(book, "bid", depth))
    if not (asks or bids or is_told(expected, KNOWN_BY_KOREA)):
        raise unknown_to_kis(instrument)
    return OrderBook(
        time=_moment(instrument, today.isoformat(), book.get("quote_time")),
        price=number(expected, "price") or None,
        total_ask_quantity=whole(book, "total_ask_quantity"),
        total_bid_quantity=whole(book, "total_bid_quantity"),
        expected_price=number(expected, "expected_price") or None,
        expected_volume=whole(expected, "expected_volume") or None,
        asks=asks,
        bids=bids,
    )


def _american(instrument: Instrument, decoded: Decoded, depth: int) -> OrderBook:
    summary, book = decoded.record("summary"), decoded.record("order_book")
    asks, bids = tuple(_levels(book, "ask", depth)), tuple(_levels(book, "bid", depth))
    if not (asks or bids or is_told(summary, KNOWN_BY_ABROAD)):
        raise unknown_to_kis(instrument)
    return OrderBook(
        time=_moment(instrument, summary.get("quote_date"), summary.get("quote_time")),
        price=number(summary, "price") or None,
        total_ask_quantity=whole(summary, "total_ask_quantity"),
        total_bid_quantity=whole(summary, "total_bid_quantity"),
        expected_price=None,
        expected_volume=None,
        asks=asks,
        bids=bids,
    )


def _levels(book: Mapping[str, object], side: str, depth: int) -> Iterator[Level]:
    for step in range(1, depth + 1):
        price = number(book, f"{side}_price_{step}")
        if price:
            yield Level(price, whole(book, f"{side}_quantity_{step}") or 0)


def _moment(instrument: Instrument, day: object, clock: object) -> datetime | None:
    if not isinstance(day, str) or not isinstance(clock, str):
        return None
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), instrument.timezone)
