"""A call that is cancelled at any step: what was sent is journaled, and what was not is not sent later by itself."""

import asyncio
from typing import Any

import pytest

from kis_mcp.environment import Environment
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.journal import Status
from tests.trading.desk.test_desk import CAPS, Desk
from tests.trading.fakes import FakeKis

JOURNAL_STEPS = ("find_by_key", "same_as", "propose", "find", "decide", "claim", "conclude")
KIS_STEPS = ("rows", "waiting", "before", "after")


def cancelling(owner: object, step: str, when: str, number: int, task: list[asyncio.Task[Any]]) -> None:
    """Let the ``number``-th run of a step cancel the call that is in hand."""
    run = getattr(owner, step)
    runs = 0

    async def cancels(*arguments: Any, **named: Any) -> Any:
        nonlocal runs
        runs += 1
        result = await run(*arguments, **named) if when == "after" else None
        if runs == number:
            task[0].cancel()
            await asyncio.sleep(0)
        return result if when == "after" else await run(*arguments, **named)

    setattr(owner, step, cancels)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [*JOURNAL_STEPS, *KIS_STEPS])
async def test_a_call_cancelled_at_any_step_leaves_one_order_or_none_and_a_journal_that_says_which(
    kis: FakeKis, journal: SqlJournal, step: str, when: str, number: int
) -> None:
    desk, task = Desk(kis, journal, Environment.SIM, CAPS), list[asyncio.Task[Any]]()
    cancelling(journal if step in JOURNAL_STEPS else kis, step, when, number, task)

    async def call() -> None:
        await desk.desk.execute(await desk.confirmed(key="k"))

    task.append(asyncio.create_task(call()))
    await asyncio.gather(*task, return_exceptions=True)
    await desk.desk.aclose()
    statuses = [record.status for record in await journal.history()]
    assert len(kis.posts) <= 1
    if kis.posts:
        assert statuses == [Status.ACCEPTED]
    else:
        assert statuses in ([], [Status.PROPOSED], [Status.CONFIRMED]), "nothing claims to be under way"
