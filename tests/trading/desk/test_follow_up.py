import asyncio
from collections.abc import AsyncIterator

import pytest

from kis_mcp.trading.desk.follow_up import PAUSES, FollowUp


class Waits:
    """A sleep that a test lets end."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.sleeping = 0
        self._ends: asyncio.Queue[None] = asyncio.Queue()
        self._begun = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._begun.set()
        self.sleeping += 1
        try:
            await self._ends.get()
        finally:
            self.sleeping -= 1

    async def begun(self) -> None:
        await self._begun.wait()
        self._begun.clear()

    def end(self) -> None:
        self._ends.put_nowait(None)


class Looks:
    """Something unknown, that becomes known after so many looks."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.made = 0
        self.done = asyncio.Event()

    async def __call__(self) -> bool:
        self.made += 1
        if self.made >= self.wanted:
            self.done.set()
        return self.made < self.wanted


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def follow_up(waits: Waits) -> AsyncIterator[FollowUp]:
    looks = Looks(10)
    follow_up = FollowUp(looks, sleep=waits, jitter=lambda: 0.5)
    yield follow_up
    await follow_up.aclose()


async def test_it_looks_until_nothing_is_unknown() -> None:
    looks = Looks(3)
    follow_up = FollowUp(looks, sleep=at_once)
    follow_up.start()
    await looks.done.wait()
    await follow_up.aclose()
    assert looks.made == 3


async def test_its_pauses_grow_and_vary_between_servers(follow_up: FollowUp, waits: Waits) -> None:
    follow_up.start()
    for _ in range(3):
        await waits.begun()
        waits.end()
    assert waits.asked[:3] == [5, 10, 20]
    early, late = Waits(), Waits()
    others = [FollowUp(Looks(9), sleep=early, jitter=lambda: 0), FollowUp(Looks(9), sleep=late, jitter=lambda: 1)]
    for other, sleep in zip(others, (early, late), strict=True):
        other.start()
        await sleep.begun()
        await other.aclose()
    assert (early.asked, late.asked) == ([3.75], [6.25])


async def test_something_new_begins_with_the_shortest_pause(follow_up: FollowUp, waits: Waits) -> None:
    follow_up.start()
    await waits.begun()
    waits.end()
    await waits.begun()
    follow_up.start()
    await waits.begun()
    assert waits.asked == [5, 10, 5]


async def test_however_often_it_starts_one_alone_looks(follow_up: FollowUp, waits: Waits) -> None:
    for _ in range(3):
        follow_up.start()
        await waits.begun()
    assert waits.sleeping == 1
    await follow_up.aclose()
    assert waits.sleeping == 0


async def test_it_gives_up_after_the_last_pause_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    looks = Looks(1000)
    follow_up = FollowUp(looks, sleep=at_once)
    follow_up.start()
    assert follow_up._task
    await follow_up._task
    assert looks.made == len(PAUSES)
    assert "still in an unknown state" in caplog.text


async def test_a_look_that_fails_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    looks = Looks(2)

    async def failing_once() -> bool:
        still = await looks()
        if still:
            raise OSError("no disk")
        return still

    follow_up = FollowUp(failing_once, sleep=at_once)
    follow_up.start()
    await looks.done.wait()
    await follow_up.aclose()
    assert "no disk" in caplog.text
