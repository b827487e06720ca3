"""Keeping alerts: every active rule is watched, by one process at a time."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from kis_mcp.alerts.kept_rule import KeptRule
from kis_mcp.alerts.ports import AlertStore, NamesOf, OpenWatches, ReadPrice, Sleep
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError

POLL_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Keeper:
    """Watches what the active rules of a store need, follows rules that come and go, and journals what fires.

    Args:
        store: The rules; other processes add and delete some.
        open_watches: What live data is watched with; called once a rule is active.
        read_price: The present price, for what happened while nobody watched.
        name_of: Names instruments for people.
        channels: The kinds of channel that a firing is owed to.
        clock: The environment's.
        sleep: Passes time between looks at the store.
    """

    def __init__(
        self,
        store: AlertStore,
        open_watches: OpenWatches,
        read_price: ReadPrice,
        name_of: NamesOf,
        channels: Sequence[str],
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._open_watches = open_watches
        self._read_price = read_price
        self._name_of = name_of
        self._channels = channels
        self._clock = clock
        self._sleep = sleep
        self._tasks: dict[tuple[str, datetime], asyncio.Task[None]] = {}  # by a rule's id and end, which may move

    async def run(self) -> None:
        """Keep the rules for as long as it is not cancelled."""
        try:
            while True:
                try:
                    await self._follow_store()
                except KisMcpError as error:
                    _log.warning("Alerts cannot be kept: %s", error)
                await self._sleep(POLL_SECONDS)
        finally:
            await self._end(*self._tasks)

    async def _follow_store(self) -> None:
        now = self._clock()
        rules = await self._store.rules()
        active = {(rule.id, rule.until): rule for rule in rules if rule.stage(now) == "active"}
        await self._end(*(key for key, task in self._tasks.items() if task.done() or key not in active))
        for key, rule in active.items():
            if key not in self._tasks:
                watches = await self._open_watches()
                kept = KeptRule(
                    rule,
                    self._store,
                    watches,
                    self._read_price,
                    self._name_of,
                    self._channels,
                    clock=self._clock,
                    sleep=self._sleep,
                )
                self._tasks[key] = asyncio.create_task(kept.run())

    async def _end(self, *keys: tuple[str, datetime]) -> None:
        ending = [self._tasks.pop(key) for key in keys]
        for task in ending:
            task.cancel()
        for failure in await asyncio.gather(*ending, return_exceptions=True):
            if isinstance(failure, Exception):
                _log.error("An alert could not be kept and is taken up again", exc_info=failure)
