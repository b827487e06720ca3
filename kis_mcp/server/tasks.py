"""Calls that a client need not wait for: they run on, and the client asks now and then how they stand.

What belongs to MCP is in :mod:`kis_mcp.server.task_methods`.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import anyio
import anyio.abc
from mcp_types import CallToolResult

from kis_mcp.clock import Clock
from kis_mcp.server.progress import Progress

MOST_TASKS = 64
KEPT = timedelta(minutes=10)
"""How long a task's result can be fetched after the longest time that its call may take."""

Work = Callable[[Progress], Awaitable[CallToolResult]]
"""A call, which turns whatever goes wrong into its result: no task fails."""


@dataclass(slots=True, eq=False)
class Task:
    """A call that runs on by itself.

    Attributes:
        id: Unguessable: whoever knows it may ask for the result.
        updated_at: When its status or message last changed.
        lifetime: Since it was created; afterwards it is forgotten.
        message: What it waits for.
        result: Once it is completed.
    """

    id: str
    created_at: datetime
    updated_at: datetime
    lifetime: timedelta
    status: Literal["working", "completed", "cancelled"] = "working"
    message: str = ""
    result: CallToolResult | None = None
    ended: anyio.Event = field(default_factory=anyio.Event, repr=False)
    _scope: anyio.CancelScope = field(default_factory=anyio.CancelScope, repr=False)

    def cancel(self) -> None:
        """Stop the call; the status changes once it has given back what it held."""
        self._scope.cancel()


class Tasks:
    """The tasks of one running server: of one client over stdio, of the holders of the one token over HTTP.

    Args:
        group: Where they run; when it ends, so do they.
        clock: What time it is.
        most: How many there may be at once, with those whose result is still kept.
    """

    def __init__(self, group: anyio.abc.TaskGroup, clock: Clock, most: int = MOST_TASKS) -> None:
        self._group = group
        self._clock = clock
        self._most = most
        self._tasks: dict[str, Task] = {}

    def start(self, work: Work, longest: timedelta) -> Task | None:
        """Let a call run on.

        Args:
            work: The call.
            longest: How long it may take.

        Returns:
            Its task; None where there are too many, and the client has to wait for its call.
        """
        self._forget_old()
        if len(self._tasks) >= self._most:
            return None
        now = self._clock()
        task = Task(secrets.token_urlsafe(24), now, now, longest + KEPT)
        self._tasks[task.id] = task
        self._group.start_soon(self._run, task, work)
        return task

    async def result_within(self, task: Task, seconds: float) -> CallToolResult | None:
        """The result of a task that ends so soon, which is then no task; None where it goes on. A client that does not
        wait so long for its call stops it."""
        try:
            with anyio.move_on_after(seconds):
                await task.ended.wait()
        except BaseException:
            task.cancel()
            raise
        if task.result:
            self._tasks.pop(task.id, None)
        return task.result

    def find(self, task_id: str) -> Task | None:
        self._forget_old()
        return self._tasks.get(task_id)

    async def _run(self, task: Task, work: Work) -> None:
        async def tell(count: int, message: str) -> None:  # noqa: ARG001  (the task shows only the latest)
            task.message, task.updated_at = message, self._clock()

        with task._scope:  # pyright: ignore[reportPrivateUsage]
            task.result = await work(Progress(tell))
        task.status = "completed" if task.result else "cancelled"
        task.message, task.updated_at = "", self._clock()
        task.ended.set()

    def _forget_old(self) -> None:
        now = self._clock()
        for task in [task for task in self._tasks.values() if now >= task.created_at + task.lifetime]:
            task.cancel()
            del self._tasks[task.id]
