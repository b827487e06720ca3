"""One rule that is kept: its watch, where its condition stands, and its firings."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from kis_mcp.alerts.ports import AlertStore, NamesOf, ReadPrice, Sleep
from kis_mcp.alerts.rules import Rule, describe, new_firing
from kis_mcp.catalog import Gap
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError, StorageError
from kis_mcp.streams import AT_ONCE, Evaluation, Simple, Watch, Watches, interests_of, interruptions, simple_parts

RETRY_SECONDS = 30.0
WATCHED, NOT_WATCHED = "watched", "not watched"


class KeptRule:
    """Follows the events of one rule until it ends. The arguments are those of `Keeper`."""

    def __init__(
        self,
        rule: Rule,
        store: AlertStore,
        watches: Watches,
        read_price: ReadPrice,
        name_of: NamesOf,
        channels: Sequence[str],
        *,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._rule = rule
        self._store = store
        self._watches = watches
        self._read_price = read_price
        self._name_of = name_of
        self._channels = channels
        self._clock = clock
        self._sleep = sleep
        self._evaluation = Evaluation(rule.condition)
        self._was_kept = self._evaluation.restore(rule.state)
        self._standing = ""

    async def run(self) -> None:
        """Watch, and watch again whenever KIS ends that, until the rule has ended. A rule that cannot be watched, for
        want of a slot, say, is tried again every half minute."""
        while self._is_active:
            try:
                why = await self._watch()
            except KisMcpError as error:
                if isinstance(error, StorageError):
                    raise
                why = error.what
            if self._is_active:
                self._standing = f"{NOT_WATCHED}: {why}"
                await self._store.keep_watching(self._rule.id, self._standing)
                await self._sleep(RETRY_SECONDS)

    async def _watch(self) -> str:
        """Watch until that is over or the rule has ended; why it is over."""
        watch = await self._watches.watch(interests_of(self._rule.condition))
        positions = watch.end() if watch.bell.is_heard else watch.start()
        arrived = asyncio.Event()
        stop = watch.listen(arrived.set)
        try:
            await self._follow(watch, positions, arrived)
            return watch.why_ended or "; ".join(feed.lost_because for feed in watch.feeds if feed.lost_because)
        finally:
            stop()
            if not watch.bell.is_heard and not watch.why_ended:
                await self._watches.unwatch(watch.id)

    @property
    def _is_active(self) -> bool:
        return self._rule.stage(self._clock()) == "active"

    async def _follow(self, watch: Watch, positions: dict[str, int], arrived: asyncio.Event) -> None:
        """Take the events of a watch until it is over or the rule has ended."""
        await self._keep_standing(watch)
        await self._catch_up()
        seen: set[Gap] = set()
        while self._is_active and not watch.why_ended and not any(feed.lost_because for feed in watch.feeds):
            arrived.clear()
            await self._keep_standing(watch)
            news = watch.read(positions, AT_ONCE, latest=False)
            positions = dict(news.positions)
            for arrival in news.arrivals:
                await self._fire(self._evaluation.take(arrival.event), after_gap=False)
            if news.lost or not seen.issuperset(news.gaps):
                seen = set(news.gaps)
                await self._catch_up()
            await self._keep_state()
            if self._is_active and positions == watch.end():
                await arrived.wait()

    async def _keep_standing(self, watch: Watch) -> None:
        """Write whether events can come, if that is not what was written last."""
        down = interruptions({feed.name: feed.outage for feed in watch.feeds})
        standing = f"{NOT_WATCHED}: {' '.join(down)}" if down else WATCHED
        if standing != self._standing:
            await self._store.keep_watching(self._rule.id, standing)
            self._standing = standing

    async def _catch_up(self) -> None:
        """Hold price tests against the present price: what happened while nobody watched fires late, not never."""
        prices = [price for part in _priced(self._rule) if (price := await self._read_price(part))]
        if self._was_kept:
            for price in prices:
                await self._fire(self._evaluation.take(price, happenings=False), after_gap=True)
        elif prices:
            await self._fire(self._evaluation.begin(prices), after_gap=False)
        self._was_kept = True
        await self._keep_state()

    async def _fire(self, words: str | None, *, after_gap: bool) -> None:
        now = self._clock()
        if words is None or not self._rule.may_fire(now):
            return
        names = [
            self._name_of(part.symbol)
            for part in simple_parts(self._rule.condition)
            if part.symbol and part.symbol in words
        ]
        text = describe(words, list(dict.fromkeys(filter(None, names))), after_gap=after_gap)
        firing = new_firing(self._rule, now, words, text, after_gap=after_gap)
        fired = replace(self._rule, state=self._evaluation.state(), fired_at=now, firings=self._rule.firings + 1)
        if await self._store.fire(fired, firing, self._channels):
            self._rule = fired

    async def _keep_state(self) -> None:
        """Write where the condition stands, if a restart would not find it so."""
        state = self._evaluation.state()
        if _flags(state) != _flags(self._rule.state):
            self._rule = replace(self._rule, state=state)
            await self._store.keep_state(self._rule)


def _priced(rule: Rule) -> list[Simple]:
    """The tests that a price can meet, one for each instrument."""
    parts = [part for part in simple_parts(rule.condition) if part.kind == "trade" and part.rule.style != "happens"]
    return list({(part.symbol, part.market, part.exchange): part for part in parts}.values())


def _flags(state: object) -> object:
    """A state without its words, which change with every price."""
    return [row[:2] for row in state] if isinstance(state, list) else None  # pyright: ignore[reportUnknownVariableType]
