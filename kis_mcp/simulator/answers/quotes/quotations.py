"""Rows of the market APIs, chosen by what a block's fields are about."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, zip_longest
from typing import cast

from kis_mcp.catalog import Block
from kis_mcp.simulator.answers.contracts.abroad import terms_abroad
from kis_mcp.simulator.answers.contracts.facts import contract_facts, index_facts
from kis_mcp.simulator.answers.quotes.facts import FactSheet, book_changes, book_facts, candle_facts
from kis_mcp.simulator.answers.quotes.investors import DAY_NAMES, TODAY_NAMES, investors_on
from kis_mcp.simulator.answers.quotes.listed import own_listing_facts
from kis_mcp.simulator.answers.quotes.listings import CHANGES_OF_BOOKS, book_abroad, listing_facts, session_of
from kis_mcp.simulator.answers.quotes.net_assets import fund_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.warrants import warrant_facts
from kis_mcp.simulator.market.book import best_prices
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.market.rights import price_factor, rights
from kis_mcp.simulator.wire.calls import Call

_DATES = frozenset({"trade_date", "local_date", "local_business_date", "date", "base_date"})
_PRICES = frozenset({"price", "close"})
_TIMES = frozenset({"trade_time", "local_time", "korea_time", "time"})
_DAY_ROWS = {
    "domestic_stock_inquire_daily_itemchartprice": 100,
    "domestic_stock_inquire_member_daily": 100,
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

OLDEST_FIRST = frozenset(_INTERVALS)
"""Tools whose page holds the newest rows, the oldest of them first; their weeks carry the date of their Monday."""

_USUAL_ROWS = 30
_ONE_ROW = frozenset({"book", "order_book"})
"""Lists that hold the instrument itself."""

_INDICES = frozenset({"underlying", "kospi200"})
"""Blocks of a contract about an index."""

_LEVELS_ABROAD = 5
_MOST_MINUTES = 120


def record(block: Block, subject: Subject, rank: int = 1) -> Facts:
    """The instrument as it is now, as a block's record or as one row among others."""
    names = {field.name for field in block.fields}
    if block.name in _INDICES and "index_price" in names:
        return index_facts(subject, block.name)
    levels: Facts = book_facts(subject) if "ask_price_1" in names else {}
    if "ask_quantity_change_1" in names and subject.instrument.category != "overseas_stock":
        levels = {**levels, **book_changes(subject)}
    levels = {**levels, **book_abroad(subject)} if names & CHANGES_OF_BOOKS else levels
    flows: Facts = investors_on(subject, subject.quote.day) if names & TODAY_NAMES else {}
    own = {
        **contract_facts(subject, names),
        **own_listing_facts(subject, names),
        **listing_facts(subject, names),
        **terms_abroad(subject, names),
        **warrant_facts(subject),
        **fund_facts(subject, names),
    }
    return FactSheet(subject, {**levels, **own, **flows, "rank": rank})


def listing(call: Call, block: Block, subjects: Sequence[Subject]) -> Sequence[Facts]:
    """The instruments that a call lists, as rows in the caller's order."""
    is_asked = any(parameter.is_list for parameter in call.api.parameters)
    return [record(block, subject) for subject in subjects] if is_asked else []


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
        if names & DAY_NAMES:
            days = [{**investors_on(subject, cast("date", facts["trade_date"])), **facts} for facts in days]
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


def _days(call: Call, subject: Subject) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    today = market.moment(instrument, call.now).day
    count = int(call.arguments.get("count", _DAY_ROWS.get(call.api.tool, _USUAL_ROWS)))
    until = min(call.day("end_date") or call.day("date") or today, today)
    start = call.day("start_date") or date.min
    interval = _INTERVALS.get(call.api.tool) or call.arguments.get("interval", "day")
    days_each = {"week": 5, "month": 23, "year": 262}.get(interval, 1)
    adjusted = call.arguments.get("adjusted", "true") == "true" or instrument.category != "domestic_stock"
    candles = market.days(instrument, call.now, until=until, count=(count + 1) * days_each + 1, adjusted=adjusted)
    if interval != "day":
        candles = [joined(list(group)) for _, group in groupby(candles, lambda candle: period(candle, interval))]
    for candle, before in zip_longest(candles, candles[1:]):
        if candle.start.date() < start or count == 0:
            return
        count -= 1
        previous = before.close if before else candle.open
        if interval != "day":
            facts = candle_facts(candle, previous)
            yield {**facts, "date": _monday(candle)} if interval == "week" and call.api.tool in OLDEST_FIRST else facts
            continue
        day = candle.start.date()
        if not adjusted:
            previous = instrument.price(market.history(instrument).previous_close(day))
        yield {**candle_facts(candle, previous), **_split_facts(subject, day)}


def _split_facts(subject: Subject, day: date) -> Facts:
    """What a day takes from the price: its base price for 1 of the close before, and a price of today for 1 of it."""
    instrument, today = subject.instrument, subject.quote.day
    since = price_factor(instrument, today) / price_factor(instrument, day)
    facts: dict[str, object] = {}
    if since != 1:
        facts["cumulative_split_rate"] = _four(since)
    for right in rights(subject.market.seed, instrument, day, day):
        if right.kind == "dividend":
            facts["ex_right_type"] = "ex_dividend"
        elif right.price_ratio != 1:
            facts |= {"ex_right_type": "ex_rights", "split_rate": _four(right.price_ratio)}
            if right.kind == "capital_reduction":
                facts["revaluation_reason_code"] = "02"
    return facts


def _four(ratio: Fraction) -> Decimal:
    return (Decimal(ratio.numerator) / ratio.denominator).quantize(Decimal("0.0001"))


def _monday(candle: Candle) -> date:
    day = candle.start.date()
    return day - timedelta(days=day.weekday())


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
    day, last = moment.day, min(asked.ticks, moment.ticks) if asked.day == moment.day else moment.ticks
    if call.arguments.get("day") == "previous":
        day, last = calendar.before(day), calendar.ticks_a_day
    session, units = market.session(instrument, day), market.history(instrument).previous_close(day)
    previous = instrument.price(units)
    for ticks in range(last, max(0, last - _USUAL_ROWS), -1):
        bar, so_far = session.bar(ticks - 1, ticks), session.until(ticks)
        bought = session.bought_until(ticks)
        price = instrument.price(bar.close)
        candle = Candle(
            calendar.time_of(day, ticks - 1),
            price,
            price,
            price,
            price,
            bar.volume,
            instrument.amount(bar.turnover),
        )
        facts = dict(candle_facts(candle, previous))
        before = session.prices[ticks - 2] if ticks > 1 else units
        bid, ask = (instrument.price(price) for price in best_prices(instrument, bar.close, before))
        yield facts | {
            "bid_price": bid,
            "ask_price": ask,
            "market_session": session_of(instrument.home, candle.start),
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
