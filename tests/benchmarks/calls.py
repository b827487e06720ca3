"""What the server adds to a call: get_quote over stdio beside the same request with bare httpx, on one simulator.

    python tests/benchmarks/calls.py [calls]

The limiter is off and the quote cache is off, so every call goes to KIS.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time

import httpx
from report import line, median
from stdio_peer import KIS_SERVER, Peer, peer

SYMBOL = "005930"
QUOTE = "/uapi/domestic-stock/v1/quotations/inquire-price"
IN_FLIGHT = 8


def start_simulator(folder: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "kis_mcp", "sim", "--rate-limit", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={"KIS_DATA_DIR": folder, "PATH": ""},
    )
    assert process.stdout
    return process, process.stdout.readline().strip().partition("=")[2]


def request_headers(url: str) -> dict[str, str]:
    """What KIS wants with a quote, with a token of the benchmark's own."""
    keys = {"appkey": "benchmark", "appsecret": "benchmark"}
    token = httpx.post(f"{url}/oauth2/tokenP", json={"grant_type": "client_credentials", **keys}).json()
    return {
        "authorization": f"Bearer {token['access_token']}",
        "tr_id": "FHKST01010100",
        "custtype": "P",
        "content-type": "application/json; charset=utf-8",
        **keys,
    }


async def bare_requests(url: str, headers: dict[str, str], count: int) -> list[float]:
    async with httpx.AsyncClient(base_url=url) as client:
        query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": SYMBOL}
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            response = await client.get(QUOTE, params=query, headers=headers)
            seconds.append(time.perf_counter() - start)
            assert response.json()["rt_cd"] == "0", response.text
    return seconds


async def one_after_another(server: Peer, count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        await server.call("get_quote", {"symbol": SYMBOL})
        seconds.append(time.perf_counter() - start)
    return seconds


async def in_flight(server: Peer, count: int) -> float:
    """Calls a second with IN_FLIGHT of them under way at once."""
    remaining = iter(range(count))

    async def worker() -> None:
        for _ in remaining:
            await server.call("get_quote", {"symbol": SYMBOL})

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - start)


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulator, url = start_simulator(folder)
        try:
            settings = {"KIS_DATA_DIR": folder, "KIS_ENV": "sim", "KIS_URL_REST": url, "KIS_RATE_LIMIT_SIM": "0"}
            async with (
                peer(KIS_SERVER, **settings, KIS_QUOTE_CACHE_SECONDS="0") as server,
                peer(KIS_SERVER, **settings) as caching,
            ):
                headers = request_headers(url)
                await one_after_another(server, 50)
                await one_after_another(caching, 5)
                rounds = [
                    (await bare_requests(url, headers, count // 5), await one_after_another(server, count // 5))
                    for _ in range(5)
                ]
                bare = median([second for round_ in rounds for second in round_[0]])
                ours = median([second for round_ in rounds for second in round_[1]])
                uncached, cached = await in_flight(server, count), await in_flight(caching, count)
                size = len(json.dumps(await server.call("get_quote", {"symbol": SYMBOL})))
        finally:
            simulator.terminate()
            simulator.wait()
    print(f"bare httpx {bare * 1000:.2f} ms, get_quote over stdio {ours * 1000:.2f} ms, result {size} bytes")
    line("own overhead of get_quote", (ours - bare) * 1000, "ms", 2)
    line(f"get_quote, {IN_FLIGHT} in flight, every call to KIS", uncached, "calls/s", 600, at_least=True)
    line(f"get_quote, {IN_FLIGHT} in flight, quote cache on", cached, "calls/s", 600, at_least=True)


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
