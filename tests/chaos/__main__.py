"""The long form: ``python -m tests.chaos --orders 1000 --seed 1 --folder chaos``.

The seed decides the plan: the orders, what clients, person and KIS do to each, and how each server process dies. It
does not decide how processes interleave, nor what a busy machine adds: which order is in hand when a server dies, and
so the counts of the report, differ a little between runs of one seed. A run without findings is therefore one of many;
a finding is explained by the journal and the servers' log in the folder.
"""

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
