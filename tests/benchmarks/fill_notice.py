"""How long a fill at KIS takes until the tool's process knows of it: the simulator's websocket, encrypted, to the book.

python -m tests.benchmarks.fill_notice [orders]
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from kis_mcp.market import OrderNotice
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import SimulatorOptions, run_simulator
from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.live.publisher import Publisher
from kis_mcp.trading.blotter import NoticeBook
from tests.benchmarks.report import line, median
from tests.client import NOW, connected, settings_for

MOST_MS = 100.0


async def main(orders: int) -> None:
    filled: dict[str, float] = {}
    told: dict[str, float] = {}
    publish, add = Publisher.publish_orders, NoticeBook.add

    def publish_orders(self: Publisher, events: Sequence[OrderEvent]) -> None:
        filled.update({event.order.number.lstrip("0"): time.perf_counter() for event in events if event.fill})
        publish(self, events)

    def add_notices(self: NoticeBook, notices: Any) -> list[OrderNotice]:
        fresh = add(self, notices)
        told.update({one.order_id.lstrip("0"): time.perf_counter() for one in fresh if one.event == "filled"})
        return fresh

    Publisher.publish_orders, NoticeBook.add = publish_orders, add_notices
    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    with tempfile.TemporaryDirectory() as folder:
        async with run_simulator(options) as simulator:
            settings = settings_for(
                simulator, confirm="never", data_dir=folder, max_order_quantity=1_000_000, max_order_notional=10**12
            )
            async with connected(settings, SurfaceOptions()) as client:
                for number in range(1, orders + 1):
                    order = {"symbol": "005930", "side": "buy", "quantity": number, "order_type": "market"}
                    await client.call_tool("place_order", order)
                await asyncio.sleep(1)
    waits = sorted((told[number] - filled[number]) * 1_000 for number in told.keys() & filled.keys())
    print(f"{len(filled)} orders filled, {len(waits)} of them notified; median {median(waits):.1f} ms")
    line("fill at KIS to notice in the tool, p99", quantiles(waits, n=100)[98], "ms", MOST_MS)


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
