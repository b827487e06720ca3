"""ETF: their net asset value beside their price, and what they hold."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, candle_facts
from kis_mcp.simulator.answers.quotes.net_assets import component_count, fund_facts, gap, nav_facts, value_facts, won
from kis_mcp.simulator.answers.quotes.quotations import record
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import fund_terms
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CASH, _CASH_NAME = "KRD010010001", "원화현금"
_HUNDRED_MILLION = 100_000_000
_DAYS, _STEPS = 100, 30
_MINUTES = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "15m": 15, "20m": 20, "30m": 30, "60m": 60, "120m": 120}


def now(world: World, call: Call) -> Answer:
    """The price and the net asset value."""
    subject, history = _fund(world, call)
    if subject is None or history is None:
        return {}
    return {"output1": record(call.api.blocks[0], subject), "output2": nav_facts(subject, history)}


def days(world: World, call: Call) -> Answer:
    """The closes of both within the asked days, newest first."""
    subject, history = _fund(world, call)
    return {"output": list(_days(call, subject, history))} if subject and history else {}


def stretches(world: World, call: Call) -> Answer:
    """Both at the end of stretches of today, newest first."""
    subject, history = _fund(world, call)
    return {"output": list(_stretches(call, subject, history))} if subject and history else {}


def constituents(world: World, call: Call) -> Answer:
    """What one creation unit holds: whole shares of each member of its index, and cash, which makes its value whole.

    Funds that hold contracts or a foreign fund show their value only.
    """
    subject, history = _fund(world, call)
    if subject is None or history is None:
        return {}
    facts = fund_facts(subject, {"nav"})
    rows = list(_held(world, call, subject, facts)) if component_count(subject) else []
    whole = sum(int(str(row["etf_component_market_cap"] or 0)) for row in rows) // 10_000
    fund = {**facts, "etf_component_market_cap": whole if rows else None, "etf_component_count": len(rows) or None}
    return {"output1": FactSheet(subject, fund), "output2": rows}


def _held(world: World, call: Call, subject: Subject, facts: Facts) -> Iterable[Facts]:
    terms = fund_terms()[subject.instrument.symbol]
    index = indices()[terms.follows]
    # A unit is worth this part of all the index' shares at any prices.
    part = Decimal(subject.instrument.base_units * terms.creation_unit) / index.worth
    value = (Decimal(str(facts["nav"])) * terms.creation_unit).quantize(Decimal(1))
    rows: list[tuple[Decimal, Subject, int]] = []
    for member in index.members:
        held = int(member.listed_shares * part)
        stock = Subject(world.market, member, call.now)
        rows.append((stock.quote.price * held, stock, held))
    rows.sort(key=lambda row: row[0], reverse=True)
    for worth, stock, held in rows:
        yield FactSheet(
            stock,
            {
                "etf_component_market_cap": worth,
                "etf_component_valuation_amount": stock.quote.previous_close * held,
                "etf_component_share": percent(worth, value),
                "today_change_rate": percent(stock.quote.high - stock.quote.low, stock.quote.previous_close),
            },
        )
    cash = value - sum((worth for worth, _, _ in rows), Decimal(0))
    yield {
        "symbol": _CASH,
        "name": _CASH_NAME,
        "etf_component_valuation_amount": cash,
        "etf_component_market_cap": cash,
        "etf_component_share": percent(cash, value),
    }


def _days(call: Call, subject: Subject, history: FundHistory) -> Iterable[Facts]:
    until = min(call.day("end_date") or subject.quote.day, subject.quote.day)
    start = call.day("start_date") or date.min
    candles = subject.market.days(subject.instrument, call.now, until=until, count=_DAYS + 1)
    now = nav_facts(subject, history)
    for candle, before in zip(candles[:_DAYS], [*candles[1:], None], strict=False):
        day = candle.start.date()
        if day < start:
            return
        nav = value_facts(history.nav_before(day + timedelta(days=1)), history.nav_before(day))
        if day == subject.quote.day:
            nav = now
        price = candle_facts(candle, before.close if before else candle.open)
        yield {**price, **nav, **gap(candle.close, Decimal(str(nav["nav"])))}


def _stretches(call: Call, subject: Subject, history: FundHistory) -> Iterable[Facts]:
    market, instrument = subject.market, subject.instrument
    moment, width = market.moment(instrument, call.now), _MINUTES[call.arguments["interval"]] * 60 // TICK_SECONDS
    session = market.session(instrument, moment.day)
    levels = history.levels(moment.day, len(session.prices))
    before = history.nav_before(moment.day)
    candles = market.minutes(instrument, call.now, until=call.now, count=_STEPS, step=width * TICK_SECONDS // 60)
    opening = market.calendar(instrument).time_of(moment.day, 0)
    for candle in candles:
        first = int((candle.start - opening).total_seconds()) // TICK_SECONDS
        end = min(first + width, moment.ticks)
        nav = history.nav(moment.day, levels[end - 1])
        price = candle_facts(candle, subject.quote.previous_close)
        so_far: Facts = {"volume": session.until(end).volume}
        yield {**price, **so_far, **value_facts(nav, before), **gap(candle.close, won(nav))}


def _fund(world: World, call: Call) -> tuple[Subject | None, FundHistory | None]:
    subject = subject_of(world, call)
    return subject, subject and world.market.fund(subject.instrument)


FUNDS: Mapping[str, Callable[[World, Call], Answer]] = {
    "etfetn_nav_comparison_trend": now,
    "etfetn_nav_comparison_daily_trend": days,
    "etfetn_nav_comparison_time_trend": stretches,
    "etfetn_inquire_component_stock_price": constituents,
}
