"""What the process that has the session tells those who want channels of it."""

import asyncio
import gc
from datetime import datetime

import pytest

from kis_mcp.catalog.live import Channel, Frame, Gap, LiveReceiver, Outage
from kis_mcp.clock import KST
from kis_mcp.kis.live.holder import Holder, Owner
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.kis.timer import Timer

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
SAMSUNG, HYNIX = Channel("H0STCNT0", "005930"), Channel("H0STCNT0", "000660")


class TakesAll(LiveSession):
    """Registers for anything, without a link."""

    async def register(self, channel: Channel) -> None: ...


class Receiver:
    def __init__(self) -> None:
        self.outages: list[Outage | None] = []

    def receive(self, frame: Frame) -> None: ...
    def report_gap(self, gap: Gap) -> None: ...
    def report_outage(self, outage: Outage | None) -> None:
        self.outages.append(outage)


async def approve(fresh: bool) -> str:
    return "approved"


def holder() -> Holder:
    def open_session(receiver: LiveReceiver) -> LiveSession:
        return TakesAll("ws://127.0.0.1:9", approve, receiver, clock=lambda: NOW)

    return Holder(open_session, b"secret", clock=lambda: NOW, timer=Timer(), changed=lambda: None)


async def test_who_comes_while_nothing_comes_is_told_so() -> None:
    held, first, second = holder(), Receiver(), Receiver()
    await held.register(Owner(first, "first"), SAMSUNG)
    held.report_outage(Outage(NOW, "Silence.", (SAMSUNG, HYNIX)))
    await held.register(Owner(second, "second"), HYNIX)
    assert first.outages == [None, Outage(NOW, "Silence.", (SAMSUNG,))]
    assert second.outages == [Outage(NOW, "Silence.", (HYNIX,))]
    held.report_outage(None)
    assert [first.outages[-1], second.outages[-1]] == [None, None]
    await held.aclose()


async def test_one_that_ends_at_once_leaves_nothing_that_was_never_awaited(recwarn: pytest.WarningsRecorder) -> None:
    held = holder()
    await held.open()
    (begun,) = asyncio.all_tasks() - {asyncio.current_task()}
    begun.cancel()
    await held.aclose()
    del held, begun
    await asyncio.sleep(0)  # the loop lets go of what it ran
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []
