"""Trading days and market hours as the exchanges keep them."""

from datetime import date, time, timedelta

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.market.holidays import is_covered, trades_on, trading_day
from kis_mcp.simulator.market.places import Home, exchanges
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_DAYS = 25
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FUTURES_OPEN, _FUTURES_CLOSE = time(8, 45), time(15, 45)


def holidays(world: World, call: Call) -> Answer:  # noqa: ARG001
    """The days from a date on, with what is open on each."""
    first = call.day("date") or call.now.astimezone(KST).date()
    days = [first + timedelta(days=number) for number in range(_DAYS)]
    return {"output": [_day(day) for day in days if is_covered("KR", day)]}


def market_time(world: World, call: Call) -> Answer:  # noqa: ARG001
    """Today, the two business days before it and after it, and the hours of futures."""
    now = call.now.astimezone(KST)
    today = trading_day("KR", now.date() + timedelta(days=1), -1)
    days = [trading_day("KR", today, steps) for steps in (-2, -1, 0, 1, 2)]
    facts: Facts = {f"business_date_{number}": day for number, day in enumerate(days, start=1)}
    hours: Facts = {"market_open_time": _FUTURES_OPEN, "market_close_time": _FUTURES_CLOSE}
    return {"output1": {**facts, **hours, "current_date": now.date(), "current_time": now.timetz()}}


def settlement_days(world: World, call: Call) -> Answer:  # noqa: ARG001
    """When a day's trades abroad settle, of the exchanges that trade on it and whose holidays are known."""
    day = call.day("date") or call.now.date()
    abroad = [exchange for exchange in exchanges().values() if exchange.product_code]
    rows = [
        {
            "product_type_code": exchange.product_code,
            "country_code": exchange.home.code,
            "country_name": exchange.home.name_ko,
            "country_abbreviation": exchange.home.country,
            "market_code": exchange.market_code,
            "market_name": exchange.name_ko,
            **_settlement(exchange.home, day),
        }
        for exchange in abroad
        if is_covered(exchange.home.country, day) and trades_on(exchange.home.country, day)
    ]
    return {"output": rows}


def _settlement(home: Home, day: date) -> Facts:
    """A US day ends when Korea's next has begun; elsewhere both have the same day, or Korea its next that trades."""
    there = trading_day(home.country, day, home.settlement_days)
    here = trading_day("KR", there if home.country == "US" else there - timedelta(days=1), 1)
    return {"local_settlement_date": there, "korea_settlement_date": here}


def _day(day: date) -> Facts:
    """The year's last weekday is a banking day on which the exchange rests."""
    is_open = trades_on("KR", day)
    banks = is_open or ((day.month, day.day) == (12, 31) and day.weekday() < 5)
    return {
        "base_date": day,
        "weekday": _WEEKDAYS[day.weekday()],
        "business_day": banks,
        "transaction_day": banks,
        "market_open": is_open,
        "settlement_day": is_open,
    }
