"""The long form: ``python -m tests.chaos.strategies --orders 500 --seed 1 --folder chaos``.

The seed decides what is agreed to, how processes die and what goes wrong, in which order; not how it falls together.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.strategies.run import run_chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.strategies", description="Runners are killed.")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the journal and the processes' logs here (an empty folder)")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="kis-mcp-chaos-strategies-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = asyncio.run(run_chaos(options.orders, options.seed, folder))
    print(report)
    return 1 if report.findings.all else 0


if __name__ == "__main__":
    sys.exit(main())
