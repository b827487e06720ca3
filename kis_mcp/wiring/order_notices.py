"""KIS' notices of orders, from one environment's live data to whoever keeps them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from kis_mcp.catalog import Api, Channel, KisApis, check_arguments
from kis_mcp.errors import NotInEnvironment
from kis_mcp.market import NOTICE_TOOLS, is_notice_of, read_order_notices
from kis_mcp.streams import Stream, Streams
from kis_mcp.trading.desk import NoticeReceiver


@dataclass(slots=True)
class LiveNotices:
    """Implements `kis_mcp.trading.desk.NoticeSource`: a slot for each API that tells of a category's orders.

    Attributes:
        streams: Opens the environment's live data.
    """

    apis: KisApis
    streams: Callable[[], Awaitable[Streams]]
    _followed: dict[Channel, Stream] = field(default_factory=dict[Channel, Stream])

    async def open(self, category: str, receiver: NoticeReceiver) -> bool:
        is_open = False
        for tool in NOTICE_TOOLS:
            api = self.apis.catalog.find(tool)
            if api is None or api.category != category or not is_notice_of(self.apis.accounts, tool):
                continue
            try:
                (channel,) = self.apis.channels(check_arguments(api, {}))
            except NotInEnvironment:
                continue
            await self._follow(await self.streams(), api, channel, receiver)
            is_open = True
        return is_open

    async def _follow(self, streams: Streams, api: Api, channel: Channel, receiver: NoticeReceiver) -> None:
        """Hand on what comes over a channel, which stays subscribed."""
        earlier = streams.find(channel)
        if earlier is not None and self._followed.get(channel) is earlier:
            return
        cursor = streams.received(channel)
        stream = await streams.subscribe(api, channel)
        self._followed[channel] = stream
        last_gap = stream.last_gap

        def take() -> None:
            nonlocal cursor, last_gap
            frames, cursor = stream.frames(cursor)
            gaps, last_gap = stream.gaps_after(last_gap), stream.last_gap
            if frames or gaps:
                self.apis.forget_account()  # lists and balances from before lack what was notified, or missed
            for frame in frames:
                receiver.receive(read_order_notices(api, frame, self.apis.accounts))
            for gap in gaps:
                is_lost = any(lost == channel for lost, _ in gap.lost)
                receiver.report_gap(api.category, gap.ended_at, is_lost=is_lost)

        stream.listen(take)
        take()
