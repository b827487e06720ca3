"""What a strategy would have done over history."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import anyio.to_thread

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.server.tools.call import Call, facts, page_of
from kis_mcp.server.tools.strategies.given import given_strategy
from kis_mcp.server.tools.strategies.numbers import fixed_numbers, readable
from kis_mcp.server.tools.strategies.span import trial_of
from kis_mcp.strategies.backtest import Statistics, Trade
from kis_mcp.wiring import png_of, run_trial


async def backtest(call: Call) -> Page:
    """Statistics, what speaks against trusting them, and trades, the latest first."""
    values, strategy = call.values(), await given_strategy(call)
    cursor = Cursor(call.environment, call.api.tool, values)
    offset = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    numbers = fixed_numbers(values.get("parameters"))
    trial = await trial_of(call, strategy, [numbers], beside_index=True)
    run = partial(run_trial, trial, call.environments.settings.colors, numbers)
    found = await anyio.to_thread.run_sync(run, abandon_on_cancel=True)
    latest = found.trades[::-1]
    shown = latest[offset : offset + values["limit"]]
    following = offset + len(shown)
    answer = page_of(
        await call.reads(),
        notes=found.warnings,
        next_cursor=cursor.write(PagePosition(offset=following)) if following < len(latest) else None,
        result={"about": found.about},
        statistics={"currency": found.currency, **figures_of(found.statistics)},
        trades=list(map(_trade, shown)),
    )
    if offset:
        return answer
    return replace(answer, picture=await anyio.to_thread.run_sync(png_of, found.picture))


def figures_of(found: Statistics) -> dict[str, Any]:
    """Statistics as a record: percents and ratios to two digits, without those that there are none of."""
    shown = facts(found)
    fall = found.drawdown
    del shown["drawdown"]
    shown |= {
        "drawdown_percent": fall.percent,
        "drawdown_began_at": fall.began_at,
        "drawdown_deepest_at": fall.deepest_at,
        "drawdown_recovered_at": fall.recovered_at,
        "longest_drawdown_days": fall.longest // timedelta(days=1),
    }
    return {name: readable(value) for name, value in shown.items() if value is not None}


def _trade(trade: Trade) -> dict[str, Any]:
    row = {
        "symbol": trade.symbol,
        "quantity": trade.quantity,
        "entered_at": trade.entered_at,
        "entry_price": trade.entry_price,
        "exited_at": trade.exited_at,
        "exit_price": trade.exit_price,
        "exit_reason": trade.exit_reason or "still open",
        "profit": trade.profit,
        "costs": trade.costs,
        "bars": trade.bars,
    }
    return {name: readable(value) for name, value in row.items()}
