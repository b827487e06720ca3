"""The watches of one environment: opened once for all who ask the same, read at any pace, ended when nobody reads."""

import asyncio
from base64 import b32encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from textwrap import shorten

from kis_mcp.bell import Bell
from kis_mcp.catalog import Api, Channel, KisApis, SlotUses, check_arguments
from kis_mcp.clock import Clock
from kis_mcp.errors import BadArgument, CredentialsError, NotInEnvironment
from kis_mcp.market import EventKind, Interest, find_live_calls
from kis_mcp.streams.condition_tests import EVENT_KINDS
from kis_mcp.streams.conditions import Condition, interests_of
from kis_mcp.streams.stream import StreamStatus
from kis_mcp.streams.streams import Streams
from kis_mcp.streams.waiting import LookUp, Waiting
from kis_mcp.streams.watch import Feed, News, Watch, no_watch
from kis_mcp.streams.watch_cursor import WatchCursor, read_watch_cursor

IDLE_AFTER = timedelta(hours=12)
"""A watch that nobody reads for so long is forgotten by whoever asked for it."""

_KEPT_AFTER_A_WAIT = timedelta(minutes=10)
_MOST_ENDED = 50
_MOST_LETTERS = 40
_UNLIMITED: Mapping[EventKind, int | None] = dict.fromkeys(EVENT_KINDS)


class Watches:
    """Watches by their ids, which are made of what is watched: the same is asked for again under the same id.

    Args:
        streams: Where channels are shared.
        apis: The websocket APIs, and which accounts are set.
        clock: What time it is.
    """

    def __init__(self, streams: Streams, apis: KisApis, *, clock: Clock) -> None:
        self._streams = streams
        self._apis = apis
        self._clock = clock
        self._watches: dict[str, Watch] = {}
        self._ended: dict[str, str] = {}
        self._bell = Bell()
        self._changing = asyncio.Lock()

    async def watch(self, interests: Collection[Interest], *, idle_after: timedelta = IDLE_AFTER) -> Watch:
        """The watch of these interests, which is one however often it is asked for.

        What KIS no longer sends of it is asked for again.

        Args:
            idle_after: How long nobody may read it before it ends by itself; of several askers the longest.

        Raises:
            BadArgument: Nothing is to be watched, KIS sends no such thing, or all slots are taken.
            NotInEnvironment, CredentialsError: This environment has none such, or an account or the HTS id is not set.
            RateLimited, KisUnavailable, StorageError: KIS could not be asked.
        """
        wanted = frozenset(interests)
        if not wanted:
            raise BadArgument("Nothing is to be watched.", remedy="Name at least one symbol.", field="symbols")
        channels = self._channels(wanted)
        return await asyncio.shield(self._open(wanted, channels, idle_after))

    def require_watchable(self, interests: Collection[Interest]) -> None:
        """Refuse what could not be watched here even with all slots free.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: As `watch`.
        """
        self._channels(frozenset(interests))

    async def unwatch(self, watch_id: str) -> Watch:
        """End a watch, and give its slots back.

        Raises:
            BadArgument: There is none.
        """
        async with self._changing:
            watch = self._find(watch_id)
            await asyncio.shield(self._end(watch, "it was ended"))
            return watch

    def watches(self) -> list[Watch]:
        return list(self._watches.values())

    async def slots(self) -> SlotUses | None:
        """Who holds KIS' slots; None where a process holds the session that does not tell."""
        return await self._streams.slots()

    def read(
        self, watch_id: str, cursor: str | None = None, *, most: Mapping[EventKind, int | None] | None = None
    ) -> tuple[News, str]:
        """What came since a cursor, or since the watch began, and the cursor to go on with.

        Args:
            most: How many of the latest records of each feed, by kind; None is no limit.

        Raises:
            BadArgument: There is no such watch, or the cursor is not of it.
        """
        watch = self.touch(watch_id)
        known = self._cursor_of(watch, cursor)
        positions, gaps = watch.positions_of(known)
        news = watch.read(positions, most or _UNLIMITED, gaps=gaps)
        if known is not None and known.opened != watch.opened:
            news = replace(news, is_from_start=True)
        return news, str(watch.cursor(news.positions, news.last_gap))

    def wait(
        self, watch_id: str, condition: Condition, cursor: str | None = None, look_up: LookUp | None = None
    ) -> Waiting:
        """A wait for a condition on a watch, from now on or from a cursor.

        Args:
            look_up: As for `Waiting`.

        Raises:
            BadArgument: As for `read`; or the watch does not tell all that the condition needs.
        """
        watch = self.touch(watch_id)
        watch.require(interests_of(condition))
        return Waiting(watch, condition, self._cursor_of(watch, cursor), is_new=False, look_up=look_up)

    async def watch_and_wait(
        self, condition: Condition, cursor: str | None = None, look_up: LookUp | None = None
    ) -> Waiting:
        """A wait for a condition on the watch of what it needs, which is kept a while for who goes on with its cursor.

        Raises:
            As `watch` and `wait`.
        """
        wanted = interests_of(condition)
        is_new = _id_of(wanted) not in self._watches
        watch = await self.watch(wanted, idle_after=_KEPT_AFTER_A_WAIT)
        return Waiting(watch, condition, self._cursor_of(watch, cursor), is_new=is_new, look_up=look_up)

    def listen(self, watch_id: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever something comes over a watch, or it ends; returns what ends that. A watch that
        somebody listens to does not end by itself.

        Raises:
            BadArgument: There is no such watch.
        """
        return self._find(watch_id).listen(listener)

    def listen_to_all(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever a watch was opened or ended."""
        self._bell.listen(listener)

    def status(self, watch: Watch) -> Sequence[tuple[Feed, StreamStatus]]:
        """How each of its channels is doing."""
        now = self._clock()
        return [(feed, feed.stream.status(now)) for feed in watch.feeds]

    def touch(self, watch_id: str) -> Watch:
        """The watch with this id, which somebody reads now.

        Raises:
            BadArgument: There is none.
        """
        watch = self._find(watch_id)
        watch.read_at = self._clock()
        return watch

    def _find(self, watch_id: str) -> Watch:
        watch = self._watches.get(watch_id)
        if watch is None:
            raise no_watch(watch_id, self._ended.get(watch_id, ""), sorted(self._watches))
        return watch

    def _cursor_of(self, watch: Watch, text: str | None) -> WatchCursor | None:
        cursor = read_watch_cursor(text) if text else None
        if cursor is not None and cursor.watch_id != watch.id:
            raise BadArgument(
                f"This cursor is of watch {cursor.watch_id}.",
                remedy=f"Leave cursor out, or read {cursor.watch_id} with it.",
                field="cursor",
            )
        return cursor

    def _channels(self, interests: frozenset[Interest]) -> dict[Channel, Api]:
        """The channels that tell it, with their APIs."""
        return {channel: api for interest in sorted(interests) for channel, api in self._channels_of(interest).items()}

    def _channels_of(self, interest: Interest) -> dict[Channel, Api]:
        calls = find_live_calls(interest, tuple(self._apis.accounts))
        found: dict[Channel, Api] = {}
        refused: NotInEnvironment | None = None
        for call in calls:
            api = self._apis.catalog.find(call.tool)
            assert api is not None, call.tool
            try:
                found |= dict.fromkeys(self._apis.channels(check_arguments(api, call.arguments)), api)
            except NotInEnvironment as error:
                refused = error
        if found:
            return found
        raise refused or CredentialsError(
            "No account is set, so there are no orders to watch.",
            remedy="Set KIS_ACCT_STOCK (demo: KIS_PAPER_STOCK) and start again.",
            field="KIS_ACCT_STOCK",
        )

    async def _open(self, interests: frozenset[Interest], channels: Mapping[Channel, Api], idle: timedelta) -> Watch:
        async with self._changing:
            now = self._clock()
            await self._end_idle(now)
            watch_id = _id_of(interests)
            watch = self._watches.get(watch_id) or Watch(watch_id, interests, now, now, idle, self._streams.gaps)
            known = {feed.stream.channel for feed in watch.feeds if not feed.lost_because}
            new: list[Feed] = []
            try:
                for channel, api in channels.items():
                    if channel not in known:
                        new.append(await self._feed(watch, api, channel))
            except BadArgument as error:
                await self._release(new)
                raise (error if error.kis_code else self._with_watches(error)) from None
            except BaseException:
                await self._release(new)
                raise
            living = [feed for feed in watch.feeds if not feed.lost_because]
            if len(living) < len(watch.feeds):
                watch.opened_at = now  # cursors of streams that are over mean nothing to those in their place
            watch.feeds = living + new
            watch.idle_after, watch.read_at = max(idle, watch.idle_after), now
            is_new = watch_id not in self._watches
            self._watches[watch_id] = watch
            self._ended.pop(watch_id, None)
            watch.bell.ring()
            if is_new:
                self._bell.ring()
            return watch

    async def _feed(self, watch: Watch, api: Api, channel: Channel) -> Feed:
        start = self._streams.received(channel)
        stream = await self._streams.subscribe(api, channel)
        return Feed(api, stream, start, stream.listen(watch.bell.ring))

    async def _end_idle(self, now: datetime) -> None:
        for watch in list(self._watches.values()):
            if watch.is_idle(now):
                minutes = watch.idle_after // timedelta(minutes=1)
                how_long = f"{minutes // 60} hours" if minutes >= 60 else f"{minutes} minutes"
                await self._end(watch, f"nobody read it for {how_long}")

    async def _end(self, watch: Watch, why: str) -> None:
        watch.why_ended = why
        self._watches.pop(watch.id, None)
        self._ended[watch.id] = why
        while len(self._ended) > _MOST_ENDED:
            self._ended.pop(next(iter(self._ended)))
        watch.bell.ring()
        self._bell.ring()
        await self._release(watch.feeds)

    async def _release(self, feeds: Sequence[Feed]) -> None:
        for feed in feeds:
            feed.stop()
            await self._streams.unsubscribe(feed.stream)

    def _with_watches(self, error: BadArgument) -> BadArgument:
        """A refusal of this side, which knows no watches, with those that hold slots."""
        held = [
            f"{watch.id} ({shorten(str(watch), _MOST_LETTERS, placeholder=' …')}: {len(watch.feeds)} slots)"
            for watch in self._watches.values()
        ]
        if not held:
            return error
        return BadArgument(error.what, remedy=f"{error.remedy} Watches: {'; '.join(held)}.", field=error.field)


def _id_of(interests: frozenset[Interest]) -> str:
    digest = sha256(repr(sorted(interests)).encode()).digest()
    return f"w{b32encode(digest).decode().lower()[:6]}"
