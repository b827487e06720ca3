"""What the simulator's memory does over very many trades of one customer, three seconds apart.

python -m tests.benchmarks.trades [trades]
"""

import sys
import time
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.model import Side, Ticket
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.benchmarks.report import line, resident

START = datetime(2026, 6, 15, 11, 0, 7, tzinfo=KST)
STEPS = 10


def main(trades: int) -> None:
    market, store = Market(1), StateStore(None)
    books = Books(market, store, {"KRW": Decimal(10**12)})
    broker = Broker(market, books, store, check_hours=False)
    account, now = books.account("real", "11112222", "01", "owner"), START
    sizes: list[float] = []
    for step in range(STEPS):
        begun = time.perf_counter()
        for number in range(trades // STEPS):
            now += timedelta(seconds=3)
            broker.advance(now)
            side = Side.SELL if number % 2 else Side.BUY
            broker.place(account, Ticket("005930", side, 1, "01", Decimal(0), venue="KRX"), now)
            broker.save()
        sizes.append(resident())
        each = (time.perf_counter() - begun) / (trades // STEPS)
        print(f"{(step + 1) * (trades // STEPS):>9} trades {sizes[-1]:>8.1f} MB {each * 1e6:>8.0f} µs a trade")
    assert len(books.fills) >= trades // STEPS * STEPS
    line("memory after the last tenth / after the first three", sizes[-1] / sizes[2], "×", 1.1)
    store.close()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
