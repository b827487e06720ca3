"""Telling a caller how long it still has to wait, without making anybody wait for the telling."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from kis_mcp.catalog import WaitReporter
from kis_mcp.kis.timer import Timer

REPORT_SECONDS = 1.0
"""A longer wait is reported, and again this often."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def reported(
    waiting: WaitReporter | None, seconds_left: Callable[[], float], timer: Timer
) -> AsyncGenerator[None]:
    """Report the wait inside this block for as long as it lasts.

    It happens beside the block, so that a reporter that hangs or fails holds nothing up.
    """
    if waiting is None:
        yield
        return
    reporting = asyncio.create_task(_report(waiting, seconds_left, timer))
    try:
        yield
    finally:
        reporting.cancel()


async def _report(waiting: WaitReporter, seconds_left: Callable[[], float], timer: Timer) -> None:
    try:
        while True:
            if (seconds := seconds_left()) > REPORT_SECONDS:
                await waiting(seconds)
            await timer.sleep(REPORT_SECONDS)
    except Exception as error:
        _log.warning("A wait could not be reported: %s", type(error).__name__)
