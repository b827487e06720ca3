"""Programme trading of stocks and of markets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import cast

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet
from kis_mcp.simulator.answers.quotes.flows import INDEX_OF
from kis_mcp.simulator.answers.quotes.indices import View, index_levels
from kis_mcp.simulator.answers.quotes.investors import programme_on, so_far
from kis_mcp.simulator.answers.quotes.members import tick_facts
from kis_mcp.simulator.answers.quotes.quotations import rows
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.market.investors import GROUPS
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.market.programmes import Programme
from kis_mcp.simulator.market.traded import MILLION, NOTHING, Flow, traded
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_THOUSAND = 1_000
_TICKS = 30
_MINUTES = 30
_DAYS = 30
_PROPRIETARY = "securities_firm"
"""Those whose programme trade is for their own account."""

_INVESTORS: Sequence[tuple[str, str, tuple[str, ...]]] = (
    ("7100", "기 타", ("other_org", "other_corp")),
    ("6000", "연기금등", ("pension_fund",)),
    ("5000", "기타금융", ("merchant_bank",)),
    ("2000", "보 험", ("insurance",)),
    ("4000", "은 행", ("bank",)),
    ("3100", "사 모", ("private_fund",)),
    ("3000", "투 신", ("investment_trust",)),
    ("1000", "금융투자", ("securities_firm",)),
    ("8888", "기 관", GROUPS["institution"]),
    ("8000", "개 인", ("individual",)),
    ("9100", "외국인", GROUPS["foreign"]),
)
"""KIS' code and name of an investor in programme trading, in its order, and the kinds that it means."""


def stock_ticks(world: World, call: Call) -> Answer:
    """Programme trade of a stock at its last ticks, newest first; changes are since the tick before."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    states = [
        (ticks, programme_until(subject, ticks))
        for ticks in range(subject.ticks, max(subject.ticks - _TICKS, 0) - 1, -1)
    ]
    return {
        "output": [
            {**tick_facts(subject, ticks), **_whole(flow, before)} for (ticks, flow), (_, before) in pairwise(states)
        ]
    }


def stock_days(world: World, call: Call) -> Answer:
    """Programme trade of a stock on each day; changes are since the day before."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    calendar = subject.market.calendar(subject.instrument)
    found: list[Facts] = []
    for sheet in cast("Sequence[FactSheet]", rows(call, call.api.blocks[0], subject)):
        start = cast("datetime", sheet["trade_date"])
        flow, before = (programme_on(subject, so_far(subject, day)) for day in (start, calendar.before(start)))
        found.append(sheet.with_facts(**_whole(flow, before)))
    return {"output": found}


def market_minutes(world: World, call: Call) -> Answer:
    """Programme trade of a market today as it stood at each of the last minutes, newest first."""
    market = call.arguments["market"]
    view = View(world, call.now, indices()[INDEX_OF[market]])
    calendar = world.market.calendar(view.index.members[0])
    newest = calendar.time_of(view.day, view.ticks - 1).replace(second=0)
    found: list[Facts] = []
    for minute in (newest - timedelta(minutes=back) for back in range(_MINUTES)):
        moment = calendar.moment(minute)
        if moment.day != view.day:
            break
        candle = world.indices.today(view.index, view.day, moment.ticks)
        levels = index_levels(candle, view.yesterday.close)
        traded_then = market_facts(world, market, candle, view.day, moment.ticks)
        found.append({**levels, **traded_then, "trade_time": minute.timetz()})
    return {"output1": found}


def market_days(world: World, call: Call) -> Answer:
    """Programme trade of a market on each day, newest first."""
    market = call.arguments["market"]
    view = View(world, call.now, indices()[INDEX_OF[market]])
    found: list[Facts] = []
    for candle in view.days(min(call.day("date") or view.day, view.day), _DAYS):
        day = candle.start.date()
        ticks = view.ticks if day == view.day else None
        found.append({"trade_date": day, **market_facts(world, market, candle, day, ticks)})
    return {"output": found}


def market_investors(world: World, call: Call) -> Answer:
    """Programme trade of a market today by investor, in thousand shares and million won."""
    market = call.arguments["market"]
    moment = world.market.moment(world.totals.members(market)[0], call.now)
    shown = _shown(world.totals.programmes(market, moment.day, moment.ticks))
    found: list[Facts] = []
    for code, name, kinds in _INVESTORS:
        programme = sum((shown[kind] for kind in kinds), Programme())
        facts: dict[str, object] = {"investor_type_code": code, "investor_type_name": name}
        for prefix, flow in (
            ("total", programme.whole),
            ("arb", programme.arbitrage),
            ("nonarb", programme.other),
        ):
            for side, shares, money in _sides(flow):
                facts |= {f"{prefix}_{side}_quantity": shares, f"{prefix}_{side}_amount": money}
        found.append(facts)
    return {"output1": found}


def programme_until(subject: Subject, ticks: int) -> Flow:
    """Programme trade of today after so many ticks."""
    if ticks == 0:
        return NOTHING
    return programme_on(subject, traded(subject.market, subject.instrument, subject.quote.day, ticks))


def _whole(flow: Flow, before: Flow) -> dict[str, object]:
    """In shares and won."""
    return {
        "total_sell_volume": flow.sold,
        "total_buy_volume": flow.bought,
        "total_net_buy_quantity": flow.net,
        "total_sell_turnover": flow.earned,
        "total_buy_turnover": flow.paid,
        "total_net_buy_turnover": flow.net_paid,
        "total_net_buy_volume_change": flow.net - before.net,
        "total_net_buy_turnover_change": flow.net_paid - before.net_paid,
    }


def _shown(made: Mapping[str, Programme]) -> Mapping[str, Programme]:
    """In thousand shares and million won."""
    return {kind: programme.in_units(_THOUSAND, MILLION) for kind, programme in made.items()}


def market_facts(world: World, market: str, candle: Candle, day: date, ticks: int | None) -> Facts:
    """A market's programme trade by purpose and account, with its part of all trade in percent.

    Args:
        candle: What its index says of all trade until then.
        ticks: How many ticks of the day have happened; None where all have.
    """
    shown = _shown(world.totals.programmes(market, day, ticks))
    own = shown[_PROPRIETARY]
    whole = sum(shown.values(), Programme())
    agency = Programme(whole.arbitrage - own.arbitrage, whole.other - own.other)
    volume, turnover = Decimal(candle.volume) / _THOUSAND, candle.turnover / MILLION
    facts: dict[str, object] = {}
    for account, programme in (("agency", agency), ("prop", own), ("total", whole)):
        for prefix, flow in (("arb_", programme.arbitrage), ("nonarb_", programme.other), ("", programme.whole)):
            for side, shares, money in _sides(flow):
                name = f"{prefix}{account}_{side}"
                quantity = f"{name}_quantity" if side == "net_buy" else f"{name}_volume"
                facts |= {
                    quantity: shares,
                    f"{quantity}_rate": percent(Decimal(shares), volume),
                    f"{name}_turnover": money,
                    f"{name}_turnover_rate": percent(Decimal(money), turnover),
                }
    return facts


def _sides(flow: Flow) -> Sequence[tuple[str, int, int]]:
    return (
        ("buy", flow.bought, flow.paid),
        ("sell", flow.sold, flow.earned),
        ("net_buy", flow.net, flow.net_paid),
    )


PROGRAMMES: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_program_trade_by_stock": stock_ticks,
    "domestic_stock_program_trade_by_stock_daily": stock_days,
    "domestic_stock_comp_program_trade_today": market_minutes,
    "domestic_stock_comp_program_trade_daily": market_days,
    "domestic_stock_investor_program_trade_today": market_investors,
}
