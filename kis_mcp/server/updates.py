"""Changes, told of each thing at most once a second, and the last one always."""

from collections.abc import Awaitable, Callable

import anyio
import anyio.abc
from mcp.shared.subscriptions import ServerEvent

SECONDS_BETWEEN = 1


class Updates:
    """Passes changes on.

    Args:
        group: Where it waits.
        tell: Takes what changed.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        group: anyio.abc.TaskGroup,
        tell: Callable[[ServerEvent], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._group = group
        self._tell = tell
        self._sleep = sleep
        self._changed_again: dict[ServerEvent, bool] = {}
        self._is_open = True

    def report(self, event: ServerEvent) -> None:
        """Tell this change now, or once a second has passed since it was last told. Returns at once."""
        if event in self._changed_again:
            self._changed_again[event] = True
        elif self._is_open:
            self._changed_again[event] = False
            self._group.start_soon(self._tell_until_quiet, event)

    def close(self) -> None:
        """Take no more changes."""
        self._is_open = False

    async def _tell_until_quiet(self, event: ServerEvent) -> None:
        try:
            is_due = True
            while is_due:
                self._changed_again[event] = False
                await self._tell(event)
                await self._sleep(SECONDS_BETWEEN)
                is_due = self._changed_again[event]
        finally:
            del self._changed_again[event]
