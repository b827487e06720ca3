"""Searching the parameters of a strategy."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast, get_args

from kis_mcp.catalog import Page
from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call, page_of
from kis_mcp.server.tools.strategies.background import run_aside
from kis_mcp.server.tools.strategies.given import given_strategy
from kis_mcp.server.tools.strategies.numbers import readable, with_ranges
from kis_mcp.server.tools.strategies.span import trial_of
from kis_mcp.strategies.backtest import (
    Attempt,
    Goal,
    Ground,
    Point,
    SearchResult,
    WalkForward,
    combinations,
    grid,
    search_points,
    some_of_grid,
    walk_forward,
)
from kis_mcp.strategies.document import Strategy

USUAL_POINTS: Final = 300
SEED: Final = 1
"""The same combinations for the same call."""

TRAIN_PARTS: Final = 3
"""A step of a walk forward chooses on so many times the bars that it tests on."""


async def optimise(call: Call) -> Page:
    """The best combinations of parameters, and whether the best one holds on bars that did not choose it."""
    values = call.values()
    strategy = with_ranges(await given_strategy(call), values.get("parameters"))
    goal, most, steps = _goal(values), values.get("points", USUAL_POINTS), values.get("walk_forward", 0)
    every = combinations(strategy)
    points = grid(strategy) if every <= most else some_of_grid(strategy, most, SEED)
    trial = await trial_of(call, strategy, points)

    async def tell(done: int, total: int) -> None:
        await call.progress.report(f"{done} of {total} backtests are done.")

    notes = list(_searched_too(strategy, cast("Mapping[str, object]", values.get("parameters") or {})))
    result = {
        "about": trial.about,
        "goal": goal,
        "method": "every combination" if len(points) == every else "combinations by chance",
        "tried": len(points),
        "of": every,
    }
    if steps:
        walk = await run_aside(partial(_walk, strategy, points, trial.ground, goal, steps), tell)
        return page_of(await call.reads(), notes=[*notes, *walk.warnings], result=result, windows=_windows(walk))
    found = await run_aside(partial(search_points, strategy, points, trial.ground, goal=goal), tell)
    if found.checked_from is not None:
        notes.append(
            f"The bars before {found.checked_from.date()} ranked the attempts; those from then on, the last 30 %, only"
            " check the best one."
        )
    return page_of(
        await call.reads(), notes=[*notes, *found.warnings], result=result, **_ranked(found, values["limit"])
    )


def _searched_too(strategy: Strategy, given: Mapping[str, object]) -> Iterator[str]:
    """That parameters of the document are searched beside those of the call, where the call names any."""
    ranged = {
        name: f"{name} ({combinations(strategy.model_copy(update={'parameters': {name: each}}))})"
        for name, each in strategy.parameters.items()
        if each.min is not None and each.max is not None
    }
    named = [text for name, text in ranged.items() if name in given]
    others = [text for name, text in ranged.items() if name not in given]
    if given and others:
        yield (
            f"Searched beside what the call names ({', '.join(named) or 'none'}): {', '.join(others)}, by the ranges of"
            " the document. A number in place of a range leaves a parameter at it."
        )


def _goal(values: Mapping[str, Any]) -> Goal:
    given, known = values.get("goal", "sharpe"), get_args(Goal)
    if given not in known:
        raise BadArgument(f"goal is {given}.", remedy=f"Give one of {', '.join(known)}.", field="goal")
    return given


def _walk(
    strategy: Strategy, points: Sequence[Point], ground: Ground, goal: Goal, steps: int, **how: Any
) -> WalkForward:
    test_bars = len(ground.moments()) // (steps + TRAIN_PARTS)
    return walk_forward(
        strategy, points, ground, train_bars=test_bars * TRAIN_PARTS, test_bars=test_bars, goal=goal, **how
    )


def _ranked(found: SearchResult, limit: int) -> dict[str, Any]:
    checked = {} if found.check is None else {"checked": _attempt(found.check)}
    return {"attempts": list(map(_attempt, found.attempts[:limit])), **checked}


def _attempt(attempt: Attempt) -> dict[str, Any]:
    found = attempt.statistics
    row = {
        "parameters": _text(attempt.point),
        "score": attempt.score,
        "return_percent": found.return_percent,
        "drawdown_percent": found.drawdown.percent,
        "trades": found.trades,
        "win_rate_percent": found.win_rate_percent,
        "profit_factor": found.profit_factor,
    }
    return _rounded(row)


def _windows(walk: WalkForward) -> list[dict[str, Any]]:
    return [
        _rounded(
            {
                "train_from": window.train_from,
                "test_from": window.test_from,
                "parameters": _text(window.chosen.point),
                "train_score": window.chosen.score,
                "test_score": window.check.score,
                "test_return_percent": window.check.statistics.return_percent,
                "test_trades": window.check.statistics.trades,
            }
        )
        for window in walk.windows
    ]


def _text(point: Point) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in point.items())


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: readable(value) for name, value in row.items() if value is not None}
