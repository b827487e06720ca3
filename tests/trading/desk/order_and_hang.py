"""A process that sends an order and never gets the answer, for a test to kill. Prints the intent once KIS has it."""

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.guard.limits import OrderLimits
from tests.trading.fakes import ORDER_CASH, FakeClock, FakeKis, checked, order_desk


async def main(path: Path) -> None:
    clock = FakeClock()
    kis = FakeKis(clock)
    journal = await SqlJournal.open(path)
    desk = order_desk(kis, journal, OrderLimits(Decimal(10**6)))
    buy = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}
    proposal = await desk.propose(checked(ORDER_CASH, buy))

    async def hang() -> None:
        print(proposal.intent_id, flush=True)
        await asyncio.Event().wait()

    kis.after = hang
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(proposal.intent_id)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
