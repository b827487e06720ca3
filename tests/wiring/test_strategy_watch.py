"""A strategy kept at a terminal, without a server."""

import anyio

from kis_mcp.clock import WorldClock
from kis_mcp.settings.settings import Settings
from kis_mcp.wiring.strategy_watch import follow_strategy
from tests.server.tools.strategies.live import AT_ONCE, BEGIN, SPEED, call, short_looks, trading

__all__ = ["short_looks"]


async def test_a_started_strategy_goes_on_at_a_terminal_and_tells_decisions_orders_and_its_end() -> None:
    clock, lines = WorldClock(at=BEGIN, speed=0), list[str]()
    async with trading(clock) as client:
        await call(client, "start", strategy=AT_ONCE, bounds={"orders_a_day": 2})
        await call(client, "pause", strategy=AT_ONCE["id"])
    clock.run(SPEED)

    async def pass_time(seconds: float) -> None:
        await anyio.sleep(min(seconds, 0.1))

    def told(words: str) -> bool:
        return any(words in line for line in lines)

    with anyio.move_on_after(20):
        async with anyio.create_task_group() as running:

            async def follow() -> None:
                await follow_strategy(Settings.load(), AT_ONCE["id"], lines.append, clock=clock, sleep=pass_time)

            running.start_soon(follow)
            while not told("accepted"):  # noqa: ASYNC110
                await anyio.sleep(0.1)
            running.cancel_scope.cancel()
    assert lines[0].startswith("at-once in sim, under mandate ")
    assert told("running: A process keeps it.")
    assert told("005930: enter 10")
    assert told("buy 10 005930, accepted")
