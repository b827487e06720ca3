"""Asking the person at this machine on a local page, for clients that cannot ask."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.to_thread

from kis_mcp.clock import Clock
from kis_mcp.confirm.page.approval import Approval
from kis_mcp.confirm.page.browser import open_in_browser
from kis_mcp.confirm.pin import MOST_WRONG, Pin
from kis_mcp.errors import OrderRefused
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import QuestionFacts

Report: TypeAlias = Callable[[str], Awaitable[None]]

REPORT_SECONDS = 2.0
"""How often a waiting client is told that the page still waits. Some give up after 5 s without a sign of life."""

_FOLDER = "approvals"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Page:
    approval: Approval
    url: str


class Approvals:
    """The approval pages of one server. Each question has a page, a port and an address of its own while it is open.

    Args:
        folder: Where the PIN is kept, and the files that lead browsers to pages.
        seconds: How long a question stands.
        clock: What time it is.
        sleep: Waits.
        show: Puts a page before the person, and is cancelled when it is gone; opens a browser when left out.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seconds: float,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        show: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self.pin = Pin(folder)
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._show = show or partial(open_in_browser, folder=folder / _FOLDER)
        self._open: dict[str, _Page] = {}

    async def ask(self, subject: str, facts: QuestionFacts, report: Report) -> Decision:
        """Put the question on a page and wait for the decision. A caller that is cancelled closes its page.

        Args:
            subject: What it is about, such as an intent's id. Who asks the same while its page is open shares the page.
            report: Told where the page is, now and then until it is decided.

        Raises:
            OrderRefused: The PIN is locked.
        """
        if await anyio.to_thread.run_sync(self.pin.is_locked):
            raise OrderRefused(
                f"The approval PIN is locked after {MOST_WRONG} wrong PINs. Nothing was sent.",
                remedy=f"This is for the person at this machine: {self.pin.renewal}",
            )
        await anyio.to_thread.run_sync(_import_server)
        if page := self._open.get(subject):
            return await self._decision(page, report)
        async with self._open_page(subject, facts) as page:
            return await self._decision(page, report)

    @asynccontextmanager
    async def _open_page(self, subject: str, facts: QuestionFacts) -> AsyncGenerator[_Page]:
        from kis_mcp.confirm.page.serving import listen, serve
        from kis_mcp.confirm.page.web import approval_app

        approval = Approval(facts, self._clock() + timedelta(seconds=self._seconds), self.pin, self._clock)
        listener, host = listen()
        page = self._open[subject] = _Page(approval, f"http://{host}/{approval.path}")
        async with serve(approval_app(approval, host), listener), anyio.create_task_group() as tasks:
            tasks.start_soon(self._expire, approval)
            tasks.start_soon(self._show, page.url)
            _log.warning("Waiting for approval at %s", page.url)
            try:
                yield page
            finally:
                del self._open[subject]
                approval.decide("cancelled", "the call was cancelled")
                tasks.cancel_scope.cancel()

    async def _expire(self, approval: Approval) -> None:
        await self._sleep(self._seconds)
        approval.expire()

    async def _decision(self, page: _Page, report: Report) -> Decision:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._report, page, report)
            await page.approval.wait()
            tasks.cancel_scope.cancel()
        return await page.approval.wait()

    async def _report(self, page: _Page, report: Report) -> None:
        """A client that takes no reports can still be approved for."""
        try:
            while True:
                left = page.approval.seconds_left
                await report(
                    f"Waiting for a person to approve at {page.url} ({left:.0f} s left). A client that gives up earlier"
                    f" takes the page away: let its time-out for tool calls be over {self._seconds:.0f} s."
                )
                await self._sleep(REPORT_SECONDS)
        except Exception as error:
            _log.warning("The wait for approval could not be reported: %s", type(error).__name__)


def _import_server() -> None:
    """Run in a thread, so that other calls go on meanwhile."""
    from kis_mcp.confirm.page import serving, web

    _ = serving, web
