"""Answers that need not be worked out again.

The world moves once in several seconds and is told to the second, so that the same question about a market within a
second has the same answer. What accounts have or do is never kept.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.replies import Reply

_MOST = 500
"""Enough for a second; a clock that stands would keep them for ever."""

_Key: TypeAlias = tuple[str, str, str, str, frozenset[tuple[str, str]], frozenset[str]]


class RepeatedAnswers:
    """The market's answers of one second."""

    def __init__(self) -> None:
        self._second: datetime | None = None
        self._replies: dict[_Key, Reply] = {}

    def clear(self) -> None:
        self._replies.clear()

    def get(self, call: Call, switches: frozenset[str], work_out: Callable[[], Reply]) -> Reply:
        """The answer to a call, worked out if it must be. An order changes what markets answer after it.

        Args:
            switches: Those that are on.
        """
        if call.api.risk != "read" or call.api.account is not None:
            self.clear()
            return work_out()
        second = call.now.replace(microsecond=0)
        if second != self._second or len(self._replies) >= _MOST:
            self._second = second
            self.clear()
        page = call.received.headers.get("tr_cont", "")
        key = (call.host, call.api.tool, call.received.tr_id, page, frozenset(call.elements.items()), switches)
        reply = self._replies.get(key)
        if reply is None:
            reply = self._replies[key] = work_out()
        return reply
