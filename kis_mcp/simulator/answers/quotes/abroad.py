"""Charts of the world: indices abroad, exchange rates, yields, gold and oil."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.quotations import joined, period
from kis_mcp.simulator.answers.quotes.subject import Facts, direction
from kis_mcp.simulator.market.abroad import Series, series
from kis_mcp.simulator.market.history import FIRST_DAY
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_ROWS = 100
_MINUTES = 102
_DAYS_EACH: Mapping[str, int] = {"day": 1, "week": 5, "month": 23, "year": 262}


def world_days(world: World, call: Call) -> Answer:
    """Candles of days, weeks, months or years between two days, newest first, and where the thing stands."""
    found = _series(world, call)
    if found is None:
        return {}
    interval = call.arguments.get("interval", "day")
    until = min(call.day("end_date") or date.max, _today(found, call.now))
    start = max(call.day("start_date") or FIRST_DAY, FIRST_DAY)
    first = _first_day(start, interval)
    most = min(_ROWS * _DAYS_EACH[interval], max((until - first).days + 1, 0))
    candles: Sequence[Candle] = found.days(call.now, until=until, count=most)
    candles = [candle for candle in candles if candle.start.date() >= first]
    if interval != "day":
        candles = [joined(list(group)) for _, group in groupby(candles, lambda candle: period(candle, interval))]
    rows = [_row(found, candle) for candle in candles[:_ROWS] if candle.start.date() >= start]
    return {"output1": _summary(found, call), "output2": rows}


def world_minutes(world: World, call: Call) -> Answer:
    """Candles of the last minutes, newest first, and where the thing stands; nothing is traded outside sessions."""
    found = _series(world, call)
    if found is None:
        return {}
    candles = [] if call.arguments.get("session") == "extended" else list(_minutes(found, call))
    return {"output1": _summary(found, call), "output2": [_row(found, candle) for candle in candles]}


def _series(world: World, call: Call) -> Series | None:
    return series(world.market, world.indices, call.text("FID_INPUT_ISCD"), call.now.date())


def _first_day(day: date, interval: str) -> date:
    """Of the week, month or year of a day."""
    firsts = {
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }
    return firsts.get(interval, day)


def _today(found: Series, now: datetime) -> date:
    return found.calendar().moment(now).day


def _minutes(found: Series, call: Call) -> Iterable[Candle]:
    """Today's, and where they are too few the day before's, if the caller wants those."""
    today = _today(found, call.now)
    candles = found.minutes(call.now, until=call.now, count=_MINUTES)
    if call.arguments.get("include_past") != "true" or len(candles) in (0, _MINUTES):
        return candles
    calendar = found.calendar()
    end = datetime.combine(calendar.before(today), time(23, 59, 59), candles[0].start.tzinfo)
    return [*candles, *found.minutes(call.now, until=end, count=_MINUTES - len(candles))]


def _summary(found: Series, call: Call) -> Facts:
    today, before = found.days(call.now, until=_today(found, call.now), count=2)
    change = today.close - before.close
    return {
        **_row(found, today),
        "symbol": call.text("FID_INPUT_ISCD"),
        "name": found.name_ko,
        "price": today.close,
        "previous_close": before.close,
        "previous_volume": found.volume(before),
        "change": change,
        "change_rate": percent(change, before.close),
        "price_direction": direction(change),
    }


def _row(found: Series, candle: Candle) -> Facts:
    return {
        "trade_date": candle.start.date(),
        "trade_time": candle.start.timetz(),
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": found.volume(candle),
        "modified": False,
    }
