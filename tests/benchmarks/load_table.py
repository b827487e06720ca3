"""Reading the whole spec table beside a bare import of the SDK, each in processes of their own, interleaved.

python tests/benchmarks/load_table.py [rounds]
"""

import subprocess
import sys

from report import line, median

PREAMBLE = "import time; start = time.perf_counter(); "
PRINT = "; print(time.perf_counter() - start)"
STEPS = {
    "sdk": "import mcp.server.lowlevel, mcp.server.stdio",
    "core": "from kis_mcp.catalog.loader import catalog; catalog().core",
    "table": "from kis_mcp.catalog.loader import catalog; catalog().core, catalog().apis",
}


def seconds(statements: str) -> float:
    command = [sys.executable, "-c", PREAMBLE + statements + PRINT]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main(rounds: int) -> None:
    found: dict[str, list[float]] = {name: [] for name in STEPS}
    for _ in range(rounds):
        for name, statements in STEPS.items():
            found[name].append(seconds(statements))
    times = {name: median(samples) for name, samples in found.items()}
    print(f"bare import of the SDK {times['sdk']:.3f} s, core tools alone {times['core']:.3f} s")
    line("the whole table, imports included", times["table"], "s", 0.25)
    line("the whole table / bare import of the SDK", times["table"] / times["sdk"], "×", 0.5)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
