"""The rate limit: two limiters on one file stand for two processes."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from kis_mcp.catalog.gateway import Urgency, WaitReporter
from kis_mcp.errors import StorageError
from kis_mcp.kis.limiter import LONGEST_BUSY_SECONDS, RISE_SECONDS, TRANSIT_SECONDS, WINDOW_SECONDS, RateLimiter
from kis_mcp.storage.shared import LockedFile
from tests.kis.virtual_time import VirtualTime

NewLimiter = Callable[[int], RateLimiter]


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def new_limiter(time: VirtualTime, tmp_path: Path) -> Iterator[NewLimiter]:
    made: list[RateLimiter] = []

    def make(per_second: int) -> RateLimiter:
        made.append(RateLimiter(per_second, LockedFile(tmp_path / "rate.json"), time.timer))
        return made[-1]

    yield make
    for limiter in made:
        limiter.close()


class Log:
    """Requests by name, in the order and at the time that KIS counted them."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.names: list[str] = []
        self.times: list[float] = []

    async def request(
        self,
        limiter: RateLimiter,
        name: str = "",
        urgency: Urgency = Urgency.READ,
        waiting: WaitReporter | None = None,
        transit: float = 0,
        answering: float = 0,
    ) -> None:
        async with limiter.turn(urgency, waiting):
            self.names.append(name)
            if transit:
                await self.time.timer.sleep(transit)
            self.times.append(self.time.seconds)
            if answering:
                await self.time.timer.sleep(answering)

    def busiest_second(self) -> int:
        return max(sum(start <= at < start + 1 for at in self.times) for start in self.times)


async def test_a_full_window_goes_out_at_once_and_the_next_request_a_second_later(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiter, log = new_limiter(18), Log(time)
    await time.run(*(log.request(limiter) for _ in range(19)))
    assert log.times[17] == 1000
    assert log.times[18] == pytest.approx(1000 + WINDOW_SECONDS)


async def test_a_burst_that_arrives_late_is_not_caught_up_with(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log = new_limiter(2), Log(time)
    late = [log.request(limiter, transit=0.4), log.request(limiter, transit=0.4)]
    await time.run(*late, log.request(limiter))
    assert log.times == pytest.approx([1000.4, 1000.4, 1000.4 + WINDOW_SECONDS])


async def test_slow_answers_hold_up_for_no_longer_than_a_request_can_be_under_way(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiter, log = new_limiter(1), Log(time)
    await time.run(log.request(limiter, answering=8), log.request(limiter))
    assert log.times[1] == pytest.approx(1000 + TRANSIT_SECONDS + WINDOW_SECONDS)


async def test_zero_lets_everything_out(new_limiter: NewLimiter, time: VirtualTime, tmp_path: Path) -> None:
    limiter, log = new_limiter(0), Log(time)
    await time.run(*(log.request(limiter) for _ in range(1000)))
    assert set(log.times) == {1000}
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_reads_go_in_the_order_they_came(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log = new_limiter(2), Log(time)
    await time.run(*(log.request(limiter, str(number)) for number in range(9)))
    assert log.names == [str(number) for number in range(9)]


async def test_an_order_overtakes_waiting_reads(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log = new_limiter(1), Log(time)
    reads = [asyncio.ensure_future(log.request(limiter, f"read {number}")) for number in range(3)]
    await time.pass_(0.5)
    await time.run(log.request(limiter, "order", Urgency.ORDER), *reads)
    assert log.names == ["read 0", "order", "read 1", "read 2"]


async def test_an_order_overtakes_reads_of_another_process(new_limiter: NewLimiter, time: VirtualTime) -> None:
    mine, others, log = new_limiter(1), new_limiter(1), Log(time)
    reads = [asyncio.ensure_future(log.request(others, f"read {number}")) for number in range(3)]
    await time.pass_(0.5)
    await time.run(log.request(mine, "order", Urgency.ORDER), *reads)
    assert log.names == ["read 0", "order", "read 1", "read 2"]
    assert log.busiest_second() == 1


async def test_two_processes_take_turns_by_arrival(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiters, log = (new_limiter(1), new_limiter(1)), Log(time)
    requests: list[asyncio.Future[None]] = []
    for number in range(6):
        requests.append(asyncio.ensure_future(log.request(limiters[number % 2], str(number))))
        await time.pass_(0.01)
    await time.run(*requests)
    assert log.names == ["0", "1", "2", "3", "4", "5"]


async def test_a_process_keeps_the_place_of_each_of_its_line(new_limiter: NewLimiter, time: VirtualTime) -> None:
    mine, others, log = new_limiter(2), new_limiter(2), Log(time)
    reads = [asyncio.ensure_future(log.request(mine, f"mine {number}")) for number in range(4)]
    await time.pass_(0.01)
    await time.run(*reads, log.request(others, "other"))
    assert log.names == ["mine 0", "mine 1", "mine 2", "mine 3", "other"]


@given(
    per_second=st.integers(1, 5),
    requests=st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(Urgency), st.floats(0, 0.7), st.floats(0, TRANSIT_SECONDS), st.booleans()
        ),
        max_size=25,
    ),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_second_ever_has_too_many_however_requests_come_and_go(
    tmp_path_factory: pytest.TempPathFactory, per_second: int, requests: list[tuple[int, Urgency, float, float, bool]]
) -> None:
    time, path = VirtualTime(), tmp_path_factory.mktemp("rate") / "rate.json"
    limiters = [RateLimiter(per_second, LockedFile(path), time.timer) for _ in range(3)]
    log, kept = Log(time), list[asyncio.Future[None]]()
    for process, urgency, pause, transit, cancelled in requests:
        request = asyncio.ensure_future(log.request(limiters[process], urgency=urgency, transit=transit))
        await time.pass_(pause)
        if cancelled:
            request.cancel()
        else:
            kept.append(request)
    await time.run(*kept)
    await time.pass_(0)
    assert all(request.done() for request in kept)
    assert not log.times or log.busiest_second() <= per_second
    assert [limiter.status()["waiting"] for limiter in limiters] == [0, 0, 0]
    for limiter in limiters:
        limiter.close()


async def test_a_cancelled_request_gives_its_place_up(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log = new_limiter(1), Log(time)
    first, cancelled, last = (asyncio.ensure_future(log.request(limiter, name)) for name in ("a", "b", "c"))
    await time.pass_(0.3)
    cancelled.cancel()
    await time.run(first, last)
    assert log.names == ["a", "c"]
    assert log.times[1] == pytest.approx(1000 + WINDOW_SECONDS)


async def test_a_process_that_died_in_line_holds_nobody_up_for_long(
    new_limiter: NewLimiter, time: VirtualTime, tmp_path: Path
) -> None:
    file = LockedFile(tmp_path / "rate.json")
    assert file.try_lock()
    file.write({"taken": [], "lines": {"dead": [time.seconds + 0.5, [[Urgency.ORDER, 900.0]]]}})
    file.close()
    log = Log(time)
    await time.run(log.request(new_limiter(1)))
    assert 0.5 <= log.times[0] - 1000 <= 0.7


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '{"taken": 3}', '{"taken": ["x"], "lines": []}', '{"slowdown": [1]}']
)
async def test_a_damaged_file_costs_at_most_a_window(
    new_limiter: NewLimiter, time: VirtualTime, tmp_path: Path, content: str
) -> None:
    (tmp_path / "rate.json").write_text(content)
    log = Log(time)
    await time.run(log.request(new_limiter(2)))
    assert log.times[0] - 1000 <= WINDOW_SECONDS + 0.1


class FillingDisk(LockedFile):
    full = False

    def write(self, content: Mapping[str, Any]) -> None:
        if self.full:
            raise StorageError("No space left.", remedy="Make room.", field="KIS_DATA_DIR")
        super().write(content)


async def test_a_disk_that_fills_up_under_way_does_not_hide_the_answer(time: VirtualTime, tmp_path: Path) -> None:
    file = FillingDisk(tmp_path / "rate.json")
    limiter, answered = RateLimiter(2, file, time.timer), False
    async with limiter.turn(Urgency.ORDER):
        file.full = True
        answered = True
    assert answered
    with pytest.raises(StorageError):
        await limiter.turn(Urgency.ORDER).__aenter__()
    limiter.close()


async def test_times_from_before_a_restart_of_the_machine_do_not_count(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiter, log = new_limiter(1), Log(time)
    await time.run(log.request(limiter))
    time.seconds = 5.0
    await time.run(log.request(limiter))
    assert log.times == [1000, 5.0]


async def test_a_rejection_by_kis_stops_every_process_for_a_window(new_limiter: NewLimiter, time: VirtualTime) -> None:
    mine, others, log = new_limiter(18), new_limiter(18), Log(time)
    await mine.back_off()
    await time.run(log.request(others), log.request(mine))
    assert min(log.times) == pytest.approx(1000 + WINDOW_SECONDS)


async def burst(time: VirtualTime, limiter: RateLimiter, requests: int = 40) -> int:
    """How many of so many requests leave at once."""
    log, started = Log(time), time.seconds
    await time.run(*(log.request(limiter) for _ in range(requests)))
    await time.pass_(WINDOW_SECONDS)
    return log.times.count(started)


async def test_a_rejection_by_kis_lowers_the_limit_of_every_process(new_limiter: NewLimiter, time: VirtualTime) -> None:
    mine, others = new_limiter(18), new_limiter(18)
    await mine.back_off()
    await time.pass_(WINDOW_SECONDS)
    assert await burst(time, others) == 13
    assert mine.status()["limit_now"] == 13


async def test_the_rejections_of_one_burst_lower_the_limit_once(new_limiter: NewLimiter, time: VirtualTime) -> None:
    mine, others = new_limiter(18), new_limiter(18)
    for limiter in (mine, others, mine):
        await limiter.back_off()
        await time.pass_(0.2)
    assert mine.status()["limit_now"] == 13
    await time.pass_(WINDOW_SECONDS)
    await others.back_off()
    assert mine.status()["limit_now"] == 9


async def test_a_lowered_limit_rises_slowly_and_never_over_the_operators(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiter, limits = new_limiter(4), list[int]()
    await limiter.back_off()
    for _ in range(3):
        limits.append(limiter.status()["limit_now"])
        await time.pass_(RISE_SECONDS)
    assert limits == [3, 4, 4]
    assert await burst(time, limiter) == 4


async def test_a_limit_of_one_is_not_lowered(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter = new_limiter(1)
    await limiter.back_off()
    assert limiter.status()["limit_now"] == 1


async def test_a_process_with_a_smaller_setting_keeps_its_own_and_the_lowered_one(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    mine, smaller = new_limiter(18), new_limiter(5)
    await mine.back_off()
    await time.pass_(WINDOW_SECONDS)
    assert await burst(time, smaller) == 5
    assert mine.status()["limit_now"] == 13


async def test_a_limit_lowered_before_a_restart_of_the_machine_is_forgotten(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiter = new_limiter(18)
    await limiter.back_off()
    time.seconds = 5.0
    assert limiter.status()["limit_now"] == 18


async def test_a_customer_of_three_requests_a_second_is_soon_served_without_rejections(
    new_limiter: NewLimiter, time: VirtualTime
) -> None:
    limiters, accepted, rejected = (new_limiter(18), new_limiter(18)), list[float](), list[float]()

    async def request(number: int) -> None:
        limiter = limiters[number % 2]
        while True:
            async with limiter.turn(Urgency.READ):
                now = time.seconds
                is_over = sum(now - 1 < at for at in accepted) >= 3
                (rejected if is_over else accepted).append(now)
            if not is_over:
                return
            await limiter.back_off()

    await time.run(*(request(number) for number in range(150)))
    assert len(accepted) == 150
    assert len(rejected) == 5
    assert max(rejected) < 1000 + 5 * WINDOW_SECONDS


async def test_a_long_wait_is_reported_as_it_shrinks(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log, told = new_limiter(1), Log(time), list[float]()

    async def waiting(seconds: float) -> None:
        told.append(round(seconds, 1))

    reads = [log.request(limiter) for _ in range(4)]
    await time.run(*reads, log.request(limiter, waiting=waiting))
    assert told == [4.0, 3.0, 2.0, 1.0]


async def test_a_short_wait_is_not_reported(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log, told = new_limiter(1), Log(time), list[float]()

    async def waiting(seconds: float) -> None:
        told.append(seconds)

    await time.run(log.request(limiter))
    await time.pass_(0.5)
    await time.run(log.request(limiter, waiting=waiting))
    assert told == []


async def test_a_reporter_that_hangs_or_fails_holds_nobody_up(new_limiter: NewLimiter, time: VirtualTime) -> None:
    limiter, log = new_limiter(1), Log(time)

    async def hanging(seconds: float) -> None:
        await asyncio.Event().wait()

    async def failing(seconds: float) -> None:
        raise ConnectionError

    await time.run(
        *(log.request(limiter) for _ in range(3)),
        log.request(limiter, waiting=hanging),
        log.request(limiter, waiting=failing),
        log.request(limiter),
    )
    assert len(log.times) == 6
    assert log.times[-1] == pytest.approx(1000 + 5 * WINDOW_SECONDS)


async def test_a_file_that_another_process_keeps_is_named_and_each_counts_for_itself(
    new_limiter: NewLimiter, time: VirtualTime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hanging = LockedFile(tmp_path / "rate.json")
    assert hanging.try_lock()
    limiter, log = new_limiter(2), Log(time)
    await time.run(*(log.request(limiter) for _ in range(6)), log.request(limiter, urgency=Urgency.ORDER))
    assert log.times[0] == pytest.approx(1000 + LONGEST_BUSY_SECONDS, abs=0.2)
    assert all(later - earlier >= WINDOW_SECONDS for earlier, later in zip(log.times, log.times[2:], strict=False))
    assert "rate.json, held by another process" in caplog.text
    await time.run(limiter.back_off())
    hanging.close()
    await time.run(log.request(limiter))
    assert limiter.status()["taken"] > 0
