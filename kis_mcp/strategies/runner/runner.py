"""One run of a strategy, live: it hears trades, decides at the ends of bars, and orders within its mandate.

    running: hear → bars → decide → write down → order → follow the order
    paused:  nothing is heard or ordered; what it holds stays
    stopped: the end; what it holds stays

It may be killed at any moment. What is ordered follows from what was written down, under a key that is the same
whenever the same decision is made again; what is held follows from the run's own orders.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Final

from kis_mcp.errors import KisMcpError
from kis_mcp.strategies.records import RunState, StrategyRun
from kis_mcp.strategies.runner.adjustments import PositionInDoubt
from kis_mcp.strategies.runner.live_run import LiveRun, RunReport
from kis_mcp.strategies.runner.ports import Feed
from kis_mcp.strategies.runner.terms import RunTerms

TAKEN_UP: Final = "A process keeps it."
RESTARTED: Final = "The process that kept it has ended. Look at what it holds, and resume it to go on."

_MOST_OF_MESSAGE: Final = 200

POLL_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 30.0
HEAR_SECONDS: Final = 0.5
"""The longest wait for a trade: so often it is looked whether a bar has ended by the clock."""

SLOW_SECONDS: Final = 1.0
"""For what came at once; beyond it is told."""

_log = logging.getLogger(__name__)


class Runner:
    """Runs one strategy until it is stopped.

    Args:
        feed: What is traded.
        halt_reason: Why no orders may go out at all; None while they may.
        resumes: Whether it goes on though the process that kept it has ended, or it was paused.

    Attributes:
        report: How it is doing.
    """

    def __init__(
        self,
        terms: RunTerms,
        feed: Feed,
        *,
        halt_reason: Callable[[], str | None] = lambda: None,
        resumes: bool = False,
    ) -> None:
        self._terms = terms
        self._feed = feed
        self._halt_reason = halt_reason
        self._resumes = resumes
        self._looked_at: datetime | None = None
        self.report = RunReport()

    async def run(self) -> None:
        """Take the run up, and keep it until it is stopped. Cancelled, it can be taken up again.

        Raises:
            StorageError: Its records cannot be read or written.
        """
        run = await self._take_up()
        while run.state != "stopped":
            if why := self._reason_to_stop(None):
                run = await self._set("stopped", why)
            elif run.state == "paused":
                await self._terms.sleep(POLL_SECONDS)
                run = await self._read_run()
            else:
                await self._keep()
                run = await self._read_run()

    async def _take_up(self) -> StrategyRun:
        run = await self._read_run()
        if run.state == "running" and run.reason.startswith(TAKEN_UP) and not self._resumes:
            return await self._set("paused", RESTARTED)
        if run.state == "paused" and self._resumes:
            return await self._set("running", TAKEN_UP)
        return run

    async def _keep(self) -> None:
        """Run until it is to stand still, or cannot go on for now."""
        live = LiveRun(self._terms, self.report)
        try:
            await self._feed.open()
            await live.prepare()
            run = await self._set("running", TAKEN_UP, only_from="running")  # a person may have paused it meanwhile
            why = await self._follow(live) if run.state == "running" else ""
        except KisMcpError as error:
            why = str(error)
        except PositionInDoubt as doubt:
            why = ""
            _log.warning("Strategy %s was paused: %s", self._terms.run.strategy, doubt)
            await self._set("paused", str(doubt))
        except Exception as error:
            _log.exception("Strategy %s was paused by a fault in kis-mcp", self._terms.run.strategy)
            why = ""
            await self._set("paused", fault_reason(error, live.holdings()))
        finally:
            await live.aclose()
            await self._feed.close()
        if why:
            _log.warning("Strategy %s waits %g s: %s", self._terms.run.strategy, RETRY_SECONDS, why)
            await self._set("running", f"{TAKEN_UP} It waits, and tries again: {why}", only_from="running")
            await self._terms.sleep(RETRY_SECONDS)

    async def _follow(self, live: LiveRun) -> str:
        """Hear and decide; returns why nothing is heard any more, or nothing where it is to stand still."""
        while not await self._is_over(live):
            heard = await self._feed.read(HEAR_SECONDS)
            begun = perf_counter()
            await live.take(heard)
            self._note_time(perf_counter() - begun)
            if heard.ended_because:
                return heard.ended_because
        return ""

    async def _is_over(self, live: LiveRun) -> bool:
        """Whether it is to stand still: by its mandate, the kill switch, its loss, or a person."""
        live.look()
        now = self._terms.clock()
        is_early = self._looked_at is not None and abs((now - self._looked_at).total_seconds()) < POLL_SECONDS
        if is_early:
            return False
        self._looked_at = now
        if why := self._reason_to_stop(live):
            await self._set("stopped", why)
            return True
        return (await self._read_run()).state != "running"

    def _reason_to_stop(self, live: LiveRun | None) -> str:
        bounds = self._terms.bounds
        holds = "" if live is None else live.what_stays()
        if halted := self._halt_reason():
            return f"Orders are halted: {halted}.{holds}"
        if bounds.until is not None and self._terms.clock() >= bounds.until:
            return f"Its mandate ended at {bounds.until:%Y-%m-%d %H:%M}.{holds}"
        if live is None or live.is_selling():  # what it has decided to sell is still sold
            return ""
        if live.outside:
            return f"{live.outside}{holds}"
        if bounds.most_loss is None or (loss := live.loss()) < bounds.most_loss:
            return ""
        return f"It lost {round(loss, 2).normalize():,f}, and it may lose {bounds.most_loss:,f}.{holds}"

    def _note_time(self, seconds: float) -> None:
        self.report.slowest = max(self.report.slowest, seconds)
        if seconds > SLOW_SECONDS:
            self.report.slow += 1
            _log.warning("Strategy %s took %.1f s for what came at once.", self._terms.run.strategy, seconds)

    async def _read_run(self) -> StrategyRun:
        run = await self._terms.records.find_run(self._terms.run.id)
        assert run is not None, self._terms.run.id
        return run

    async def _set(self, state: RunState, reason: str, only_from: RunState | None = None) -> StrategyRun:
        set_state = self._terms.records.set_run_state
        return await set_state(self._terms.run.id, state, reason, self._terms.clock(), only_from=only_from)


def fault_reason(error: Exception, holds: str = "") -> str:
    """Why a run is paused that a fault of the program ended.

    Args:
        holds: What it holds, in words.
    """
    said = " ".join(str(error).split())[:_MOST_OF_MESSAGE]
    fault = f"{type(error).__name__}: {said}" if said else type(error).__name__
    told = [f"A fault in kis-mcp paused it ({fault}).", "Its orders stand as they are."]
    if holds:
        told.append(f"It holds {holds}, which no stop watches now.")
    told.append("The log of kis-mcp has the details; report them, and resume it to go on.")
    return " ".join(told)
