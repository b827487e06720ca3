"""An approval page that waits, and whoever looks at it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from kis_mcp.clock import KST
from kis_mcp.confirm.page.approvals import Approvals
from kis_mcp.confirm.pin import Pin
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.question import QuestionFacts

PIN = "2580"
SECONDS = 120.0
DOOR = '<meta http-equiv="refresh" content="0">'
FACTS = QuestionFacts(
    environment="REAL",
    headline="BUY 3 삼성전자",
    terms={
        "kis_title": "Buy or sell stock with cash, 주식주문(현금)",
        "instrument": "삼성전자 (005930), krx",
        "side": "buy",
        "quantity": "3",
        "order_type": "limit",
        "price": "60,000 KRW",
        "amount": "180,000 KRW",
        "fees": "about 25 KRW",
        "buying_power": "1.8%",
        "account": "87****21-01",
        "reference": "domestic_stock_order_cash, intent 01KJVA0Y5T4X9M7QH2C8D3WNRB",
    },
    warnings=("The price is 14% below the last one.",),
)


@dataclass
class FakeTime:
    """Stands still until it is moved."""

    now: datetime = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
    moved: anyio.Event = field(default_factory=anyio.Event)

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            await self.moved.wait()

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.moved, moved = anyio.Event(), self.moved
        moved.set()


@dataclass
class Waiting:
    """A question that waits: its page's address, and the decision once there is one."""

    approvals: Approvals
    time: FakeTime
    facts: QuestionFacts = FACTS
    reports: list[str] = field(default_factory=list)
    reported: anyio.Event = field(default_factory=anyio.Event)
    url: str = ""
    decision: Decision | None = None
    done: anyio.Event = field(default_factory=anyio.Event)

    async def run(self, subject: str = "an-intent") -> None:
        self.decision = await self.approvals.ask(subject, self.facts, self.report)
        self.done.set()

    async def report(self, message: str) -> None:
        self.reports.append(message)
        found = re.search(r"http://\S+", message)
        assert found
        self.url = found[0]
        self.reported.set()

    @property
    def origin(self) -> str:
        return self.url.rpartition("/")[0]


class Visitor:
    """Whoever has the page open, as a browser would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(headers={"Origin": url.rpartition("/")[0]}, trust_env=False)

    async def look(self) -> httpx.Response:
        """Open the page; the first visit is led there once more, with the cookie."""
        page = await self.http.get(self.url)
        return await self.http.get(self.url) if DOOR in page.text else page

    async def answer(self, answer: str, pin: str = "", **changes: Any) -> httpx.Response:
        """Open the page and send its form; ``changes`` are other fields."""
        return await self.send({**form(await self.look()), "answer": answer, "pin": pin, **changes})

    async def send(self, fields: dict[str, str], **more: Any) -> httpx.Response:
        return await self.http.post(self.url, data=fields, **more)


def form(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page.text))


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def approvals(tmp_path: Path, time: FakeTime) -> Approvals:
    Pin(tmp_path).set(PIN)
    return Approvals(tmp_path, seconds=SECONDS, clock=time.clock, sleep=time.sleep, show=nobody)


@asynccontextmanager
async def waiting(
    approvals: Approvals, time: FakeTime, facts: QuestionFacts = FACTS
) -> AsyncGenerator[tuple[Waiting, Visitor]]:
    """A question on its page. What still waits at the end is cancelled."""
    question = Waiting(approvals, time, facts)
    asking = asyncio.create_task(question.run())
    await question.reported.wait()
    visitor = Visitor(question.url)
    async with visitor.http:
        yield question, visitor
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking


@pytest.fixture
async def page(approvals: Approvals, time: FakeTime) -> AsyncGenerator[tuple[Waiting, Visitor]]:
    async with waiting(approvals, time) as opened:
        yield opened


async def nobody(url: str) -> None:
    """Nobody looks by themselves."""
