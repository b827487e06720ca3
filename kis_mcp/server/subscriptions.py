"""Who is told when resources change: clients of both protocol eras, each for as long as it is there.

What belongs to MCP's methods is in :mod:`kis_mcp.server.subscription_methods`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import anyio.abc
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from kis_mcp.server.updates import Updates

Stop = Callable[[], None]
"""Ends what was begun; a second time it does nothing."""


class Watched(Protocol):
    """What changes behind a resource."""

    def listen(self, listener: Callable[[], None]) -> Stop:
        """Call ``listener`` after each change, until it is stopped."""
        ...


class Board(Protocol):
    """The resources that change."""

    def find(self, uri: str) -> Watched | None: ...

    def listen(self, listener: Callable[[], None]) -> Stop:
        """Call ``listener`` whenever there are other resources than before, until it is stopped."""
        ...


@dataclass(slots=True)
class _Follow:
    watched: Watched | None
    stop: Stop
    followers: set[object] = field(default_factory=set[object])


class Subscriptions:
    """The subscriptions of one running server.

    Args:
        board: The resources that change.
        group: Where changes wait and clients are told.
        sleep: Waits so many seconds.
    """

    def __init__(
        self, board: Board, group: anyio.abc.TaskGroup, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    ) -> None:
        self.bus = InMemorySubscriptionBus()
        self.listen_streams = ListenHandler(self.bus)
        self._board = board
        self._group = group
        self._updates = Updates(group, self.bus.publish, sleep)
        self._follows: dict[str, _Follow] = {}
        self._stop_listening = board.listen(self._compare)

    def follow(self, uri: str) -> Stop:
        """Have changes of a resource told on the bus, until as many have stopped as followed."""
        follow = self._follows.get(uri)
        if follow is None:
            follow = self._follows[uri] = self._listen(uri)
        follower = object()
        follow.followers.add(follower)
        return lambda: self._unfollow(uri, follower)

    def welcome(self, session: ServerSession) -> "Subscriber":
        """A client of 2025: told that the list changed, and of what it subscribes to, until it is closed."""
        subscriber = Subscriber(session, self)
        self._group.start_soon(subscriber.run)
        return subscriber

    def close(self) -> None:
        """End all listening; clients of 2026 are told that this was meant."""
        self._stop_listening()
        self._updates.close()
        self.listen_streams.close()
        for follow in self._follows.values():
            follow.stop()
        self._follows.clear()

    def _listen(self, uri: str) -> _Follow:
        watched = self._board.find(uri)
        stop = watched.listen(lambda: self._updates.report(ResourceUpdated(uri))) if watched else lambda: None
        return _Follow(watched, stop)

    def _unfollow(self, uri: str, follower: object) -> None:
        follow = self._follows.get(uri)
        if follow is not None and follower in follow.followers:
            follow.followers.discard(follower)
            if not follow.followers:
                follow.stop()
                del self._follows[uri]

    def _compare(self) -> None:
        """Tell that there are other resources, and follow those that came back under an URI that is followed."""
        self._updates.report(ResourcesListChanged())
        for uri, follow in list(self._follows.items()):
            if self._board.find(uri) is not follow.watched:
                follow.stop()
                again = self._listen(uri)
                follow.watched, follow.stop = again.watched, again.stop
                self._updates.report(ResourceUpdated(uri))


@dataclass(slots=True, eq=False)
class Subscriber:
    """One client of 2025. It takes its time: what it was not told yet is told once.

    Args:
        session: The way to it.
        subscriptions: Where changes come from.
    """

    session: ServerSession
    subscriptions: Subscriptions
    _stops: dict[str, Stop] = field(default_factory=dict[str, Stop])
    _due: dict[ServerEvent, None] = field(default_factory=dict[ServerEvent, None])
    _wake: anyio.Event = field(default_factory=anyio.Event)
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _leave: Stop = field(init=False)

    def __post_init__(self) -> None:
        self._leave = self.subscriptions.bus.subscribe(self._take)

    def subscribe(self, uri: str) -> None:
        if uri not in self._stops:
            self._stops[uri] = self.subscriptions.follow(uri)

    def unsubscribe(self, uri: str) -> None:
        if stop := self._stops.pop(uri, None):
            stop()

    def close(self) -> None:
        """End everything: the client is gone."""
        self._leave()
        self._scope.cancel()
        for uri in list(self._stops):
            self.unsubscribe(uri)

    async def run(self) -> None:
        """Tell the client what changes."""
        with self._scope:
            while True:
                await self._wake.wait()
                self._wake = anyio.Event()
                for event in list(self._due):
                    del self._due[event]
                    await self._tell(event)

    def _take(self, event: ServerEvent) -> None:
        self._due[event] = None
        self._wake.set()

    async def _tell(self, event: ServerEvent) -> None:
        if isinstance(event, ResourcesListChanged):
            await self.session.send_resource_list_changed()
        elif isinstance(event, ResourceUpdated) and event.uri in self._stops:
            await self.session.send_resource_updated(event.uri)
