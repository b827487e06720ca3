"""The short form of the chaos run; the long one is ``python -m tests.chaos.strategies --orders 500 --seed 1``."""

from pathlib import Path

import pytest

from kis_mcp.strategies.records import digest_of
from tests.chaos.strategies.plan import PARTS, strategy_of
from tests.chaos.strategies.run import run_chaos


@pytest.mark.slow
async def test_no_order_is_outside_its_mandate_doubled_or_lost_while_runners_are_killed(tmp_path: Path) -> None:
    report = await run_chaos(30, 2, tmp_path, most_seconds=120)
    assert report.findings.all == {}, report
    assert report.orders >= 10, report
    assert report.processes > 2, report


def test_no_two_strategies_trade_the_same_instrument_so_that_kis_own_ledger_tells_them_apart() -> None:
    symbols = [symbol for part in PARTS.values() for symbol in part.symbols]
    assert len(set(symbols)) == len(symbols)
    assert len({digest_of(strategy_of(name)) for name in PARTS}) == len(PARTS)
