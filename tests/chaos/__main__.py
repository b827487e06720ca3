"""The long form: ``python -m tests.chaos --orders 1000 --seed 1``."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import run_chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Everything goes wrong at once.")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the journal and the servers' logs here (an empty folder)")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="kis-mcp-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    report = asyncio.run(run_chaos(options.orders, options.seed, folder))
    print(report)
    return 1 if report.findings.all else 0


if __name__ == "__main__":
    sys.exit(main())
