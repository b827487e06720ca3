"""How often and how long it is tried again."""

import pytest

from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.retry import retrying
from kis_mcp.kis.timer import Timer
from tests.kis.fake_kis import FakeTime


class Sender:
    """Fails so many times, each attempt taking its time, then succeeds."""

    def __init__(self, time: FakeTime, failures: int, seconds: float = 0) -> None:
        self.time = time
        self.failures = failures
        self.seconds = seconds
        self.attempts = 0

    async def send(self) -> str:
        self.attempts += 1
        self.time.seconds += self.seconds
        if self.attempts <= self.failures:
            raise RequestError(Reaction.UNCLEAR, f"failure {self.attempts}")
        return "done"


async def test_a_failure_that_allows_no_more_attempts_is_final(time: FakeTime) -> None:
    sender = Sender(time, failures=1)
    with pytest.raises(RequestError):
        await retrying(sender.send, {Reaction.SLOW_DOWN: 6}, time.timer)
    assert sender.attempts == 1


async def test_waits_double_up_to_a_bound(time: FakeTime) -> None:
    sender = Sender(time, failures=7)
    assert await retrying(sender.send, {Reaction.UNCLEAR: 9}, time.timer) == "done"
    assert time.slept == [0.25, 0.5, 1, 2, 4, 4, 4]


async def test_up_to_half_of_a_wait_is_left_to_chance(time: FakeTime) -> None:
    timer = Timer(monotonic=time.timer.monotonic, sleep=time.sleep, jitter=lambda: 1.0)
    await retrying(Sender(time, failures=2).send, {Reaction.UNCLEAR: 9}, timer)
    assert time.slept == [0.125, 0.25]


async def test_slow_failures_end_it_before_the_attempts_do(time: FakeTime) -> None:
    sender = Sender(time, failures=9, seconds=10)
    with pytest.raises(RequestError, match="failure 3"):
        await retrying(sender.send, {Reaction.UNCLEAR: 9}, time.timer)
