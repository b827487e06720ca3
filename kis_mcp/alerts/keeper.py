"""Keeping alerts: every active rule is watched, by one process at a time."""

import asyncio
import logging
from collections.abc import Sequence

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
        self._tasks: dict[str, asyncio.Task[None]] = {}

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
        active = {rule.id: rule for rule in await self._store.rules() if rule.stage(now) == "active"}
        await self._end(*(rule_id for rule_id, task in self._tasks.items() if task.done() or rule_id not in active))
        for rule_id, rule in active.items():
            if rule_id not in self._tasks:
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
                self._tasks[rule_id] = asyncio.create_task(kept.run())

    async def _end(self, *rule_ids: str) -> None:
        ending = [self._tasks.pop(rule_id) for rule_id in rule_ids]
        for task in ending:
            task.cancel()
        for failure in await asyncio.gather(*ending, return_exceptions=True):
            if isinstance(failure, Exception):
                _log.error("An alert could not be kept and is taken up again", exc_info=failure)
