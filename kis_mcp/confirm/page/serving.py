"""A socket on 127.0.0.1 that is open exactly as long as somebody is waited for."""

import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import anyio
import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_LOOPBACK = "127.0.0.1"


def listen() -> tuple[socket.socket, str]:
    """A socket on a free port of 127.0.0.1, and what browsers send as Host there: address and port."""
    listener = socket.create_server((_LOOPBACK, 0))
    return listener, f"{_LOOPBACK}:{listener.getsockname()[1]}"


@asynccontextmanager
async def serve(app: "ASGIApp", listener: socket.socket) -> AsyncGenerator[None]:
    """Serve the app, close the socket at the end, and finish the answers that are under way."""
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=32,
            timeout_graceful_shutdown=2,
        )
    )
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_serve_to_the_end, server, listener)
        try:
            yield
        finally:
            server.should_exit = True


async def _serve_to_the_end(server: uvicorn.Server, listener: socket.socket) -> None:
    """Shielded: a cancelled server would leave its socket open."""
    with listener, anyio.CancelScope(shield=True):
        await server.serve([listener])


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the process' signals to who runs the process."""
        yield
