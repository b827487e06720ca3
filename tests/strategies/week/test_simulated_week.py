"""KIS' templates live on the simulator's own market: two days of one instrument, while another process takes over.

The whole week is ``python -m tests.strategies.week``.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from kis_mcp.strategies.document import Strategy
from tests.strategies.week.evidence import Week
from tests.strategies.week.judge import backtest_before, judge, report
from tests.strategies.week.live_week import live_through
from tests.strategies.week.plan import Plan, kis_templates, own_templates

SYMBOL: Final = "000660"


def shift_bars(week: Week) -> Week:
    """Each bar of ten minutes has the prices of the one before."""
    bars = week.bars[SYMBOL, "10m"]
    later = [replace(before, ends_at=bar.ends_at) for before, bar in pairwise(bars)]
    return replace(week, bars={**week.bars, (SYMBOL, "10m"): [bars[0], *later]})


def drop_trade(week: Week) -> Week:
    return replace(week, trades={SYMBOL: [*week.trades[SYMBOL][:500], *week.trades[SYMBOL][501:]]})


def is_cross(name: str) -> bool:
    return name.startswith("sma_cross") and name.endswith("-10m")


def change_indicator(week: Week) -> Week:
    """One strategy is compared with that of another indicator."""
    number, run = next((number, run) for number, run in enumerate(week.runs) if is_cross(run.strategy.id))
    name, use = next(iter(run.strategy.indicators.items()))
    uses = {**run.strategy.indicators, name: use.model_copy(update={"params": {"period": 6}})}
    other = replace(run, strategy=run.strategy.model_copy(update={"indicators": uses}))
    return replace(week, runs=[*week.runs[:number], other, *week.runs[number + 1 :]])


def lose_signal(week: Week) -> Week:
    """One decision was not written down."""
    number, run = next((number, run) for number, run in enumerate(week.runs) if any(x.intent_id for x in run.signals))
    lost = next(each for each in run.signals if each.intent_id)
    other = replace(run, signals=[each for each in run.signals if each is not lost])
    return replace(week, runs=[*week.runs[:number], other, *week.runs[number + 1 :]])


def lose_fill(week: Week) -> Week:
    return replace(week, fills=week.fills[:-1])


FAULTS: Final[list[tuple[Callable[[Week], Week], set[str]]]] = [
    (shift_bars, {"bars", "signals", "actions"}),
    (drop_trade, {"unheard", "bars"}),
    (change_indicator, {"signals", "actions"}),
    (lose_signal, {"signals", "actions", "orders"}),
    (lose_fill, {"ledger"}),
]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("templates", "least_orders"), [(own_templates, 31), (kis_templates, 51)])
async def test_live_signals_are_the_backtests_bar_by_bar_and_orders_are_what_they_came_to(
    templates: Callable[[], Sequence[Strategy]], least_orders: int, tmp_path: Path
) -> None:
    found = templates()
    if not found:
        pytest.skip("KIS' own templates are not beside the project")
    assert len(found) == 10
    plan = Plan(days=2, templates=found, symbols=(SYMBOL,), intervals=("1d", "10m"), restarts=(time(14, 23),))
    week = await live_through(plan, tmp_path)
    findings = judge(week)
    assert findings.all == {}, report(week, findings)
    assert sum(bool(backtest_before(week, run).trades) for run in week.runs if run.strategy.interval == "1d") >= 8
    assert len(week.orders) >= least_orders, report(week, findings)
    for fault, kinds in FAULTS:
        assert kinds <= set(judge(fault(week)).all), fault.__name__
