"""A process of its own that reads from KIS: ``python reading_process.py URL FOLDER REQUESTS PER_SECOND``."""

import asyncio
import sys
from pathlib import Path

from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.storage.shared import shared_files


async def main(url: str, folder: str, requests: str, per_second: str) -> None:
    connection = Connection(Environment.REAL, url, "shared-key", "shared-secret", int(per_second))
    gateway = HttpGateway(connection, shared_files(Path(folder), connection.digest))
    read = KisRequest("GET", "/uapi/quote", "X", {})
    await asyncio.gather(*(gateway.read(read) for _ in range(int(requests))))
    await gateway.aclose()


asyncio.run(main(*sys.argv[1:]))
