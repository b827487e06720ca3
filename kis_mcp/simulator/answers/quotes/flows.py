"""Who bought and sold a whole market: the sum over its stocks."""

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import cast

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.indices import View, index_levels
from kis_mcp.simulator.answers.quotes.quotations import flows_of
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_MARKETS = {"kospi": "0001", "kosdaq": "1001"}
_DAYS = 30


def market_days(world: World, call: Call) -> Answer:
    """The index and the flows of each day up to the one that was asked for, newest first."""
    view = View(world, call, indices()[_MARKETS[call.arguments["market"]]])
    days = view.days(min(call.day("date") or view.day, view.day), _DAYS + 1)
    rows: list[Facts] = []
    for day, before in pairwise(days):
        on = day.start.date()
        levels = index_levels(day, before.close)
        rows.append({**levels, "previous_close": before.close, **_flows(world, call, view, on)})
    return {"output": rows}


def market_now(world: World, call: Call) -> Answer:
    """The flows of today so far; of stock markets only."""
    code = _MARKETS.get(call.arguments["segment"])
    if code is None:
        return {}
    view = View(world, call, indices()[code])
    return {"output": [_flows(world, call, view, view.day)]}


def _flows(world: World, call: Call, view: View, day: date) -> Facts:
    """In thousand shares and million won."""
    total: Counter[str] = Counter()
    for member in view.index.members:
        (candle,) = world.market.days(member, call.now, until=day, count=1)
        flows = flows_of(Subject(world.market, member, call.now), day, candle.volume, candle.turnover)
        total.update(cast("dict[str, int]", flows))
    return _in_thousands(total)


def _in_thousands(total: Counter[str]) -> Facts:
    """Shares in thousands; the individuals' net takes what rounding leaves, so that the net flows cancel out."""
    facts: dict[str, object] = {}
    for name, amount in total.items():
        facts[name] = amount if name.endswith("turnover") else int(Decimal(amount) / 1000)
    for unit in ("quantity", "volume"):
        others = sum(cast("int", facts[f"{who}_net_buy_{unit}"]) for who in ("foreign", "institution"))
        facts[f"individual_net_buy_{unit}"] = -others
    return facts
