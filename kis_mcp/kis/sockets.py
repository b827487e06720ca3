"""How connections to KIS end: at once, so that nothing of a request is sent any more when its answer is given up.

Closed the usual way, a socket leaves what KIS has not acknowledged to the system, which goes on sending it for a
quarter of an hour. An order could so arrive long after its caller was told that nobody knows of it.
"""

import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

Trace: TypeAlias = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""httpx' extension ``trace``: told the name of each step of a request, and what came of it."""

_CONNECTED = "connect_tcp.complete"
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def ending_at_once(seconds: float) -> Trace:
    """A trace that lets each connection end at once.

    Args:
        seconds: How long the system may send without being acknowledged, should this process not get to close it.
    """

    async def trace(step: str, come_of: Mapping[str, Any]) -> None:
        if not step.endswith(_CONNECTED):
            return
        opened: socket.socket | None = come_of["return_value"].get_extra_info("socket")
        if opened is not None:
            end_at_once(opened, seconds)

    return trace


def end_at_once(opened: socket.socket, seconds: float) -> None:
    """Let a socket drop what is not acknowledged when it is closed, and after ``seconds`` in any case (RFC 5482, where
    the system has it)."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    if sys.platform == "linux":
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
