"""Single candles as files have them, put together to the history of a symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.holidays import is_covered
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.own import OwnCandles
from kis_mcp.simulator.market.session import Bar


class WrongCandle(Exception):
    """A candle cannot be one of its symbol; ``where`` tells which, and ``column`` what is wrong with it."""

    def __init__(self, where: str, column: str, why: str) -> None:
        super().__init__(f"{where}, column {column}: {why}")


@dataclass(frozen=True, slots=True)
class FileCandle:
    """A candle of a day, or of a minute of the day in the exchange's time; ``where`` it stands, for errors."""

    where: str
    day: date
    minute: int | None
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    turnover: Decimal | None = None


def history_of(instrument: Instrument, calendar: Calendar, candles: Sequence[FileCandle]) -> OwnCandles:
    """The history that candles make, each day of its minutes where it has some.

    Raises:
        WrongCandle: One is no candle of the instrument, or they do not fit together.
    """
    minutes: dict[date, dict[int, Bar]] = {}
    days: dict[date, Bar] = {}
    where: dict[date, str] = {}
    for candle in candles:
        bar = _bar(instrument, candle)
        if not calendar.trades_on(candle.day):
            raise WrongCandle(candle.where, "date", f"{candle.day} is no trading day of {instrument.symbol}'s exchange")
        where.setdefault(candle.day, candle.where)
        its_minutes = minutes.setdefault(candle.day, {}) if candle.minute is not None else {}
        if candle.minute in its_minutes or (candle.minute is None and candle.day in days):
            raise WrongCandle(candle.where, "date", f"{instrument.symbol} has this candle twice")
        if candle.minute is None:
            days[candle.day] = bar
        else:
            its_minutes[_checked_minute(calendar, candle, candle.minute)] = bar
    for day, its_minutes in minutes.items():
        _join_close(calendar, day, its_minutes)
        total = _sum(its_minutes)
        if day in days and _without_turnover(days[day]) != _without_turnover(total):
            raise WrongCandle(where[day], "date", f"the candle of {day} is not the sum of its minutes")
        days[day] = total
    _check_days(instrument, calendar, days, where)
    whole = {
        day: DayBar(day, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover)
        for day, bar in sorted(days.items())
    }
    return OwnCandles(whole, minutes)


def _bar(instrument: Instrument, candle: FileCandle) -> Bar:
    prices = {name: getattr(candle, name) for name in ("open", "high", "low", "close")}
    units: dict[str, int] = {}
    for name, price in prices.items():
        if not instrument.on_tick(price):
            why = f"{price} is no price of {instrument.symbol}; use prices as they were traded, not adjusted ones"
            raise WrongCandle(candle.where, name, why)
        units[name] = instrument.units(price) or 0
    for name, is_right in (
        ("high", units["high"] == max(units.values())),
        ("low", units["low"] == min(units.values())),
    ):
        if not is_right:
            raise WrongCandle(candle.where, name, f"{prices[name]} is not the {name}est of open, high, low and close")
    if candle.minute is None and candle.volume == 0:
        raise WrongCandle(candle.where, "volume", "nothing was traded; leave out the days without trade at both ends")
    if candle.turnover is None:
        turnover = sum(units.values()) * candle.volume // 4
    else:
        turnover = int(candle.turnover.scaleb(instrument.decimals))
        if not units["low"] * candle.volume <= turnover <= units["high"] * candle.volume:
            raise WrongCandle(candle.where, "turnover", f"{candle.turnover} is not the volume at prices of this candle")
    return Bar(units["open"], units["high"], units["low"], units["close"], candle.volume, turnover)


def _checked_minute(calendar: Calendar, candle: FileCandle, minute: int) -> int:
    """The minute itself, while the exchange trades or when it closes."""
    first, close = _hours(calendar, candle.day)
    if not first <= minute <= close:
        clock = f"{minute // 60:02}:{minute % 60:02}"
        raise WrongCandle(candle.where, "time", f"the exchange does not trade in the minute that begins at {clock}")
    return minute


def _join_close(calendar: Calendar, day: date, minutes: dict[int, Bar]) -> None:
    """Let a candle at the close, that of the closing auction, be the end of the last minute."""
    _, close = _hours(calendar, day)
    if auction := minutes.pop(close, None):
        last = minutes.get(close - 1)
        minutes[close - 1] = _sum({0: last, 1: auction}) if last else auction


def _hours(calendar: Calendar, day: date) -> tuple[int, int]:
    """The minutes of the day at which its session opens and closes."""
    opens = calendar.time_of(day, 0)
    first = opens.hour * 60 + opens.minute
    return first, first + calendar.minutes_a_day


def _sum(minutes: Mapping[int, Bar]) -> Bar:
    bars = [bar for _, bar in sorted(minutes.items())]
    return Bar(
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum(bar.volume for bar in bars),
        sum(bar.turnover for bar in bars),
    )


def _without_turnover(bar: Bar) -> tuple[int, int, int, int, int]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


def _check_days(instrument: Instrument, calendar: Calendar, days: dict[date, Bar], where: Mapping[date, str]) -> None:
    """Refuse gaps and leaps. In years whose holidays are not known a missing day is one without trade.

    Raises:
        WrongCandle: A day is missing, or lies beyond its price limits.
    """
    for before, day in pairwise(sorted(days)):
        missing = calendar.after(before)
        while missing < day:
            if is_covered(instrument.country, missing):
                why = f"{instrument.symbol} has no candle of {missing}, a trading day before this one"
                raise WrongCandle(where[day], "date", why)
            close = days[before].close
            days[missing] = Bar(close, close, close, close, 0, 0)
            missing = calendar.after(missing)
        low, high = instrument.limits(days[before].close)
        for name, price, is_within in (
            ("high", days[day].high, days[day].high <= high),
            ("low", days[day].low, days[day].low >= low),
        ):
            if not is_within:
                limits = f"{instrument.price(low)} to {instrument.price(high)}"
                why = f"{instrument.price(price)} lies beyond that day's price limits, {limits}"
                raise WrongCandle(where[day], name, why)
