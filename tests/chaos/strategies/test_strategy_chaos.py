"""The short form of the chaos run; the long one is ``python -m tests.chaos.strategies --orders 500 --seed 1``."""

from pathlib import Path

import pytest

from kis_mcp.strategies.records import digest_of
from tests.chaos.strategies.person import SHARES
from tests.chaos.strategies.plan import PARTS, strategy_of
from tests.chaos.strategies.run import run_chaos


@pytest.mark.slow
async def test_no_order_is_outside_its_mandate_doubled_or_lost_while_runners_are_killed(tmp_path: Path) -> None:
    report = await run_chaos(30, 2, tmp_path, most_seconds=120)
    assert report.findings.all == {}, report
    assert report.orders >= 10, report
    assert report.processes > 2, report


def test_strategies_differ_and_two_of_them_order_the_same_shares_of_the_same_instruments() -> None:
    assert len({digest_of(strategy_of(name)) for name in PARTS}) == len(PARTS)
    twin, other = PARTS["twin"], PARTS["other-twin"]
    assert (twin.symbols, twin.shares) == (other.symbols, other.shares)


def test_no_person_orders_as_many_shares_as_a_strategy_does_which_kis_could_not_tell_apart() -> None:
    assert not set(SHARES) & {part.shares for part in PARTS.values()}
