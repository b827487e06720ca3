"""The short form of the chaos run; the long one is ``python -m tests.chaos --orders 1000 --seed 1``."""

from pathlib import Path
from typing import get_args

from kis_mcp.catalog.loader import catalog
from tests.chaos.plan import ELSEWHERE, MISHAPS, Kill, Prank, Verdict, incarnation, wishes
from tests.chaos.run import run_chaos
from tests.chaos.server import CRASH_STEPS
from tests.chaos.ways import WAYS

SEED = 543
"""One whose short plan has ten ways to order, seventeen faults, held bytes and locked files among them, many
pranks, a long wait, two clocks set wrong and four kills."""


async def test_no_order_is_unwanted_doubled_or_lost_while_everything_goes_wrong(tmp_path: Path) -> None:
    report = await run_chaos(40, SEED, tmp_path)
    assert report.findings.all == {}, report
    assert report.at_kis.total() > 8, report
    assert len(report.mishaps) > 4, report
    assert report.starts > 3, report


def test_the_seed_decides_the_plan() -> None:
    assert wishes(100, 1) == wishes(100, 1)
    assert wishes(100, 1) != wishes(100, 2)
    assert [incarnation(1, 0, number) for number in range(20)] == [incarnation(1, 0, number) for number in range(20)]


def test_a_long_plan_has_everything_that_can_go_wrong_and_every_way_to_order() -> None:
    plan = wishes(1000, 1)
    assert {wish.way for wish in plan} == set(WAYS)
    assert {wish.kind for wish in plan} == {"place", "modify", "cancel"}
    assert {wish.mishap for wish in plan} == {None, *ELSEWHERE, *MISHAPS}
    assert {wish.prank for wish in plan} == {None, *get_args(Prank)}
    assert {wish.kill for wish in plan} == {None, *get_args(Kill)}
    assert {wish.verdict for wish in plan} == set(get_args(Verdict))
    assert any(wish.waits for wish in plan)
    assert len({wish.jump for wish in plan}) > 6
    apis = {api for way in WAYS.values() for api in (way.api, way.change_api)}
    assert apis == {api.tool for api in catalog().apis if api.risk == "order"}
    crashes = {incarnation(1, seat, number).crash.rpartition(":")[0] for seat in (0, 1) for number in range(200)}
    assert crashes == {"", *(f"{step}:{when}" for step in CRASH_STEPS for when in ("before", "after"))}
