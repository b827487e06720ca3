"""How an ELW's figures went: by trade, by minute and by day, newest first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TypeAlias

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import candle_facts
from kis_mcp.simulator.answers.quotes.quotations import record
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.answers.quotes.warrants import lp_day, state
from kis_mcp.simulator.market.book import best_prices
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.market import Candle
from kis_mcp.simulator.market.warrants import WarrantHistory
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_TRADES, _MINUTES, _DAYS = 30, 100, 100
_MINUTES_OF = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "30m": 30, "60m": 60, "120m": 120}
_PERIODS = (10, 20, 30, 60, 90)


def trades(world: World, call: Call) -> Answer:
    """The last trades of today."""
    return _trend(world, call, _trades)


def minutes(world: World, call: Call) -> Answer:
    """Stretches of today, and of the days before if they are asked for."""
    return _trend(world, call, _minutes)


def days(world: World, call: Call) -> Answer:
    """The days since it was listed."""
    return _trend(world, call, _days)


def lp_days(world: World, call: Call) -> Answer:
    """Where it stands, and what its liquidity provider traded each day."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    return {"output1": record(call.api.blocks[0], subject), "output2": list(_lp_days(call, subject))}


Rows: TypeAlias = Callable[[Call, Subject, WarrantHistory], Iterable[Facts]]


def _trend(world: World, call: Call, rows: Rows) -> Answer:
    subject = subject_of(world, call)
    history = subject and world.market.warrant(subject.instrument)
    if subject is None or history is None:
        return {}
    return {call.api.blocks[0].key: list(rows(call, subject, history))}


def _trades(call: Call, subject: Subject, history: WarrantHistory) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    moment = market.moment(instrument, call.now)
    session, previous = market.session(instrument, moment.day), subject.quote.previous_close
    levels = history.levels(moment.day, len(session.prices))
    for tick in range(moment.ticks - 1, max(-1, moment.ticks - 1 - _TRADES), -1):
        bar = session.until(tick + 1)
        at = market.calendar(instrument).time_of(moment.day, tick)
        price = instrument.price(bar.close)
        candle = Candle(at, price, price, price, price, bar.volume, instrument.amount(bar.turnover))
        before = session.prices[tick - 1] if tick else instrument.units(previous) or 0
        bid, ask = best_prices(instrument, bar.close, before)
        best: Facts = {"bid_price": instrument.price(bid), "ask_price": instrument.price(ask)}
        yield {**candle_facts(candle, previous), **state(history, moment.day, levels[tick], price), **best}


def _minutes(call: Call, subject: Subject, history: WarrantHistory) -> Iterable[Facts]:
    return islice(_all_minutes(call, subject, history), _MINUTES)


def _all_minutes(call: Call, subject: Subject, history: WarrantHistory) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    calendar, moment = market.calendar(instrument), market.moment(instrument, call.now)
    step = _MINUTES_OF[call.arguments.get("interval", "1m")]
    width = step * 60 // TICK_SECONDS
    day, until = moment.day, call.now
    with_past = call.arguments.get("include_past_days", "true") == "true"
    while day >= history.terms.listed_since:
        session = market.session(instrument, day)
        levels = history.levels(day, len(session.prices))
        known = moment.ticks if day == moment.day else len(session.prices)
        volatility = history.historical_volatility(day, _PERIODS[-1])
        for candle in market.minutes(instrument, call.now, until=until, count=len(session.prices), step=step):
            first = int((candle.start - calendar.time_of(day, 0)).total_seconds()) // TICK_SECONDS
            end = min(first + width, known)
            facts = candle_facts(candle, subject.quote.previous_close)
            yield {
                **facts,
                **state(history, day, levels[end - 1], candle.close),
                "volume": session.until(end).volume,
                "historical_volatility": Decimal(volatility * 100).quantize(Decimal("0.01")),
            }
        if not with_past:
            return
        day = calendar.before(day)
        until = calendar.time_of(day, len(market.session(instrument, day).prices) - 1)


def _days(call: Call, subject: Subject, history: WarrantHistory) -> Iterable[Facts]:
    for candle, previous in _day_candles(call, subject):
        day = candle.start.date()
        facts = candle_facts(candle, previous)
        level = _level(subject, history, day)
        volatilities = {
            f"historical_volatility_{count}_day": Decimal(history.historical_volatility(day, count) * 100).quantize(
                Decimal("0.01")
            )
            for count in _PERIODS
        }
        yield {**facts, **state(history, day, level, candle.close), **volatilities}


def _lp_days(call: Call, subject: Subject) -> Iterable[Facts]:
    market, history = subject.market, subject.market.warrant(subject.instrument)
    assert history is not None
    for candle, previous in _day_candles(call, subject):
        day = candle.start.date()
        bar = market.history(subject.instrument).bar(day)
        whole = bar.volume if bar else candle.volume
        average = (candle.turnover / candle.volume).quantize(Decimal("0.01")) if candle.volume else Decimal(0)
        level = _level(subject, history, day)
        yield {
            **candle_facts(candle, previous),
            **lp_day(history, day, candle.volume, whole),
            "lp_sell_average_price": average,
            "lp_buy_average_price": average,
            "approach_rate": state(history, day, level, candle.close)["approach_rate"],
        }


def _day_candles(call: Call, subject: Subject) -> Iterator[tuple[Candle, Decimal]]:
    """Each with the close before it, or its own open on the first day; newest first."""
    candles = subject.market.days(subject.instrument, call.now, until=subject.quote.day, count=_DAYS + 1)
    for candle, before in zip(candles[:_DAYS], [*candles[1:], None], strict=False):
        yield candle, before.close if before else candle.open


def _level(subject: Subject, history: WarrantHistory, day: date) -> int:
    """Of the underlying: now, or at a past day's close."""
    moment = subject.market.moment(subject.instrument, subject.now)
    if day == moment.day:
        ticks = subject.market.calendar(subject.instrument).ticks_a_day
        return history.levels(day, ticks)[moment.ticks - 1]
    bar = history.underlying_bar(day)
    assert bar is not None
    return bar.close


WARRANT_TRENDS: Mapping[str, Callable[[World, Call], Answer]] = {
    **dict.fromkeys(
        (
            "elw_indicator_trend_ccnl",
            "elw_sensitivity_trend_ccnl",
            "elw_volatility_trend_ccnl",
            "elw_volatility_trend_tick",
        ),
        trades,
    ),
    **dict.fromkeys(("elw_indicator_trend_minute", "elw_volatility_trend_minute"), minutes),
    **dict.fromkeys(("elw_indicator_trend_daily", "elw_sensitivity_trend_daily", "elw_volatility_trend_daily"), days),
    "elw_lp_trade_trend": lp_days,
}
