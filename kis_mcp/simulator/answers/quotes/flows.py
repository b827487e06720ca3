"""What investors bought and sold: of one stock by day and hour, and of whole markets, the sums over their stocks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import cast

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.indices import View, index_levels
from kis_mcp.simulator.answers.quotes.investors import investor_facts
from kis_mcp.simulator.answers.quotes.quotations import record, rows
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.market.investors import by_group, flows, in_units
from kis_mcp.simulator.market.traded import MILLION, traded
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

INDEX_OF = {"kospi": "0001", "kosdaq": "1001"}
_THOUSAND = 1_000
_DAYS = 30
_SEGMENTS = {"kospi": "kospi", "kosdaq": "kosdaq", "etf": "etf", "etn": "etn", "elw": "warrant"}
"""Segments of the stock exchange → the names of their totals."""

_ROUNDS = (
    ("1", time(9, 30), "foreign"),
    ("2", time(10, 0), "institution"),
    ("3", time(11, 20), "both"),
    ("4", time(13, 20), "both"),
    ("5", time(14, 30), "both"),
)
"""KIS' rounds of estimates of a day, when they are entered and for whom."""


def stock_days(world: World, call: Call) -> Answer:
    """A stock and its days; the turnover, too, is in million won here."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    summary, days = call.api.blocks
    sheets = cast("Sequence[FactSheet]", rows(call, days, subject))
    return {
        summary.key: record(summary, subject),
        days.key: [sheet.with_facts(turnover=int(cast("Decimal", sheet["turnover"]) / MILLION)) for sheet in sheets],
    }


def estimates(world: World, call: Call) -> Answer:
    """What foreigners and institutions had bought on balance at KIS' rounds of today, the newest first."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    market, instrument, day = subject.market, subject.instrument, subject.quote.day
    last = {"foreign": 0, "institution": 0}
    found: list[Facts] = []
    for number, clock, whose in _ROUNDS:
        at = datetime.combine(day, clock, KST)
        if at > call.now:
            break
        until = market.calendar(instrument).moment(at).ticks
        net = by_group(flows(market, instrument, traded(market, instrument, day, until)))
        last |= {who: net[who].net for who in last if whose in (who, "both")}
        found.append(
            {
                "estimate_round": number,
                "foreign_estimated_net_buy_quantity": last["foreign"],
                "institution_estimated_net_buy_quantity": last["institution"],
                "total_estimated_net_buy_quantity": sum(last.values()),
            }
        )
    return {"output2": found[::-1]}


def market_days(world: World, call: Call) -> Answer:
    """The index and the flows of each day up to the one that was asked for, newest first."""
    market = call.arguments["market"]
    view = View(world, call.now, indices()[INDEX_OF[market]])
    days = view.days(min(call.day("date") or view.day, view.day), _DAYS + 1)
    found: list[Facts] = []
    for day, before in pairwise(days):
        on = day.start.date()
        shown = in_units(world.totals.flows(market, on, view.ticks if on == view.day else None), _THOUSAND, MILLION)
        levels = index_levels(day, before.close)
        found.append({**levels, "previous_close": before.close, **investor_facts(shown)})
    return {"output": found}


def market_now(world: World, call: Call) -> Answer:
    """The flows of today so far, of stocks, funds and warrants; nothing of futures and options."""
    name = _SEGMENTS.get(call.arguments["segment"], "")
    members = world.totals.members(name)
    if not members:
        return {}
    moment = world.market.moment(members[0], call.now)
    shown = in_units(world.totals.flows(name, moment.day, moment.ticks), _THOUSAND, MILLION)
    return {"output": [investor_facts(shown)]}


FLOWS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_investor_trade_by_stock_daily": stock_days,
    "domestic_stock_investor_trend_estimate": estimates,
    "domestic_stock_inquire_investor_daily_by_market": market_days,
    "domestic_stock_inquire_investor_time_by_market": market_now,
}
