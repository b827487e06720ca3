"""A channel's buffer against a plain list of all that ever came."""

import asyncio
from datetime import datetime, timedelta

from hypothesis import given, strategies as st

from kis_mcp.catalog.live import Channel, Frame, Gap
from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.streams.stream import Batch, Stream

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
PROGRAMS = next(api for api in catalog().apis if api.tool == "domestic_stock_program_trade_krx")
WIDTH = len(PROGRAMS.blocks[0].fields)
CHANNEL = Channel("H0STPGM0", "005930")


def fields(number: int) -> list[str]:
    """A record that is told from others by its volume."""
    return ["005930", "093000", str(number), *["0"] * (WIDTH - 3)]


def frame(first: int, count: int) -> Frame:
    payload = "^".join(text for number in range(first, first + count) for text in fields(number))
    return Frame("H0STPGM0", count, payload, NOW)


def numbers(batch: Batch) -> list[object]:
    name = PROGRAMS.blocks[0].fields[2].name
    return [record[name] for record in batch.records]


@given(
    st.lists(st.integers(1, 4), max_size=30),
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(-2, 200), st.one_of(st.none(), st.integers(1, 9))), max_size=6),
)
def test_a_reader_gets_what_is_kept_once_each_and_is_told_what_it_lost(
    sizes: list[int], most: int, readings: list[tuple[int, int | None]]
) -> None:
    stream, came, frames = Stream(PROGRAMS, CHANNEL, most=most), 0, list[int]()
    for size in sizes:
        stream.append(frame(came, size))
        came += size
        frames.append(size)
    kept = came
    for size in reversed(frames):
        if came - kept + size > most and came > kept:
            break
        kept -= size
    for cursor, limit in readings:
        start = min(max(cursor, 0), came)
        batch = stream.read(cursor, limit)
        begin = max(start, kept)
        end = came if limit is None else min(came, begin + limit)
        assert (numbers(batch), batch.cursor, batch.lost) == (list(range(begin, end)), end, max(0, kept - start))


@given(st.lists(st.integers(1, 4), max_size=30), st.integers(1, 5))
def test_reading_on_from_each_cursor_tells_everything_in_order(sizes: list[int], limit: int) -> None:
    stream, came, read, cursor = Stream(PROGRAMS, CHANNEL), 0, list[object](), 0
    for size in sizes:
        stream.append(frame(came, size))
        came += size
        batch = stream.read(cursor, limit)
        read, cursor = [*read, *numbers(batch)], batch.cursor
    while cursor < came:
        batch = stream.read(cursor, limit)
        read, cursor = [*read, *numbers(batch)], batch.cursor
    assert read == list(range(came))


def test_a_frame_that_cannot_be_divided_is_counted_and_the_others_are_read() -> None:
    stream = Stream(PROGRAMS, CHANNEL)
    stream.append(frame(0, 2))
    stream.append(Frame("H0STPGM0", 3, "005930^1", NOW))
    stream.append(frame(5, 1))
    for _ in range(2):
        batch = stream.read(0)
        assert (numbers(batch), batch.cursor, batch.unreadable) == ([0, 1, 5], 6, 3)
    assert stream.status(NOW).unreadable == 3


def test_a_gap_is_told_until_the_reader_has_heard_of_it() -> None:
    stream, gap = Stream(PROGRAMS, CHANNEL), Gap(NOW, NOW + timedelta(seconds=3))
    stream.append(frame(0, 2))
    stream.report_gap(gap, 7)
    stream.append(frame(2, 1))
    told = stream.read(3)
    assert (told.gaps, told.last_gap) == ([gap], 7)
    assert stream.read(0, gaps=told.last_gap).gaps == []


async def test_a_reader_waits_for_the_next_record_or_gap() -> None:
    stream = Stream(PROGRAMS, CHANNEL)
    stream.append(frame(0, 1))
    await stream.wait(0, 0)
    waiting = [asyncio.create_task(stream.wait(1, 0)) for _ in range(2)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    stream.append(frame(1, 1))
    await asyncio.gather(*waiting)
    after_gap = asyncio.create_task(stream.wait(2, 0))
    await asyncio.sleep(0)
    stream.report_gap(Gap(NOW, NOW), 1)
    await after_gap
    after_the_next = asyncio.create_task(stream.wait(2, stream.last_gap))
    await asyncio.sleep(0)
    assert not after_the_next.done()
    stream.report_gap(Gap(NOW, NOW), 2)
    await after_the_next


def test_the_status_tells_the_last_minutes_pace() -> None:
    stream = Stream(PROGRAMS, CHANNEL)
    for number in range(6):
        stream.append(frame(number, 1))
    status = stream.status(NOW + timedelta(seconds=60))
    assert (status.records, status.per_second, status.last_at) == (6, 0.1, NOW)
    assert stream.status(NOW + timedelta(seconds=61)).per_second == 0
