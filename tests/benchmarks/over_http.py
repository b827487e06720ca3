"""How fast Streamable HTTP answers a client of another language, beside stdio.

python tests/benchmarks/over_http.py [calls]
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import line, median
from stdio_peer import KIS_SERVER, peer

CLIENT = Path(__file__).with_name("over_http_client.mjs")
TOKEN = "a-token-of-the-benchmark"


def start_server(folder: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kis_mcp", "serve", "--http", "127.0.0.1:0"],
        stderr=subprocess.PIPE,
        text=True,
        env={"KIS_DATA_DIR": folder, "KIS_ENV": "sim", "KIS_HTTP_TOKEN": TOKEN, "PATH": ""},
    )
    assert process.stderr
    address = re.search(r"http://\S+", process.stderr.readline())
    assert address
    return process, address[0]


async def over_stdio(folder: str, count: int) -> float:
    """The median of calls one after another, in milliseconds."""
    seconds: list[float] = []
    async with peer(KIS_SERVER, KIS_DATA_DIR=folder, KIS_ENV="sim") as server:
        for _ in range(count):
            start = time.perf_counter()
            await server.call("get_environment", {})
            seconds.append(time.perf_counter() - start)
    return median(seconds) * 1000


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        process, url = start_server(f"{folder}/http")
        try:
            stdio = asyncio.run(over_stdio(f"{folder}/stdio", count))
            answer = subprocess.check_output(["node", str(CLIENT), url, TOKEN, str(count)], text=True)
        finally:
            process.terminate()
            process.wait()
    figures = json.loads(answer)
    http = median(figures["one"])
    print(f"stdio {stdio:.2f} ms, HTTP {http:.2f} ms, 50 at once over HTTP {figures['many']:.0f} ms")
    line("a call over HTTP against one over stdio", http / stdio, "x", 4)
    line("50 calls at once over HTTP against 50 one after another", figures["many"] / (50 * http), "x", 2)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
