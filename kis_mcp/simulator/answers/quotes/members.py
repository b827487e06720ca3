"""What the exchange's members bought and sold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from typing import cast

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.facts import FactSheet, candle_facts
from kis_mcp.simulator.answers.quotes.investors import so_far
from kis_mcp.simulator.answers.quotes.quotations import rows
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.market.members import member_flows, members
from kis_mcp.simulator.market.traded import NOTHING, Flow, traded
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

ALL_FOREIGN = "99999"
"""KIS' code for all members that belong to houses abroad."""

_TOP = 5
_TICKS = 30
_TRADES = 100
_MARKETS = {"kospi": ("kospi",), "kosdaq": ("kosdaq",), "kospi200": ("kospi",), "elw": ("warrant",)}


def by_member(subject: Subject, day: date) -> Mapping[str, Flow]:
    """What each member bought and sold on a day, of today until now."""
    return member_flows(subject.market.seed, subject.instrument.symbol, so_far(subject, day))


def foreign_members(flows: Mapping[str, Flow]) -> Flow:
    """What those that belong to houses abroad bought and sold together."""
    return sum((flows[code] for code, member in members().items() if member.is_foreign), NOTHING)


def top_members(world: World, call: Call) -> Answer:
    """The members that bought and sold most today."""
    subject = subject_of(world, call)
    return {"output": top_facts(subject)} if subject else {}


def top_facts(subject: Subject) -> Facts:
    """The members that bought and sold most today; changes are since the tick before."""
    now, before = (_until(subject, subject.ticks - back) for back in (0, 1))
    volume = Decimal(subject.quote.volume)
    facts: dict[str, object] = {}
    for side, amount in (("sell", "sold"), ("buy", "bought")):
        best = sorted(now, key=lambda code, amount=amount: getattr(now[code], amount), reverse=True)[:_TOP]
        for place, code in enumerate(best, start=1):
            quantity: int = getattr(now[code], amount)
            facts |= {
                f"{side}_member_code_{place}": code,
                f"{side}_member_name_{place}": members()[code].name,
                f"{side}_member_quantity_{place}": quantity,
                f"{side}_member_share_{place}": percent(Decimal(quantity), volume),
                f"{side}_member_quantity_change_{place}": quantity - getattr(before[code], amount),
                f"{side}_member_foreign_{place}": members()[code].is_foreign,
            }
    foreign, earlier = foreign_members(now), foreign_members(before)
    return {
        **facts,
        "foreign_member_sell_quantity": foreign.sold,
        "foreign_member_sell_share": percent(Decimal(foreign.sold), volume),
        "foreign_member_buy_quantity": foreign.bought,
        "foreign_member_buy_share": percent(Decimal(foreign.bought), volume),
        "foreign_member_net_buy_quantity": foreign.net,
        "foreign_member_sell_quantity_change": foreign.sold - earlier.sold,
        "foreign_member_buy_quantity_change": foreign.bought - earlier.bought,
    }


def member_days(world: World, call: Call) -> Answer:
    """What one member bought and sold of a stock on each day."""
    subject, code = subject_of(world, call), call.arguments["broker"].zfill(5)
    if subject is None or code not in members():
        return {}
    days = cast("Sequence[FactSheet]", rows(call, call.api.blocks[0], subject))
    return {
        "output": [day.with_facts(**_bought(by_member(subject, cast("date", day["trade_date"]))[code])) for day in days]
    }


def foreign_ticks(world: World, call: Call) -> Answer:
    """What foreign members had bought and sold of a stock at its last ticks, newest first."""
    subject = subject_of(world, call)
    if subject is None:
        return {}
    states = [(ticks, foreign_members(_until(subject, ticks))) for ticks in _last_ticks(subject)]
    return {
        "output": [
            {
                **tick_facts(subject, ticks),
                "foreign_sell_volume": flow.sold,
                "foreign_buy_volume": flow.bought,
                "foreign_member_net_buy_quantity": flow.net,
                "foreign_net_buy_quantity_change": flow.net - before.net,
            }
            for (ticks, flow), (_, before) in pairwise(states)
        ]
    }


def member_ticks(world: World, call: Call) -> Answer:
    """The newest trades of a member, or of the foreign ones, in a stock or a market, and what they traded in all."""
    subject = subject_of(world, call)
    subjects = [subject] if subject else _market(world, call)
    code, least = call.arguments.get("broker", ALL_FOREIGN).zfill(5), int(call.arguments.get("min_volume", "0"))
    chosen = [c for c, member in members().items() if (member.is_foreign if code == ALL_FOREIGN else c == code)]
    whole = [by_member(s, s.quote.day)[c] for s in subjects for c in chosen]
    trades = (row for s in _newest_first(subjects) for row in _trades(*s, chosen, least))
    total = {"total_sell_quantity": sum(f.sold for f in whole), "total_buy_quantity": sum(f.bought for f in whole)}
    return {"output1": [total] if subjects else [], "output2": list(islice(trades, _TRADES))}


def tick_facts(subject: Subject, ticks: int) -> Facts:
    """A stock's price after so many ticks of today, and what was traded until then."""
    market, instrument, day = subject.market, subject.instrument, subject.quote.day
    bar = market.session(instrument, day).until(ticks)
    at, price = market.calendar(instrument).time_of(day, ticks - 1), instrument.price(bar.close)
    candle = Candle(at, price, price, price, price, bar.volume, instrument.amount(bar.turnover))
    return candle_facts(candle, subject.quote.previous_close)


def _until(subject: Subject, ticks: int) -> Mapping[str, Flow]:
    """What each member had bought and sold after so many ticks of today."""
    market, instrument = subject.market, subject.instrument
    if ticks == 0:
        return dict.fromkeys(members(), NOTHING)
    return member_flows(market.seed, instrument.symbol, traded(market, instrument, subject.quote.day, ticks))


def _last_ticks(subject: Subject) -> Iterable[int]:
    """Counts of ticks, the newest first, and the one before them all."""
    return range(subject.ticks, max(subject.ticks - _TICKS, 0) - 1, -1)


def _newest_first(subjects: Sequence[Subject]) -> Iterable[tuple[Subject, int]]:
    """Each stock's ticks, one tick of all stocks after the other."""
    last = max((subject.ticks for subject in subjects), default=0)
    return ((subject, ticks) for ticks in range(last, 0, -1) for subject in subjects)


def _trades(subject: Subject, ticks: int, chosen: Sequence[str], least: int) -> Iterable[Facts]:
    """What members bought or sold on balance at one tick, the last of them first."""
    now, before = _until(subject, ticks), _until(subject, ticks - 1)
    abroad = foreign_members(before).net
    found: list[Facts] = []
    for code in chosen:
        size = now[code].net - before[code].net
        change = size if members()[code].is_foreign else 0
        abroad += change
        if size and abs(size) >= least:
            found.append(
                {
                    **tick_facts(subject, ticks),
                    "member_name": members()[code].name,
                    "name": subject.instrument.name_ko,
                    "trade_volume": size,
                    "cumulative_net_buy_quantity": now[code].net,
                    "foreign_member_net_buy_quantity": abroad,
                    "foreign_net_buy_quantity_change": change,
                }
            )
    return reversed(found)


def _market(world: World, call: Call) -> Sequence[Subject]:
    names = _MARKETS.get(call.arguments.get("market", "all"), ("kospi", "kosdaq"))
    return [Subject(world.market, member, call.now) for name in names for member in world.totals.members(name)]


def _bought(flow: Flow) -> dict[str, object]:
    return {
        "total_sell_quantity": flow.sold,
        "total_buy_quantity": flow.bought,
        "net_buy_quantity": flow.net,
    }


MEMBERS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_inquire_member": top_members,
    "domestic_stock_inquire_member_daily": member_days,
    "domestic_stock_frgnmem_pchs_trend": foreign_ticks,
    "domestic_stock_frgnmem_trade_trend": member_ticks,
}
