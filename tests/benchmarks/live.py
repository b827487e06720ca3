"""What live data costs: frames received and decoded beside a plain split of them, latency through a socket, memory.

    python -m tests.benchmarks.live [events]

A process of its own plays KIS' websocket; it sends trades of 41 stocks at a fixed pace and writes the time into each.
"""

import asyncio
import gc
import multiprocessing
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from websockets.asyncio.server import ServerConnection, serve

from kis_mcp.catalog.live import Channel, Frame, Gap, LiveReceiver, Outage, SlotUses
from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST, system_clock
from kis_mcp.kis.live.messages import Data, read_message
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.streams import Streams
from kis_mcp.streams.stream import MOST_RECORDS
from tests.benchmarks.report import line, median, resident

TRADES = catalog().find("domestic_stock_ccnl_krx")
assert TRADES is not None
WIDTH = len(TRADES.blocks[0].fields)
SYMBOLS = [f"{number:06}" for number in range(41)]
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
ROUNDS, SLICE_SECONDS = 5, 0.01
TURNOVER = WIDTH - 33
"""Which field carries the time at which a frame was sent, in nanoseconds: the turnover, a whole number."""


RECORD = (
    "005930^093354^71900^5^-100^-0.14^72023.83^72100^72400^71700^71900^71800^1^3052507^219853241700^5105^6937^1832^84.90"
    "^1366314^1159996^1^0.39^20.28^090020^5^-200^090820^5^-500^092619^2^200^20230612^20^N^65945^216924^1118750^2199206"
    "^0.05^2424142^125.92^0^^72100^2"
)


def record(symbol: str, mark: int) -> str:
    fields = list[str](RECORD.split("^"))
    fields[0], fields[TURNOVER] = symbol, str(mark)
    return "^".join(fields)


def frame(number: int) -> str:
    return f"0|H0STCNT0|001|{record(SYMBOLS[number % len(SYMBOLS)], number)}"


class Nowhere:
    """A gateway that registers nothing: for streams that are fed by hand."""

    async def register(self, channel: Channel) -> None: ...
    async def release(self, channel: Channel) -> None: ...
    async def slots(self) -> SlotUses:
        return SlotUses()

    async def aclose(self) -> None: ...


async def subscribed() -> Streams:
    streams = Streams(lambda receiver: Nowhere())
    assert TRADES is not None
    for symbol in SYMBOLS:
        await streams.subscribe(TRADES, Channel("H0STCNT0", symbol))
    return streams


def take(streams: Streams, text: str) -> None:
    data = read_message(text)
    assert isinstance(data, Data)
    streams.receive(Frame(data.tr_id, data.count, data.payload, NOW))


def per_second(texts: Sequence[str], work: object) -> float:
    assert callable(work)
    begun = time.process_time()
    for text in texts:
        work(text)
    return len(texts) / (time.process_time() - begun)


async def measure_decoding(count: int) -> None:
    texts = [frame(number) for number in range(count)]
    received, read, split = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        streams = await subscribed()
        split.append(per_second(texts, lambda text: text.split("|", 3)[3].split("^")))
        received.append(per_second(texts, lambda text, streams=streams: take(streams, text)))
        begun = time.process_time()
        rows = sum(len(stream.read(0).records) for stream in streams.streams())
        read.append(rows / (time.process_time() - begun))
    print(
        f"a second on one core: split {median(split):,.0f}, received {median(received):,.0f}, read {median(read):,.0f}"
    )
    line(
        "received lazily / a plain split",
        median([a / b for a, b in zip(received, split, strict=True)]),
        "×",
        0.15,
        at_least=True,
    )
    line("received and decoded in full", median(read), "a second", 2000, at_least=True)


async def measure_memory(events: int) -> None:
    """From full buffers on: what fills them is kept, and no leak."""
    streams = await subscribed()
    for number in range(2 * MOST_RECORDS * len(SYMBOLS)):
        take(streams, frame(number))
    gc.collect()
    before = resident()
    for number in range(events):
        take(streams, frame(number))
    gc.collect()
    after = resident()
    print(f"memory over {events:,} events: {before:.1f} MB to {after:.1f} MB")
    line("memory after all events / with full buffers", after / before, "×", 1.05)


def play_kis(pace: int, seconds: float, port: "multiprocessing.Queue[int]") -> None:
    """KIS' websocket: takes 41 registrations, then sends so many trades a second."""

    async def send(link: ServerConnection) -> None:
        for _ in SYMBOLS:
            text = await link.recv()
            key = str(text).rpartition('"tr_key": "')[2][:6]
            await link.send(
                f'{{"header":{{"tr_id":"H0STCNT0","tr_key":"{key}"}},"body":{{"rt_cd":"0","msg_cd":"OPSP0000"}}}}'
            )
        await asyncio.sleep(0.5)
        begun, sent = time.monotonic(), 0
        while sent < pace * seconds:
            due = min(int((time.monotonic() - begun) * pace) + 1, int(pace * seconds))
            for number in range(sent, due):
                stamp = record(SYMBOLS[number % len(SYMBOLS)], time.monotonic_ns())
                await link.send(f"0|H0STCNT0|001|{stamp}")
            sent = due
            await asyncio.sleep(SLICE_SECONDS / 5)
        await link.wait_closed()

    async def main() -> None:
        async with serve(send, "127.0.0.1", 0, ping_interval=None) as server:
            port.put(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    asyncio.run(main())


class Stopwatch:
    """Hands on to the streams, and notes how old each frame is then."""

    def __init__(self) -> None:
        self.streams: LiveReceiver | None = None
        self.ages: list[float] = []

    def receive(self, frame: Frame) -> None:
        assert self.streams
        self.streams.receive(frame)
        sent_at = int(frame.payload.split("^", TURNOVER + 1)[TURNOVER])
        self.ages.append((time.monotonic_ns() - sent_at) / 1e6)

    def report_gap(self, gap: Gap) -> None:
        assert self.streams
        self.streams.report_gap(gap)

    def report_outage(self, outage: Outage | None) -> None:
        assert self.streams
        self.streams.report_outage(outage)


async def approve(fresh: bool) -> str:
    return "approved"


async def measure_latency(pace: int, seconds: float) -> None:
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=play_kis, args=(pace, seconds, ports), daemon=True)
    process.start()
    try:
        url = f"ws://127.0.0.1:{await asyncio.to_thread(ports.get)}/tryitout"
        watch = Stopwatch()
        streams = Streams(lambda receiver: LiveSession(url, approve, watch, clock=system_clock))
        watch.streams = streams
        assert TRADES is not None
        for symbol in SYMBOLS:
            await streams.subscribe(TRADES, Channel("H0STCNT0", symbol))
        wanted, deadline = int(pace * seconds), time.monotonic() + seconds * 3 + 5
        worked, collections = time.process_time(), [each["collections"] for each in gc.get_stats()]
        while len(watch.ages) < wanted and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        worked = (time.process_time() - worked) / max(1, len(watch.ages))
        collections = [each["collections"] - n for each, n in zip(gc.get_stats(), collections, strict=True)]
        await streams.aclose()
    finally:
        process.terminate()
        process.join()
    ages = sorted(watch.ages)
    print(f"{pace:,} events a second for {seconds:g} s: median {median(ages):.2f} ms, worst {ages[-1]:.1f} ms")
    print(f"of the receiver's own time {worked * 1e6:.0f} µs an event; collections by generation: {collections}")
    line(f"p99 from KIS' socket to the stream at {pace:,}/s", ages[int(len(ages) * 0.99)], "ms", 20)
    line(f"dropped at {pace:,}/s", wanted - len(ages), "events", 0)


async def main(events: int) -> None:
    gc.collect()
    gc.freeze()  # as the server does once it has started
    await measure_decoding(10_000)
    for pace in (2_000, 10_000):
        await measure_latency(pace, 5)
    await measure_memory(events)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
