"""What would be other live than in a backtest: looking ahead, and indicators that need long to settle."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import anyio.to_thread

from kis_mcp.catalog import Page
from kis_mcp.server.tools.call import Call, facts, page_of
from kis_mcp.server.tools.strategies.given import given_strategy
from kis_mcp.server.tools.strategies.numbers import fixed_numbers, readable
from kis_mcp.server.tools.strategies.span import trial_of
from kis_mcp.strategies.backtest import Bars, Difference, Settling, WarmUp, analyse_warm_up, find_look_ahead
from kis_mcp.strategies.document import Strategy, resolve

_FINE = "Nothing looks ahead, and no signal depends on where the bars begin."
_LOOKS_AHEAD = "It looks ahead: on bars that end earlier, these values are others. No backtest of it can be trusted."
_NEVER_SETTLES = "Some values never settled: they depend on where the bars begin. Give more history before starting it."


async def check(call: Call) -> Page:
    """Values and signals that are others on bars that end earlier, or begin later. Of the first symbol."""
    values, strategy = call.values(), await given_strategy(call)
    numbers = fixed_numbers(values.get("parameters"))
    trial = await trial_of(call, strategy, [numbers])
    symbol, bars = next(iter(trial.ground.history.items()))
    ahead, warm_up = await anyio.to_thread.run_sync(
        partial(_analyse, resolve(strategy, numbers), bars), abandon_on_cancel=True
    )
    found = [("look_ahead", each) for each in ahead] + [("later_start", each) for each in warm_up.signals]
    most = values["limit"]
    return page_of(
        await call.reads(),
        notes=_notes(ahead, warm_up, symbol, len(trial.instruments)),
        complete=len(found) <= most,
        result={
            "about": trial.about,
            "look_ahead": bool(ahead),
            "warm_up_bars": warm_up.bars,
            **({} if warm_up.bars_to_give is None else {"bars_to_give": warm_up.bars_to_give}),
            "signals_differ": len(warm_up.signals),
        },
        **_found(found[:most], warm_up.settling),
    )


def _found(differences: Sequence[tuple[str, Difference]], settling: Sequence[Settling]) -> dict[str, Any]:
    """The blocks that have rows."""
    blocks = {
        "differences": [
            {"found_by": by, "at": each.at, "name": each.name, "whole": _word(each.whole), "part": _word(each.part)}
            for by, each in differences
        ],
        "settling": [{**facts(each), "most_percent": readable(each.most_percent)} for each in settling],
    }
    return {name: rows for name, rows in blocks.items() if rows}


def _analyse(strategy: Strategy, bars: Bars) -> tuple[list[Difference], WarmUp]:
    return find_look_ahead(strategy, bars), analyse_warm_up(strategy, bars)


def _notes(ahead: list[Difference], warm_up: WarmUp, symbol: str, count: int) -> list[str]:
    notes = [f"Checked on {symbol} alone, the first of {count}."] if count > 1 else []
    if ahead:
        notes.append(_LOOKS_AHEAD)
    if warm_up.bars_to_give is None:
        notes.append(_NEVER_SETTLES)
    elif not ahead and not warm_up.signals:
        notes.append(_FINE)
    return notes


def _word(value: float | None) -> str:
    """A signal in words, or a value."""
    match value:
        case None:
            return "not known"
        case bool():
            return "holds" if value else "does not hold"
        case _:
            return f"{value:.6g}"
