"""Every live subscription of one environment: who shares which channel, and where each frame belongs."""

import asyncio
from collections.abc import Callable, Sequence

from kis_mcp.catalog import (
    Api,
    Channel,
    Frame,
    Gap,
    LiveGateway,
    LiveReceiver,
    Outage,
    SlotUses,
    plain_key,
    split_by_key,
)
from kis_mcp.streams.stream import MOST_RECORDS, Stream


class Streams:
    """Implements `kis_mcp.catalog.live.LiveReceiver`. A channel is registered while somebody subscribes to it.

    Args:
        open_gateway: Opens what registers channels and hands on what comes to a receiver.
        hide: Account numbers that no record may show.
        most_records: How many records of a channel are kept.
    """

    def __init__(
        self,
        open_gateway: Callable[[LiveReceiver], LiveGateway],
        *,
        hide: Sequence[str] = (),
        most_records: int = MOST_RECORDS,
    ) -> None:
        self._gateway = open_gateway(self)
        self._hide = hide
        self._most_records = most_records
        self._streams: dict[Channel, Stream] = {}
        self._of_tr: dict[str, dict[str, Stream]] = {}
        self._holders: dict[Channel, int] = {}
        self._changing = asyncio.Lock()
        self._gaps = 0
        self.astray = 0

    async def subscribe(self, api: Api, channel: Channel) -> Stream:
        """The stream of a channel, which lives until as many have unsubscribed.

        Raises:
            KisMcpError: As `LiveGateway.register`.
        """
        async with self._changing:
            stream = self._streams.get(channel)
            if stream is None:
                stream = Stream(api, channel, self._hide, self._most_records)
                self._add(stream)  # before KIS answers: the first frame may come with the answer
                try:
                    await self._gateway.register(channel)
                except BaseException:
                    self._remove(stream)
                    raise
            self._holders[channel] = self._holders.get(channel, 0) + 1
            return stream

    async def unsubscribe(self, stream: Stream) -> None:
        """Give up one subscription to a stream; the last one gives the slot back. Where KIS ended it nothing happens,
        nor to another's stream of the same channel since."""
        async with self._changing:
            channel = stream.channel
            if self._streams.get(channel) is not stream:
                return
            holders = self._holders[channel] - 1
            if holders > 0:
                self._holders[channel] = holders
            else:
                self._holders.pop(channel)
                self._remove(stream)
                await self._gateway.release(channel)

    async def aclose(self) -> None:
        """End every subscription."""
        await self._gateway.aclose()

    async def slots(self) -> SlotUses | None:
        """Who holds KIS' slots; None where a process holds the session that does not tell."""
        return await self._gateway.slots()

    @property
    def gaps(self) -> int:
        """The number of the latest gap, which reads of later ones begin behind."""
        return self._gaps

    def find(self, channel: Channel) -> Stream | None:
        return self._streams.get(channel)

    def received(self, channel: Channel) -> int:
        """The cursor at which a subscription begins that is made now; asked before, for the first record may come with
        KIS' answer."""
        stream = self._streams.get(channel)
        return stream.received if stream else 0

    def streams(self) -> list[Stream]:
        return list(self._streams.values())

    def receive(self, frame: Frame) -> None:
        """Put each record where it belongs: to the stream of its channel, or to all of its TR where it names none."""
        streams = self._of_tr.get(frame.tr_id)
        if not streams:
            self.astray += frame.count
            return
        api = next(iter(streams.values())).api
        for key, part in split_by_key(api, frame):
            if key is None:
                for each in streams.values():
                    each.append(part)
            elif stream := streams.get(key):
                stream.append(part)
            else:  # what another process of the user registered for, or what was given up a moment ago
                self.astray += part.count

    def report_gap(self, gap: Gap) -> None:
        lost = dict(gap.lost)
        self._gaps += 1
        for channel, stream in list(self._streams.items()):
            stream.report_gap(gap, self._gaps)
            if channel in lost:
                self._remove(stream)
                self._holders.pop(channel, None)

    def report_outage(self, outage: Outage | None) -> None:
        for channel, stream in self._streams.items():
            stream.report_outage(outage if outage and channel in outage.channels else None)

    def _add(self, stream: Stream) -> None:
        self._streams[stream.channel] = stream
        self._of_tr.setdefault(stream.channel.tr_id, {})[plain_key(stream.channel.key)] = stream

    def _remove(self, stream: Stream) -> None:
        self._streams.pop(stream.channel, None)
        self._of_tr[stream.channel.tr_id].pop(plain_key(stream.channel.key), None)
