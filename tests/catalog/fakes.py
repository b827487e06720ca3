"""Stand-ins for KIS and the cache, in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kis_mcp.catalog.gateway import KisReply, KisRequest, MayLeave, WaitReporter
from kis_mcp.clock import KST


async def at_once() -> None:
    """Any order may leave."""


class FakeGateway:
    """Answers with what it is given and remembers the requests."""

    def __init__(self, answer: Callable[[KisRequest], KisReply]) -> None:
        self.answer = answer
        self.read_requests: list[KisRequest] = []
        self.order_requests: list[KisRequest] = []

    async def read(self, request: KisRequest, *, waiting: WaitReporter | None = None) -> KisReply:
        self.read_requests.append(request)
        return self.answer(request)

    async def order(self, request: KisRequest, may_leave: MayLeave) -> KisReply:
        await may_leave()
        self.order_requests.append(request)
        return self.answer(request)


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 5, 29, 10, 0, tzinfo=KST)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class MemoryCache:
    """A `ReplyCache` in a dictionary, by the given clock."""

    clock: FakeClock
    kept: dict[str, tuple[KisReply, datetime, str]] = field(default_factory=dict)

    def get(self, key: str) -> KisReply | None:
        reply, until, _ = self.kept.get(key, (None, self.clock.now, ""))
        return reply if until > self.clock.now else None

    def put(self, key: str, reply: KisReply, seconds: float, tag: str) -> None:
        self.kept[key] = (reply, self.clock.now + timedelta(seconds=seconds), tag)

    def drop(self, tag: str) -> None:
        self.kept = {key: entry for key, entry in self.kept.items() if entry[2] != tag}
