"""Sends what happens in the world to those who are registered for it."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.live.channels import Channels, is_notice, record
from kis_mcp.simulator.live.links import Link, Subscription
from kis_mcp.simulator.live.notices import notices

INTERVAL_SECONDS = 0.2
"""Between two looks into the world, in real time."""

LONGEST_STRETCH = timedelta(seconds=60)
"""Of what a clock has jumped over, only the end is sent."""

_MOST_RECORDS = 100
"""In one frame."""

_log = logging.getLogger(__name__)


class Publisher:
    """Looks into the world now and then, and at once when something has changed it.

    Args:
        kis: Holds the world.
        links: The connections that there are.
        channels: Where the data come from.
    """

    def __init__(self, kis: EmbeddedKis, links: Collection[Link], channels: Channels) -> None:
        self._kis = kis
        self._links = links
        self._channels = channels
        self._woken = asyncio.Event()
        self._caught_up = kis.clock()

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    def publish_orders(self, events: Sequence[OrderEvent]) -> None:
        """Send the notices of what has become of orders."""
        for link in list(self._links):
            for subscription in list(link.subscriptions.values()):
                if is_notice(subscription.api):
                    for event in events:
                        self._notify(link, subscription, event)

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            is_watched = any(link.subscriptions for link in self._links)
            try:
                async with asyncio.timeout(INTERVAL_SECONDS if is_watched else None):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await self._publish()
            except Exception:
                _log.exception("Live data could not be sent")
                await asyncio.sleep(INTERVAL_SECONDS)

    async def _publish(self) -> None:
        for link in list(self._links):
            link.end_burst()
            if self._kis.live_faults.take("drop", tr_ids={channel.tr_id for channel in link.subscriptions}):
                link.cut()
                continue
            for channel, subscription in list(link.subscriptions.items()):
                if link.subscriptions.get(channel) is not subscription:
                    continue  # it was ended while others had their turn
                if is_notice(subscription.api):
                    self._catch_up()
                else:
                    self._send_news(link, subscription)
                await asyncio.sleep(0)  # so that a REST request waits for one channel, not for all

    def _catch_up(self) -> None:
        """Let resting orders fill, whose owner waits for notices."""
        if (now := self._kis.clock()) != self._caught_up:
            self._caught_up = now
            self._kis.catch_up()

    def _send_news(self, link: Link, subscription: Subscription) -> None:
        channel, since = subscription.channel, subscription.since
        feed = self._channels.feeds.get(channel.tr_id)
        until = self._kis.clock()
        if feed is None or until <= since:
            subscription.since = min(since, until)
            return
        subscription.since = until
        since = max(since, until - LONGEST_STRETCH)
        try:
            news = self._kis.read(lambda world, _: feed(world, channel.key, since, until))
        except Exception:
            _log.exception("%s has nothing to send of %s any more", channel.tr_id, channel.key)
            del link.subscriptions[channel]
            return
        records = [record(subscription.api, channel.tr_id, elements, self._kis.switches) for elements in news]
        for start in range(0, len(records), _MOST_RECORDS):
            link.send_frame(channel.tr_id, records[start : start + _MOST_RECORDS])

    def _notify(self, link: Link, subscription: Subscription, event: OrderEvent) -> None:
        channel = subscription.channel
        account = self._kis.world.books.accounts.get(event.order.account)
        if account is None or account.owner != subscription.owner:
            return
        for elements in notices(self._kis.world, channel, event):
            text = record(subscription.api, channel.tr_id, elements, self._kis.switches)
            link.send_frame(channel.tr_id, [text], subscription.cipher)
