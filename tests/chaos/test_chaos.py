"""The short form of the chaos run; the long one is ``python -m tests.chaos --orders 1000 --seed 1``."""

from pathlib import Path

from tests.chaos.plan import wishes
from tests.chaos.run import run_chaos


async def test_no_order_is_unwanted_doubled_or_lost_while_everything_goes_wrong(tmp_path: Path) -> None:
    report = await run_chaos(60, 5, tmp_path)
    assert report.findings.all == {}, report
    assert report.at_kis.total() > 15, report
    assert len(report.mishaps) > 5, report
    assert report.starts > 5, report


def test_the_seed_decides_the_plan() -> None:
    assert wishes(100, 1) == wishes(100, 1)
    assert wishes(100, 1) != wishes(100, 2)
