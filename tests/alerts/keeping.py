"""Rules kept over a link that the test feeds, with a store on disk and time that passes while the test waits."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from kis_mcp.alerts import Firing, Keeper, Rule, new_rule
from kis_mcp.environment import Environment
from kis_mcp.market import Trade
from kis_mcp.storage import SqliteAlerts
from kis_mcp.streams import Simple, Watches
from tests.streams.test_watches import NOW, Live, apis_of, condition

NAMES = {"005930": "삼성전자"}


class Timer:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self._sleepers: list[asyncio.Future[None]] = []

    async def sleep(self, seconds: float) -> None:
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append(sleeper)
        await sleeper

    def tick(self) -> None:
        sleepers, self._sleepers = self._sleepers, []
        for sleeper in sleepers:
            if not sleeper.done():
                sleeper.set_result(None)


class Alerts:
    """The rules of one folder.

    Attributes:
        live: What is sent.
        quotes: Symbol → the present price that a quote tells.
    """

    def __init__(self, folder: Path) -> None:
        self.live = Live(apis_of(Environment.REAL))
        self.store = SqliteAlerts(folder / "alerts.db")
        self.timer = Timer()
        self.quotes: dict[str, int] = {}

    async def add(self, document: object, *, minutes: int | None = None, days: int = 30) -> Rule:
        now = self.live.now
        cooldown = None if minutes is None else timedelta(minutes=minutes)
        rule = new_rule(condition(document), now, now + timedelta(days=days), cooldown)
        await self.store.create(rule)
        return rule

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """A process that keeps them; it has watched every rule that it can."""

        async def open_watches() -> Watches:
            return self.live.watches

        keeper = Keeper(
            self.store,
            open_watches,
            self._price,
            NAMES.get,
            ["ntfy"],
            clock=lambda: self.live.now,
            sleep=self.timer.sleep,
        )
        running = asyncio.create_task(keeper.run())
        try:
            await self.until(lambda rules: all(rule.watching for rule in rules))
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def until(self, holds: Callable[[list[Rule]], bool]) -> list[Rule]:
        """The rules, once they are so."""
        async with asyncio.timeout(20):
            while not holds(rules := list(await self.store.rules())):
                await self._pass_time()
        return rules

    async def fired(self, count: int) -> list[Firing]:
        """What fired, once it is so many."""
        async with asyncio.timeout(20):
            while len(firings := list(await self.store.firings(0, 100))) < count:
                await self._pass_time()
        return firings

    async def until_watched(self, *channels: str) -> None:
        """Return once these channels are registered and no others."""
        async with asyncio.timeout(20):
            while self.live.channels() != list(channels):
                await self._pass_time()

    async def settle(self) -> None:
        """Let what is on its way arrive: an event is looked at once the state that follows from it is written."""
        for _ in range(8):
            await self.store.rules()
            await self._pass_time()

    async def _pass_time(self) -> None:
        self.timer.tick()
        await asyncio.sleep(0.003)

    def drop(self, lost: str = "") -> None:
        """The link was away for a while; KIS sends what is lost no more."""
        from kis_mcp.catalog import Gap

        registered = [(each, lost) for each in self.live.gateway.registered] if lost else []
        gap = Gap(self.live.now, self.live.now + timedelta(seconds=20), tuple(registered))
        for channel, _ in registered:
            self.live.gateway.registered.remove(channel)
        self.live.streams.report_gap(gap)

    async def _price(self, part: Simple) -> Trade | None:
        price = self.quotes.get(part.symbol)
        if price is None:
            return None
        now = self.live.now
        return Trade(
            symbol=part.symbol,
            market=part.market,
            exchange=part.exchange,
            time=now,
            received_at=now,
            price=Decimal(price),
        )


__all__ = ["NOW", "Alerts", "Timer"]
