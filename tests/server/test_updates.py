"""Changes are told at most once a second, the last one always; nobody listens for a client that is gone."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from kis_mcp.server.subscriptions import Stop, Subscriptions
from kis_mcp.server.updates import SECONDS_BETWEEN, Updates

A, B = ResourceUpdated("kis://stream/a"), ResourceUpdated("kis://stream/b")


class Timer:
    """Seconds pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, anyio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        self._sleepers.append((self.now + seconds, woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [each for each in self._sleepers if each[0] <= self.now]
        self._sleepers = [each for each in self._sleepers if each not in due]
        for _, woken in due:
            woken.set()
        await anyio.wait_all_tasks_blocked()


class Told:
    """Changes with the second at which they were told."""

    def __init__(self, group: anyio.abc.TaskGroup) -> None:
        self.timer = Timer()
        self.told: list[tuple[float, ServerEvent]] = []
        self.updates = Updates(group, self._tell, self.timer.sleep)

    async def _tell(self, event: ServerEvent) -> None:
        self.told.append((self.timer.now, event))

    async def report(self, *events: ServerEvent) -> None:
        for event in events:
            self.updates.report(event)
        await anyio.wait_all_tasks_blocked()


@asynccontextmanager
async def telling() -> AsyncGenerator[Told]:
    async with anyio.create_task_group() as group:
        yield Told(group)
        group.cancel_scope.cancel()


async def test_a_first_change_is_told_at_once_and_further_ones_together_a_second_later() -> None:
    async with telling() as there:
        await there.report(A)
        for _ in range(9):
            await there.timer.advance(SECONDS_BETWEEN / 10)
            await there.report(A, A)
        assert there.told == [(0, A)]
        await there.timer.advance(SECONDS_BETWEEN / 2)
        assert [event for _, event in there.told] == [A, A]


async def test_a_busy_resource_is_told_once_a_second_and_its_last_change_is_not_lost() -> None:
    async with telling() as there:
        for _ in range(40):
            await there.report(A)
            await there.timer.advance(0.25)
        assert [at for at, _ in there.told] == [float(second) for second in range(11)]
        await there.timer.advance(SECONDS_BETWEEN)
        await there.timer.advance(SECONDS_BETWEEN)
        assert len(there.told) == 11
        await there.report(A)
        assert there.told[-1] == (there.timer.now, A)


async def test_one_busy_resource_does_not_hold_another_up() -> None:
    async with telling() as there:
        await there.report(A, B)
        await there.report(A)
        assert there.told == [(0, A), (0, B)]
        await there.timer.advance(SECONDS_BETWEEN)
        assert there.told == [(0, A), (0, B), (1, A)]


@dataclass(eq=False)
class FakeWatch:
    listeners: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def listen(self, listener: Callable[[], None]) -> Stop:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def change(self) -> None:
        for listener in list(self.listeners):
            listener()


@dataclass(eq=False)
class FakeBoard(FakeWatch):
    watches: dict[str, FakeWatch] = field(default_factory=dict[str, FakeWatch])

    def find(self, uri: str) -> FakeWatch | None:
        return self.watches.get(uri)


class Following:
    def __init__(self, group: anyio.abc.TaskGroup) -> None:
        self.watch = FakeWatch()
        self.board = FakeBoard(watches={A.uri: self.watch})
        self.timer = Timer()
        self.subscriptions = Subscriptions(self.board, group, self.timer.sleep)
        self.told: list[ServerEvent] = []
        self.subscriptions.bus.subscribe(self.told.append)


@asynccontextmanager
async def following() -> AsyncGenerator[Following]:
    async with anyio.create_task_group() as group:
        yield Following(group)
        group.cancel_scope.cancel()


async def test_a_resource_is_listened_to_once_while_anybody_follows_it() -> None:
    async with following() as there:
        first, second = there.subscriptions.follow(A.uri), there.subscriptions.follow(A.uri)
        assert len(there.watch.listeners) == 1
        first()
        first()
        assert len(there.watch.listeners) == 1
        there.watch.change()
        await anyio.wait_all_tasks_blocked()
        second()
        assert (there.watch.listeners, there.told) == ([], [A])


async def test_a_watch_that_is_opened_again_under_its_name_is_followed_again() -> None:
    async with following() as there:
        stop = there.subscriptions.follow(A.uri)
        again = FakeWatch()
        there.board.watches = {A.uri: again}
        there.board.change()
        await anyio.wait_all_tasks_blocked()
        assert there.told == [ResourcesListChanged(), A]
        await there.timer.advance(SECONDS_BETWEEN)
        again.change()
        await anyio.wait_all_tasks_blocked()
        assert there.told == [ResourcesListChanged(), A, A]
        assert (len(there.watch.listeners), len(again.listeners)) == (0, 1)
        stop()
        assert again.listeners == []


async def test_a_closed_server_listens_to_nothing_and_takes_no_more_changes() -> None:
    async with following() as there:
        there.subscriptions.follow(A.uri)
        there.subscriptions.close()
        assert (there.watch.listeners, there.board.listeners) == ([], [])
        there.subscriptions._updates.report(A)  # pyright: ignore[reportPrivateUsage]
        await anyio.wait_all_tasks_blocked()
        assert there.told == []
