"""A raw JSON-RPC peer on a server's stdin and stdout, so that the measured time is the server's, not a client's."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

BARE_SERVER = [sys.executable, str(Path(__file__).with_name("bare_server.py"))]
KIS_SERVER = [sys.executable, "-m", "kis_mcp", "serve"]
_LINE_LIMIT = 16 * 1024 * 1024


class Peer:
    """One spawned server, initialised in the handshake era."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._waiting: dict[int, asyncio.Future[dict]] = {}
        self._next_id = 0
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            message = json.loads(line)
            if "id" in message and "method" not in message:
                self._waiting.pop(message["id"]).set_result({**message, "bytes": len(line)})

    def send(self, method: str, params: dict, *, notification: bool = False) -> asyncio.Future[dict] | None:
        message: dict = {"jsonrpc": "2.0", "method": method, "params": params}
        future = None
        if not notification:
            self._next_id += 1
            message["id"] = self._next_id
            future = self._waiting[self._next_id] = asyncio.get_running_loop().create_future()
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        return future

    async def request(self, method: str, params: dict) -> dict:
        future = self.send(method, params)
        assert future
        return await future

    async def call(self, tool: str, arguments: dict) -> dict:
        answer = await self.request("tools/call", {"name": tool, "arguments": arguments})
        result = answer["result"]
        if result.get("isError"):
            raise RuntimeError(result["content"][0]["text"])
        return result

    async def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()
        await self._reader


@asynccontextmanager
async def peer(command: list[str], **variables: str) -> AsyncGenerator[Peer]:
    """Spawn a server, shake hands and hand over the peer."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
        env={**os.environ, **variables},
    )
    connection = Peer(process)
    await connection.request(
        "initialize",
        {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "0"}},
    )
    connection.send("notifications/initialized", {}, notification=True)
    try:
        yield connection
    finally:
        await connection.close()
