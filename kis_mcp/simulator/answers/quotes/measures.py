"""What rankings compare: measures of one instrument over its day, its past days or its last minutes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, takewhile

from kis_mcp.simulator.answers.quotes.subject import Fact, Facts, Subject
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.market import percent

_HUNDRED = Decimal(100)
_AVERAGES = (5, 10, 20, 60, 120)


def closes(subject: Subject, count: int) -> Sequence[Decimal]:
    """The price and the closes of the days before, newest first."""
    days = subject.market.days(subject.instrument, subject.now, until=subject.quote.day, count=count)
    return [day.close for day in days]


def since(subject: Subject, days: int) -> Facts:
    """How far the price has come in so many days; nothing where no days are asked for."""
    past = closes(subject, days + 1)
    if not days or len(past) <= days:
        return {}
    base = past[days]
    change = past[0] - base
    rate = percent(change, base)
    return {
        "period_change": change,
        "period_change_rate": rate,
        "base_price": base,
        "change_from_base_price": change,
        "change_from_base_price_rate": rate,
    }


def averages(subject: Subject, days: int) -> Facts:
    """The volume and turnover of a usual day, over so many before today, and how today's differ."""
    past = subject.market.days(subject.instrument, subject.now, until=subject.quote.day, count=days + 1)[1:]
    if not past:
        return {}
    volume = Decimal(sum(day.volume for day in past)) / len(past)
    turnover = sum((day.turnover for day in past), Decimal(0)) / len(past)
    return {
        "average_volume": int(volume),
        "average_turnover": turnover.quantize(Decimal(1)),
        "volume_growth_rate": percent(subject.quote.volume - volume, volume),
    }


def lately(subject: Subject, minutes: int) -> Facts:
    """What has happened in the last minutes of the session."""
    market, instrument = subject.market, subject.instrument
    moment = market.moment(instrument, subject.now)
    session = market.session(instrument, moment.day)
    then = max(moment.ticks - minutes * 60 // TICK_SECONDS, 1)
    before, now = session.until(then), session.until(moment.ticks)
    bought = session.bought_until(moment.ticks) - session.bought_until(then)
    base, traded = instrument.price(before.close), now.volume - before.volume
    change = subject.quote.price - base
    return {
        "base_price": base,
        "change_from_base_price": change,
        "change_from_base_price_rate": percent(change, base),
        "reference_volume": before.volume,
        "volume_increase": traded,
        "volume_growth_rate": percent(Decimal(traded), Decimal(before.volume)),
        "trade_strength": percent(Decimal(bought), Decimal(traded - bought)),
    }


def extreme(subject: Subject, side: str, days: int) -> Facts:
    """The highest or lowest price of the days before today, and how far the price is beyond it."""
    past = subject.market.days(subject.instrument, subject.now, until=subject.quote.day, count=days + 1)[1:]
    base = max(day.high for day in past) if side == "high" else min(day.low for day in past)
    change = subject.quote.price - base
    return {
        "base_price": base,
        "change_from_base_price": change,
        "change_from_base_price_rate": percent(change, base),
    }


def bought(subject: Subject) -> int:
    """What of the day's volume was traded at the ask."""
    moment = subject.market.moment(subject.instrument, subject.now)
    return subject.market.session(subject.instrument, moment.day).bought_until(moment.ticks)


def sold(subject: Subject) -> int:
    """What of the day's volume was traded at the bid."""
    return subject.quote.volume - bought(subject)


def _from(name: str) -> Fact:
    """How far the price is from another of the day, in percent."""

    def rate(subject: Subject) -> Decimal:
        base: Decimal = getattr(subject.quote, name)
        return percent(subject.quote.price - base, base)

    return rate


def _time_of(side: str) -> Fact:
    """When the day's highest or lowest price was first traded."""

    def time(subject: Subject) -> object:
        market, instrument = subject.market, subject.instrument
        day = subject.quote.day
        units = instrument.units(getattr(subject.quote, side))
        tick = market.session(instrument, day).first_at(units or 0)
        return market.calendar(instrument).time_of(day, tick).timetz()

    return time


def _run(sign: int) -> Fact:
    """How many days in a row the close has risen, or fallen."""

    def count(subject: Subject) -> int:
        past = closes(subject, 30)
        steps = ((new - old) * sign for new, old in pairwise(past))
        return len(list(takewhile(lambda step: step > 0, steps)))

    return count


def _disparity(days: int) -> Fact:
    """The price in percent of its moving average."""

    def rate(subject: Subject) -> Decimal:
        past = closes(subject, days)
        return percent(past[0] * len(past), sum(past, Decimal(0)))

    return rate


def _sizes(subject: Subject, side: str) -> Decimal:
    levels = subject.book.asks if side == "ask" else subject.book.bids
    return Decimal(sum(level.quantity for level in levels))


def _market_value(subject: Subject) -> Decimal:
    return subject.quote.price * subject.shares


MEASURES: Mapping[str, Fact] = {
    "change_from_open_rate": _from("open"),
    "change_from_high_rate": _from("high"),
    "change_from_low_rate": _from("low"),
    "high_time": _time_of("high"),
    "low_time": _time_of("low"),
    "consecutive_rise_days": _run(1),
    "consecutive_fall_days": _run(-1),
    "buy_trade_volume_total": bought,
    "buy_trade_volume": bought,
    "sell_trade_volume_total": sold,
    "sell_trade_volume": sold,
    "trade_strength": lambda s: percent(Decimal(bought(s)), Decimal(sold(s))),
    "today_trade_strength": lambda s: percent(Decimal(bought(s)), Decimal(sold(s))),
    "total_net_bid_quantity": lambda s: int(_sizes(s, "bid") - _sizes(s, "ask")),
    "bid_quantity_rate": lambda s: percent(_sizes(s, "bid"), _sizes(s, "ask")),
    "ask_quantity_rate": lambda s: percent(_sizes(s, "ask"), _sizes(s, "bid")),
    "new_high": lambda s: s.highest[0],
    "new_low": lambda s: s.lowest[0],
    "turnover_to_market_cap_rate": lambda s: percent(s.quote.turnover, _market_value(s)),
    "high_to_low_rate": lambda s: percent(s.quote.high - s.quote.low, s.quote.low),
    **{f"disparity_{days}_day": _disparity(days) for days in _AVERAGES},
}
"""By readable name. A trade is a buy where it happened at the ask; trade strength is buys in percent of sells."""
