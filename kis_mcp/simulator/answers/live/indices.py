"""Indices of the Korean exchange: their levels, what auctions would make of them, and programme trade in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.simulator.answers.live.auctions import has_step, sessions_ends
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
"""What is said of an index after one time until another, oldest first."""


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
    """What the auctions of its members would make of it; all would trade at once."""
    first, found = index.members[0], list[tuple[datetime, Facts]]()
    for day in days_near(world, first, (since, until)):
        for which, ends in sessions_ends(world, first, day):
            if not has_step(ends, STEPS, (since, until)):
                continue
            each = [auction_of(world.market, member, day, which) for member in index.members]
            for steps in zip(*(one.steps for one in each), strict=True):
                if is_within(steps[0].at, (since, until)):
                    facts = index_facts(index, each, steps)
                    sums = {f"trade_{name}": facts[name] for name in ("volume", "turnover")}
                    found.append((steps[0].at, {**facts, **sums}))
    return sorted(found, key=lambda pair: pair[0])


def _level(view: View) -> Facts:
    """With what a tick has added to the day."""
    before = view.yesterday.close
    now = index_levels(view.today, before)
    then: Facts = {"volume": 0, "turnover": 0, "index_price": before}
    if view.ticks > 1:
        then = index_levels(view.market.today(view.index, view.day, view.ticks - 1), before)
    sums = {f"trade_{name}": int(str(now[name])) - int(str(then[name])) for name in ("volume", "turnover")}
    return {
        **now,
        **view.range(),
        **view.counts(),
        **sums,
        "change_rate": now["index_change_rate"],
        "tick_change": view.today.close - Decimal(str(then["index_price"])),
    }


def _programme(view: View, market: str) -> Facts:
    """The names that REST APIs have, and those of the live record."""
    facts = market_facts(view.world, market, view.today, view.day, view.ticks)
    level = index_levels(view.today, view.yesterday.close)
    trades = {
        f"{name.removesuffix(ending)}_trade_{instead}": value
        for name, value in facts.items()
        for ending, instead in (("_volume", "volume"), ("_turnover", "amount"))
        if name.endswith(ending)
    }
    sums = {f"total_{side}_quantity": facts[f"total_{side}_volume"] for side in ("buy", "sell")}
    return {**facts, **trades, **sums, "volume": level["volume"], "turnover": level["turnover"]}


INDICES: Mapping[str, Source] = {
    "H0UPCNT0": IndexFeed("H0UPCNT0", levels),
    "H0UPANC0": IndexFeed("H0UPANC0", auctions),
    "H0UPPGM0": IndexFeed("H0UPPGM0", programmes),
}
