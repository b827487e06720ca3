"""Candles within days of Korean futures and options."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, candle_facts
from kis_mcp.simulator.answers.quotes.quotations import record
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.candle import Candle
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_TICKS = {"30s": 2, "1m": 3, "60m": 180}
"""A candle's length. The market ticks every 20 seconds, so that half a minute is two ticks."""

_MOST = 102
_DAYS_BACK = 20


def minute_chart(world: World, call: Call) -> Answer:
    """Candles back from a time, newest first: of that day alone, or of days before it too."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    head, _ = call.api.blocks
    rows = [FactSheet(subject, facts) for facts, _ in zip(_candles(call, subject), range(_MOST), strict=False)]
    return {head.key: record(head, subject), "Output2": rows}


def _candles(call: Call, subject: Subject) -> Iterator[Facts]:
    market, instrument = subject.market, subject.instrument
    calendar, now = market.calendar(instrument), market.moment(instrument, subject.now)
    asked = calendar.moment(min(_until(call, subject), subject.now))
    day, ticks = asked.day, asked.ticks
    for _ in range(_DAYS_BACK if call.arguments.get("include_past_candles") == "true" else 1):
        if market.history(instrument).bar(day) is None:
            return
        known = now.ticks if day == now.day else calendar.ticks_a_day
        yield from _of_day(call, subject, day, min(ticks, known), known)
        day, ticks = calendar.before(day), calendar.ticks_a_day


def _of_day(call: Call, subject: Subject, day: date, ticks: int, known: int) -> Iterator[Facts]:
    """From the candle that holds the last of so many ticks back to the first; turnover is the day's so far."""
    market, instrument = subject.market, subject.instrument
    session, width = market.session(instrument, day), _TICKS[call.arguments.get("interval", "1m")]
    previous = instrument.price(market.history(instrument).previous_close(day))
    for start in range((ticks - 1) // width * width, -1, -width):
        end = min(start + width, known)
        bar, so_far = session.bar(start, end), session.until(end)
        candle = Candle(
            start=market.calendar(instrument).time_of(day, start),
            open=instrument.price(bar.open),
            high=instrument.price(bar.high),
            low=instrument.price(bar.low),
            close=instrument.price(bar.close),
            volume=bar.volume,
            turnover=instrument.amount(so_far.turnover),
        )
        yield candle_facts(candle, previous)


def _until(call: Call, subject: Subject) -> datetime:
    """The asked time, of today unless a day is asked for; at night hours of 24 and more belong to the day after."""
    zone = subject.instrument.timezone
    now = subject.now.astimezone(zone)
    day, text = call.day("until_date") or now.date(), call.arguments.get("until_time", "")
    if not text:
        return now if day == now.date() else datetime.combine(day, time(23, 59, 59), zone)
    clock = timedelta(hours=int(text[:2]), minutes=int(text[2:4]), seconds=int(text[4:6]))
    return datetime.combine(day, time(0), zone) + clock
