"""Spawn → tools/list, memory and size, beside a bare one-tool SDK server in the same interleaved run.

python tests/benchmarks/cold_start.py [rounds]
"""

import asyncio
import sys
import tempfile
import time

import psutil
from report import line, median
from stdio_peer import BARE_SERVER, KIS_SERVER, peer

SERVERS = {
    "bare": BARE_SERVER,
    "core": [*KIS_SERVER, "--surface", "core"],
    "all": [*KIS_SERVER, "--surface", "all"],
}


async def measure(command: list[str], folder: str) -> tuple[float, float, int]:
    """Seconds to the answer of tools/list, resident megabytes then, bytes of that answer."""
    start = time.perf_counter()
    async with peer(command, KIS_DATA_DIR=folder, KIS_ENV="sim") as server:
        answer = await server.request("tools/list", {})
        seconds = time.perf_counter() - start
        memory = psutil.Process(server.process.pid).memory_info().rss / 1e6
        return seconds, memory, answer["bytes"]


async def main(rounds: int) -> None:
    samples: dict[str, list[tuple[float, float, int]]] = {name: [] for name in SERVERS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name, command in SERVERS.items():
                samples[name].append(await measure(command, folder))
    seconds = {name: median([sample[0] for sample in found]) for name, found in samples.items()}
    memory = {name: median([sample[1] for sample in found]) for name, found in samples.items()}
    print(f"bare server: {seconds['bare']:.3f} s, {memory['bare']:.0f} MB (median of {rounds})")
    line("cold start, core / bare", seconds["core"] / seconds["bare"], "×", 1.2)
    line("cold start, all / bare", seconds["all"] / seconds["bare"], "×", 1.3)
    line("memory, core / bare", memory["core"] / memory["bare"], "×", 1.45)
    line("memory, all / bare", memory["all"] / memory["bare"], "×", 1.45)
    line("tools/list, core", samples["core"][0][2] / 1000, "kB", 40)
    line("tools/list, all", samples["all"][0][2] / 1000, "kB", 350)


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
