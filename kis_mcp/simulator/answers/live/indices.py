"""Indices of the Korean exchange: their levels, what auctions would make of them, and programme trade in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.simulator.answers.live.auctions import is_told, sessions_ends
from kis_mcp.simulator.answers.live.days import days_near, is_within
from kis_mcp.simulator.answers.live.source import Elements, Source, written
from kis_mcp.simulator.answers.live.ticks import ticks_between
from kis_mcp.simulator.answers.quotes.auctions import index_facts
from kis_mcp.simulator.answers.quotes.flows import INDEX_OF
from kis_mcp.simulator.answers.quotes.indices import View, index_levels
from kis_mcp.simulator.answers.quotes.programmes import market_facts
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.market.auctions import STEPS, auction_of
from kis_mcp.simulator.market.indices import Index, indices
from kis_mcp.simulator.world import World

_MARKETS = {code: market for market, code in INDEX_OF.items()}
"""Indices of whole markets, whose programme trade KIS tells."""

Happenings: TypeAlias = Callable[[World, Index, datetime, datetime], Sequence[tuple[datetime, Facts]]]
"""What is told of an index after one time until another, oldest first."""


@dataclass(frozen=True, slots=True)
class IndexFeed:
    """Records of one index."""

    tr_id: str
    happenings: Happenings

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        index = indices().get(key)
        if index is None:
            return ()
        return [
            written(self.tr_id, {"industry_code": key, "trade_time": at.timetz()}, facts)
            for at, facts in self.happenings(world, index, since, until)
        ]

    def is_known(self, world: World, key: str, now: datetime) -> bool:  # noqa: ARG002
        """Whether it is an index of the exchange."""
        return key in indices()


def levels(world: World, index: Index, since: datetime, until: datetime) -> Sequence[tuple[datetime, Facts]]:
    """Where it stands at each tick."""
    ticks = ticks_between(world.market.calendar(index.members[0]), since, until)
    return [(at, _level(View(world, at, index))) for at in ticks]


def programmes(world: World, index: Index, since: datetime, until: datetime) -> Sequence[tuple[datetime, Facts]]:
    """What programmes have bought and sold in its market at each tick; nothing of a sector."""
    market = _MARKETS.get(index.code)
    if market is None:
        return []
    ticks = ticks_between(world.market.calendar(index.members[0]), since, until)
    return [(at, _programme(View(world, at, index), market)) for at in ticks]


def auctions(world: World, index: Index, since: datetime, until: datetime) -> Sequence[tuple[datetime, Facts]]:
    """What the auctions of its members would make of it."""
    first, found = index.members[0], list[tuple[datetime, Facts]]()
    for day in days_near(world, first, (since, until)):
        for which, ends in sessions_ends(world, first, day):
            if not is_told(ends, STEPS, (since, until)):
                continue
            each = [auction_of(world.market, member, day, which) for member in index.members]
            for steps in zip(*(one.steps for one in each), strict=True):
                if is_within(steps[0].at, (since, until)):
                    found.append((steps[0].at, index_facts(index, each, steps)))
    return sorted(found, key=lambda pair: pair[0])


def _level(view: View) -> Facts:
    today, before = view.today, view.yesterday.close
    then = view.market.today(view.index, view.day, view.ticks - 1) if view.ticks > 1 else None
    told = index_levels(today, before)
    earlier = index_levels(then, before) if then else {"volume": 0, "turnover": 0, "index_price": before}
    sums = {f"trade_{name}": int(str(told[name])) - int(str(earlier[name])) for name in ("volume", "turnover")}
    return {
        **told,
        **view.range(),
        **view.counts(),
        **sums,
        "change_rate": told["index_change_rate"],
        "tick_change": today.close - Decimal(str(earlier["index_price"])),
        "trade_time": view.now.timetz(),
    }


def _programme(view: View, market: str) -> Facts:
    """The names that REST APIs have, and those of the live record."""
    facts = market_facts(view.world, market, view.today, view.day, view.ticks)
    told = index_levels(view.today, view.yesterday.close)
    trades = {
        f"{name.removesuffix(ending)}_trade_{instead}": value
        for name, value in facts.items()
        for ending, instead in (("_volume", "volume"), ("_turnover", "amount"))
        if name.endswith(ending)
    }
    sums = {f"total_{side}_quantity": facts[f"total_{side}_volume"] for side in ("buy", "sell")}
    return {**facts, **trades, **sums, "volume": told["volume"], "turnover": told["turnover"]}


INDICES: Mapping[str, Source] = {
    "H0UPCNT0": IndexFeed("H0UPCNT0", levels),
    "H0UPANC0": IndexFeed("H0UPANC0", auctions),
    "H0UPPGM0": IndexFeed("H0UPPGM0", programmes),
}
