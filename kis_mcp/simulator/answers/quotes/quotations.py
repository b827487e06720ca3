"""Rows of the market APIs, chosen by what a block's fields are about."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby, zip_longest
from typing import cast

from kis_mcp.catalog.model import Block
from kis_mcp.simulator.answers.contracts.facts import contract_facts
from kis_mcp.simulator.answers.quotes.facts import FactSheet, book_changes, book_facts, candle_facts
from kis_mcp.simulator.answers.quotes.listed import listing_facts
from kis_mcp.simulator.answers.quotes.net_assets import fund_facts
from kis_mcp.simulator.answers.quotes.subject import INVESTOR_NAMES, Facts, Subject, investor_flows
from kis_mcp.simulator.answers.quotes.warrants import warrant_facts
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.wire.calls import Call

_DATES = frozenset({"trade_date", "local_date", "local_business_date", "date", "base_date"})
_PRICES = frozenset({"price", "close"})
_TIMES = frozenset({"trade_time", "local_time", "korea_time", "time"})
_DAY_ROWS = {
    "domestic_stock_inquire_daily_itemchartprice": 100,
    "overseas_stock_dailyprice": 100,
    "overseas_stock_inquire_daily_chartprice": 100,
}
_MINUTE_ROWS = {"domestic_stock_inquire_time_dailychartprice": 120, "overseas_stock_inquire_time_indexchartprice": 100}
_INTERVALS = {
    f"overseas_fo_{kind}{word}_ccnl": interval
    for kind in ("", "opt_")
    for word, interval in (("tick", "tick"), ("daily", "day"), ("weekly", "week"), ("monthly", "month"))
}
"""What the rows of APIs are that say it by their names only."""

_USUAL_ROWS = 30
_BOARDS = {"contracts": "future", "calls": "call", "puts": "put", "expiries": "call", "rates": "future"}
"""Blocks that hold one kind of contract each."""

_ONE_OF_EACH: Mapping[str, Callable[[Instrument], object]] = {
    "expiries": lambda instrument: instrument.expiry,
    "rates": lambda instrument: (instrument.sector, instrument.moves_with),
}
"""Blocks that hold one contract of each expiry, or of each underlying."""

_ONE_ROW = frozenset({"book", "order_book", "expiries"})
"""Lists that hold the instrument itself."""

_OTHER_INDICES = frozenset({"underlying", "kospi200"})
"""Blocks of a contract about an index that it does not follow here: futures move on their own."""

_LEVELS_ABROAD = 5
_MOST_MINUTES = 120


def record(block: Block, subject: Subject, rank: int = 1) -> Facts:
    """The instrument as it is now, as a block's record or as one row among others."""
    names = {field.name for field in block.fields}
    if block.name in _OTHER_INDICES and "index_price" in names:
        return {}
    levels: Facts = book_facts(subject) if "ask_price_1" in names else {}
    if "ask_quantity_change_1" in names:
        levels = {**levels, **book_changes(subject)}
    quote = subject.quote
    flows: Facts = flows_of(subject, quote.day, quote.volume, quote.turnover) if names & INVESTOR_NAMES else {}
    own = {
        **contract_facts(subject),
        **listing_facts(subject, names),
        **warrant_facts(subject),
        **fund_facts(subject, names),
    }
    return FactSheet(subject, {**own, **levels, **flows, "rank": rank})


def listing(call: Call, block: Block, subjects: Sequence[Subject]) -> Sequence[Facts]:
    """Instruments as rows: in the caller's order, or on a board by expiry and from the highest strike down."""
    if any(parameter.is_list for parameter in call.api.parameters):
        return [record(block, subject) for subject in subjects]
    kind = _BOARDS.get(block.name)
    chosen = [subject for subject in subjects if subject.instrument.kind == kind]
    if of := _ONE_OF_EACH.get(block.name):
        chosen = list({of(subject.instrument): subject for subject in chosen}.values())
    return [record(block, subject) for subject in sorted(chosen, key=_place_on_board)]


def rows(call: Call, block: Block, subject: Subject) -> Sequence[Facts]:
    """The rows of a list block about one instrument, newest first: days, minutes, trades, or itself as the only row."""
    names = {field.name for field in block.fields}
    interval = _INTERVALS.get(call.api.tool)
    has_time = bool(names & _TIMES) and interval in (None, "tick")
    if block.name == "order_book" and "bid_order_count" in names:
        return _levels(subject)
    if has_time and {"open", "high", "low"} <= names and interval is None:
        return [FactSheet(subject, facts) for facts in _minutes(call, subject, run_on="trade_volume" in names)]
    if has_time:
        return [FactSheet(subject, facts) for facts in _trades(call, subject)]
    if names & _DATES and names & _PRICES:
        days = list(_days(call, subject))
        if names & INVESTOR_NAMES:
            days = [{**_flows_on(subject, facts), **facts} for facts in days]
        return [FactSheet(subject, facts) for facts in days]
    return [record(block, subject)] if block.name in _ONE_ROW else []


def _levels(subject: Subject) -> Sequence[Facts]:
    """The book of a contract abroad, a row for each level."""
    pairs = zip_longest(subject.book.asks[:_LEVELS_ABROAD], subject.book.bids[:_LEVELS_ABROAD])
    return [
        {
            "ask_price": ask and ask.price,
            "ask_quantity": ask and ask.quantity,
            "bid_price": bid and bid.price,
            "bid_quantity": bid and bid.quantity,
        }
        for ask, bid in pairs
    ]


def _place_on_board(subject: Subject) -> tuple[date, Decimal]:
    return subject.instrument.expiry or date.max, -subject.instrument.strike


def flows_of(subject: Subject, day: date, volume: int, turnover: Decimal) -> Facts:
    """Who bought and sold what an instrument traded on a day; the same whoever asks."""
    return investor_flows(f"{subject.market.seed}:{subject.instrument.symbol}:{day}", volume, turnover)


def _flows_on(subject: Subject, facts: Facts) -> Facts:
    day, volume, turnover = (facts[name] for name in ("trade_date", "volume", "turnover"))
    return flows_of(subject, cast("date", day), cast("int", volume), cast("Decimal", turnover))


def _days(call: Call, subject: Subject) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    today = market.moment(instrument, call.now).day
    count = int(call.arguments.get("count", _DAY_ROWS.get(call.api.tool, _USUAL_ROWS)))
    until = min(call.day("end_date") or call.day("date") or today, today)
    start = call.day("start_date") or date.min
    interval = _INTERVALS.get(call.api.tool) or call.arguments.get("interval", "day")
    days_each = {"week": 5, "month": 23, "year": 262}.get(interval, 1)
    candles = market.days(instrument, call.now, until=until, count=(count + 1) * days_each + 1)
    if interval != "day":
        candles = [joined(list(group)) for _, group in groupby(candles, lambda candle: period(candle, interval))]
    for candle, before in zip(candles, [*candles[1:], None], strict=True):
        if candle.start.date() < start or count == 0:
            return
        count -= 1
        yield candle_facts(candle, before.close if before else candle.open)


def _minutes(call: Call, subject: Subject, *, run_on: bool) -> Iterable[Facts]:
    """Candles of minutes.

    Args:
        run_on: Whether volume and turnover are the day's so far; the candle's own volume has a field beside them.
    """
    step = int(call.arguments.get("interval_minutes", "1"))
    count = int(call.arguments.get("count", _MINUTE_ROWS.get(call.api.tool, _USUAL_ROWS)))
    candles = subject.market.minutes(
        subject.instrument, call.now, until=_until(call, subject), count=min(count, _MOST_MINUTES), step=step
    )
    previous = subject.quote.previous_close
    if not candles:
        return
    session = subject.market.session(subject.instrument, candles[0].start.date())
    opening = subject.market.calendar(subject.instrument).time_of(candles[0].start.date(), 0)
    moment = subject.market.moment(subject.instrument, call.now)
    for candle in candles:
        end = int((candle.start - opening).total_seconds()) // TICK_SECONDS + step * 60 // TICK_SECONDS
        so_far = session.until(
            min(end, moment.ticks if candle.start.date() == moment.day else end, len(session.prices))
        )
        facts = candle_facts(candle, previous)
        day: Facts = {"turnover": subject.instrument.amount(so_far.turnover), "volume": so_far.volume}
        yield {**facts, **day} if run_on else facts


def _trades(call: Call, subject: Subject) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    calendar, moment = market.calendar(instrument), market.moment(instrument, call.now)
    asked = calendar.moment(_until(call, subject))
    session, previous = market.session(instrument, moment.day), subject.quote.previous_close
    last = min(asked.ticks, moment.ticks) if asked.day == moment.day else moment.ticks
    for ticks in range(last, max(0, last - _USUAL_ROWS), -1):
        bar, so_far = session.bar(ticks - 1, ticks), session.until(ticks)
        bought = session.bought_until(ticks)
        price = instrument.price(bar.close)
        candle = Candle(
            calendar.time_of(moment.day, ticks - 1),
            price,
            price,
            price,
            price,
            bar.volume,
            instrument.amount(bar.turnover),
        )
        facts = dict(candle_facts(candle, previous))
        yield facts | {
            "volume": so_far.volume,
            "turnover": instrument.amount(so_far.turnover),
            "trade_strength": percent(Decimal(bought), Decimal(so_far.volume - bought)),
        }


def _until(call: Call, subject: Subject) -> datetime:
    """The time from which rows go back."""
    zone = subject.instrument.timezone
    now = call.now.astimezone(zone)
    day = call.day("date") or now.date()
    if before := call.arguments.get("before"):
        stamp = datetime.strptime(before[:14].ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007
        return stamp.replace(tzinfo=zone)
    text = call.arguments.get("until_time") or call.arguments.get("time")
    if not text:
        return now if day == now.date() else datetime.combine(day, time(23, 59, 59), zone)
    clock = time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0))
    at = datetime.combine(day, clock, zone)
    return min(at, now) if day == now.date() else at


def period(candle: Candle, interval: str) -> tuple[int, int]:
    """What tells the week, month or year of a candle from others."""
    day = candle.start.date()
    match interval:
        case "week":
            return day.isocalendar()[:2]
        case "month":
            return day.year, day.month
        case _:
            return day.year, 0


def joined(candles: Sequence[Candle]) -> Candle:
    """Candles of one period, newest first, as one that carries the newest day's date."""
    newest, oldest = candles[0], candles[-1]
    return Candle(
        start=newest.start,
        open=oldest.open,
        high=max(candle.high for candle in candles),
        low=min(candle.low for candle in candles),
        close=newest.close,
        volume=sum(candle.volume for candle in candles),
        turnover=sum((candle.turnover for candle in candles), Decimal(0)),
    )
