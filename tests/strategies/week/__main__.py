"""The long form, a whole week of three instruments: ``python -m tests.strategies.week``; with ``--days`` it is less."""

import argparse
import asyncio
import sys
import tempfile
from datetime import time, timedelta
from pathlib import Path
from time import monotonic, process_time

from tests.strategies.week.judge import judge, report
from tests.strategies.week.live_week import live_through
from tests.strategies.week.plan import Plan, kis_templates, own_templates


def main() -> int:
    usual = Plan(templates=kis_templates() or own_templates())
    parser = argparse.ArgumentParser(prog="python -m tests.strategies.week", description="Strategies live a week.")
    parser.add_argument("--own", action="store_true", help="the package's templates, where KIS' are at hand too")
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--symbols", nargs="+", default=usual.symbols)
    parser.add_argument("--intervals", nargs="+", default=usual.intervals)
    parser.add_argument("--step", type=int, default=int(usual.step.total_seconds()), help="seconds, 60 at most")
    parser.add_argument(
        "--restarts", type=time.fromisoformat, nargs="*", default=usual.restarts, help="of the first day, the second, …"
    )
    parser.add_argument("--folder", type=Path, help="keep the journal here (an empty folder)")
    options = parser.parse_args()
    step = timedelta(seconds=options.step)
    plan = Plan(
        days=options.days,
        templates=own_templates() if options.own else usual.templates,
        symbols=options.symbols,
        intervals=options.intervals,
        step=step,
        restarts=options.restarts,
    )
    begun = monotonic()
    week = asyncio.run(live_through(plan, options.folder or Path(tempfile.mkdtemp(prefix="kis-mcp-week-"))))
    findings = judge(week)
    print(report(week, findings))
    print(f"seconds: {monotonic() - begun:.0f}, of the processor {process_time():.0f}")
    return 1 if findings.all else 0


if __name__ == "__main__":
    sys.exit(main())
