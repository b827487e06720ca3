"""Pictures of one instrument: its history as candles, its day as a line, its order book."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.catalog import rounded
from kis_mcp.charts import (
    AVERAGES,
    BEFORE,
    CandleChart,
    Heading,
    IntradayChart,
    OrderBookChart,
    average,
    change_text,
    draw_candles,
    draw_intraday,
    draw_order_book,
    full_time,
    interval_word,
    money,
    places_of,
    zone_word,
)
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import (
    INTERVALS,
    Candle,
    CandleRange,
    Instrument,
    get_candles,
    get_order_book,
    get_quote,
)
from kis_mcp.server.tools.drawing import Canvas, Drawing, identity

_MINUTE = "1m"
_MOST_MINUTES = 1440
"""Of one day."""

_LOG_FROM = 4
"""From this many times the lowest price on, equal ratios are drawn equally high."""

_PERCENT, _AVERAGE = Decimal("0.01"), Decimal("0.0001")


async def draw_history(canvas: Canvas) -> Drawing:
    """Candles with volume and moving averages; candles before the first one are read for those."""
    instrument, interval = canvas.instrument(), canvas.values["interval"]
    if interval not in INTERVALS:
        raise BadArgument(
            f"There are no candles of {interval!r}.", remedy=f"Use one of {', '.join(INTERVALS)}.", field="interval"
        )
    limit = canvas.values["limit"]
    wanted = CandleRange(interval=interval, limit=limit + max(AVERAGES) - 1)
    found = await get_candles(canvas.reads, instrument, wanted, now=canvas.reads.clock())
    bars, before = found.candles[-limit:], found.candles[:-limit]
    _require(bars, instrument)
    notes = [f"KIS gave only {len(bars)} of {limit} candles in one go."] if found.earlier and len(bars) < limit else []
    has_clock = isinstance(INTERVALS[interval], int)
    summary = {**identity(instrument), "interval": interval, "timezone": instrument.timezone.key}
    summary |= _range(bars, has_clock=has_clock)
    summary |= {f"average_{length}": value for length in AVERAGES if (value := _latest_average(before, bars, length))}
    prices = [price for bar in bars for price in (bar.low, bar.high) if price is not None]
    is_log = bool(prices) and 0 < min(prices) * _LOG_FROM <= max(prices)
    closes = [bar.close for bar in found.candles if bar.close is not None]
    summary |= _change(closes[-1], closes[-2], "the close before") if len(closes) > 1 else {}
    summary |= {"scale": "log" if is_log else "linear", "source": "KIS, as get_candles tells it"}
    start, end = (full_time(bar.time, has_clock=has_clock) for bar in (bars[0], bars[-1]))
    about = f"{interval_word(interval)} {len(bars)}개 · {start} ~ {end} ({zone_word(instrument.timezone.key)})"
    heading = _heading(canvas, instrument, closes, BEFORE.get(interval, "직전 봉"))
    chart = CandleChart(
        replace(heading, about=f"{about} · {'로그' if is_log else '선형'} 눈금"),
        bars,
        before,
        instrument.currency,
        is_log=is_log,
    )
    return Drawing(draw_candles(chart, canvas.palette), summary, notes)


async def draw_day(canvas: Canvas) -> Drawing:
    """The minutes of the latest day that was traded, against the close before it."""
    instrument, reads = canvas.instrument(), canvas.reads
    latest = await get_candles(reads, instrument, CandleRange(_MINUTE, limit=1), now=reads.clock())
    _require(latest.candles, instrument)
    day = latest.candles[-1].time.date()
    wanted = CandleRange(_MINUTE, start=day, end=day, limit=_MOST_MINUTES)
    bars = (await get_candles(reads, instrument, wanted, now=reads.clock())).candles
    _require(bars, instrument)
    previous, notes = await _previous_close(canvas, instrument, day)
    if canvas.values["interval"] not in (_MINUTE, "1d"):
        notes.append("A line is of single minutes: interval counts only for candles.")
    summary = {**identity(instrument), "interval": _MINUTE, "timezone": instrument.timezone.key}
    summary |= _range(bars, has_clock=True)
    last = bars[-1].close
    if previous is not None and last is not None:
        summary |= {"previous_close": previous, **_change(last, previous, "the previous close")}
    summary |= {"scale": "linear", "source": "KIS, as get_candles tells it"}
    zone = zone_word(instrument.timezone.key)
    about = f"1분 · {full_time(bars[0].time, has_clock=True)} ~ {bars[-1].time:%H:%M} ({zone}) · 선형 눈금"
    closes = [price for price in (previous, last) if price is not None]
    heading = replace(_heading(canvas, instrument, closes, "전일"), about=about)
    chart = IntradayChart(heading, bars, previous, instrument.currency)
    return Drawing(draw_intraday(chart, canvas.palette), summary, notes)


async def draw_book(canvas: Canvas) -> Drawing:
    """The resting bids and asks, at most ten prices on each side."""
    instrument, reads = canvas.instrument(), canvas.reads
    book = await get_order_book(reads, instrument, today=reads.clock().astimezone(KST).date())
    previous, notes = None, list[str]()
    try:
        previous = (await get_quote(reads, instrument)).previous_close
    except KisMcpError as error:
        notes.append(f"The previous close could not be read: {error.what}")
    summary = {
        **identity(instrument),
        "end": book.time.isoformat() if book.time else None,
        "count": len(book.asks) + len(book.bids),
        "last": book.price,
        "previous_close": previous,
        "best_ask": book.asks[0].price if book.asks else None,
        "best_bid": book.bids[0].price if book.bids else None,
        "total_ask_quantity": book.total_ask_quantity,
        "total_bid_quantity": book.total_bid_quantity,
        "source": "KIS, as get_order_book tells it",
    }
    summary = {name: value for name, value in summary.items() if value is not None}
    when = f"{book.time:%Y-%m-%d %H:%M:%S} ({zone_word(instrument.timezone.key)})" if book.time else "시각 미상"
    about = f"호가 · 매도 {len(book.asks)}단계, 매수 {len(book.bids)}단계 · {when}"
    closes = [price for price in (previous, book.price) if price is not None]
    chart = OrderBookChart(
        replace(_heading(canvas, instrument, closes, "전일"), about=about),
        book.asks,
        book.bids,
        book.total_ask_quantity,
        book.total_bid_quantity,
        previous,
        book.price,
        instrument.currency,
    )
    return Drawing(draw_order_book(chart, canvas.palette), summary, notes)


def _heading(canvas: Canvas, instrument: Instrument, closes: Sequence[Decimal], before: str) -> Heading:
    """The last of some prices, against the one before."""
    places = places_of(closes[-2:], instrument.currency)
    change = closes[-1] - closes[-2] if len(closes) > 1 else None
    return Heading(
        title=instrument.name or instrument.symbol,
        code=f"{instrument.symbol} · {instrument.exchange.upper()}",
        value=money(closes[-1], instrument.currency, places) if closes else "",
        change="" if change is None else f"{before} 대비 {change_text(change, closes[-2], places)}",
        trend=change,
        about="",
        source=canvas.source(),
    )


def _require(candles: Sequence[Candle], instrument: Instrument) -> None:
    if not candles:
        raise BadArgument(
            f"There is nothing to draw: KIS has no such candles of {instrument.symbol}.",
            remedy="Ask for kind candles with interval 1d, or check the symbol with find_instrument.",
            field="symbol",
        )


async def _previous_close(canvas: Canvas, instrument: Instrument, day: date) -> tuple[Decimal | None, list[str]]:
    """The close of the last day before one, and what could not be read."""
    wanted = CandleRange("1d", end=day, limit=5)
    try:
        found = await get_candles(canvas.reads, instrument, wanted, now=canvas.reads.clock())
    except KisMcpError as error:
        return None, [f"The previous close could not be read: {error.what}"]
    closes = [candle.close for candle in found.candles if candle.time.date() < day and candle.close is not None]
    return (closes[-1], []) if closes else (None, ["KIS tells no close before that day."])


def _range(bars: Sequence[Candle], *, has_clock: bool) -> dict[str, object]:
    """First open, last close, highest and lowest price of what is drawn, and when."""

    def moment(time: datetime) -> str:
        return time.isoformat() if has_clock else time.date().isoformat()

    facts: dict[str, object] = {
        "count": len(bars),
        "start": moment(bars[0].time),
        "end": moment(bars[-1].time),
        "volume": sum(bar.volume for bar in bars),
    }
    highs = [(bar.high, bar.time) for bar in bars if bar.high is not None]
    lows = [(bar.low, bar.time) for bar in bars if bar.low is not None]
    if highs and lows:
        (high, high_at), (low, low_at) = max(highs, key=lambda one: one[0]), min(lows, key=lambda one: one[0])
        facts |= {"high": high, "high_at": moment(high_at), "low": low, "low_at": moment(low_at)}
    opens = [bar.open for bar in bars if bar.open is not None]
    closes = [bar.close for bar in bars if bar.close is not None]
    facts |= {"first": opens[0]} if opens else {}
    facts |= {"last": closes[-1]} if closes else {}
    idle = sum(not bar.was_traded for bar in bars)
    return facts | ({"not_traded": idle} if idle else {})


def _change(last: Decimal, before: Decimal, from_: str) -> dict[str, object]:
    change = last - before
    rate = {"change_rate": rounded(change / before * 100, _PERCENT)} if before > 0 else {}
    return {"change": change, **rate, "change_from": from_}


def _latest_average(before: Sequence[Candle], bars: Sequence[Candle], length: int) -> Decimal | None:
    value = average(before, bars, length)[-1]
    return None if value is None else rounded(value, _AVERAGE)
