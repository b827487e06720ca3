"""Delivering what fired: each firing to each channel, until the channel acknowledged it or its tries are used up."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kis_mcp.alerts.ports import AlertStore, NoticeChannel, Sleep
from kis_mcp.alerts.rules import Attempt, Delivery, Say, notice_of
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import StorageError

POLL_SECONDS = 1.0
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 1_800, 3_600))
"""How long after each failed attempt the next one is due; after the last one the delivery is given up."""

_log = logging.getLogger(__name__)


class Courier:
    """Delivers what is owed by the channels it has; what is owed by others waits for a process that has them.

    An attempt of which nobody knows whether it arrived, such as one that took too long, is repeated like one that
    failed: a notice that comes twice costs less than one that never comes. The repetition carries the same id, by which
    ntfy and webhooks can tell that it is one.

    Args:
        store: Where deliveries are owed and settled.
        channels: Those that the operator set.
        environment: For the title.
        clock: The machine's.
        say: In which language people are told.
        sleep: Passes time between looks at the store.
    """

    def __init__(
        self,
        store: AlertStore,
        channels: Sequence[NoticeChannel],
        *,
        environment: Environment,
        clock: Clock,
        say: Say = str,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._channels = {channel.kind: channel for channel in channels}
        self._environment = environment
        self._clock = clock
        self._say = say
        self._sleep = sleep

    async def run(self) -> None:
        """Deliver for as long as it is not cancelled."""
        while True:
            try:
                await self.deliver_due()
            except* StorageError as errors:
                _log.warning("Alerts could not be delivered: %s", errors.exceptions[0])
            await self._sleep(POLL_SECONDS)

    async def deliver_due(self) -> None:
        """Make every attempt that is due; a channel that is slow holds up no other."""
        due = await self._store.due(self._clock(), self._channels.keys())
        kinds = dict.fromkeys(delivery.channel for delivery in due)
        async with asyncio.TaskGroup() as group:
            for kind in kinds:
                group.create_task(self._deliver([each for each in due if each.channel == kind]))

    async def _deliver(self, due: Sequence[Delivery]) -> None:
        for delivery in due:
            channel = self._channels[delivery.channel]
            attempt = await channel.send(notice_of(delivery.firing, self._environment, self._say))
            settled = after_attempt(delivery, attempt, self._clock())
            if settled.state == "given_up":
                _log.warning(
                    "Alert %s was not delivered by %s: %s", delivery.firing.id, delivery.channel, attempt.words
                )
            await self._store.settle(settled)


def after_attempt(delivery: Delivery, attempt: Attempt, now: datetime) -> Delivery:
    """Where a delivery stands after an attempt."""
    tried = replace(delivery, attempts=delivery.attempts + 1, words=attempt.words, next_at=now)
    if attempt.outcome == "delivered":
        return replace(tried, state="delivered")
    if attempt.outcome == "refused" or tried.attempts > len(BACK_OFF):
        return replace(tried, state="given_up")
    return replace(tried, next_at=now + BACK_OFF[tried.attempts - 1])
