"""A process that keeps the runs of strategies, with a test's clock, short time-outs and a point to die at.

    CHAOS_CLOCK=<file of a FastClock>   CHAOS_TIMEOUT=<seconds>   CHAOS_CRASH=<step>:<before|after>:<which>

With ``CHAOS_LOOKS`` it only looks what every run holds, and ends.

It stands on its data folder alone: whatever it knows, an earlier one wrote down or KIS tells.
"""

import os
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import anyio

from kis_mcp.account import Account
from kis_mcp.catalog.loader import catalog
from kis_mcp.environment import Environment
from kis_mcp.kis.transport import Transport
from kis_mcp.settings.settings import Settings
from kis_mcp.storage import SqlStrategyRecords, journal
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner import errand, runner
from kis_mcp.strategies.runner.live_run import LiveRun, RunReport
from kis_mcp.wiring import strategies, strategy_history
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.strategy_feed import TradeTicks
from kis_mcp.wiring.strategy_run import compose_run
from tests.chaos.process import POST, die_where_told, hurry
from tests.chaos.strategies.clock import FastClock
from tests.chaos.strategies.plan import PARTS

STEPS: Final[dict[str, type]] = {
    POST: Transport,
    "propose": SqlJournal,
    "decide": SqlJournal,
    "claim": SqlJournal,
    "conclude": SqlJournal,
    "settle": SqlJournal,
    "note_fill": SqlJournal,
    "add_signals": SqlStrategyRecords,
    "set_intent": SqlStrategyRecords,
    "put_position": SqlStrategyRecords,
    "add_bars": SqlStrategyRecords,
    "set_run_state": SqlStrategyRecords,
}
"""Where a process may die → whose method it is."""

INTENT_HEADER: Final = "chaos-intent"
"""In this header each order carries its intent to KIS, so that whoever looks at KIS need not believe the journal."""

_LOOKS_BACK: Final = PARTS["rising"].symbols
"""Whose bars of before a start matter; to read those of all others takes longer than their orders."""

_PAUSES = (0.1, 0.2, 0.4, 0.8)
_claimed: ContextVar[str] = ContextVar("claimed", default="")


def _name_intents() -> None:
    """Let each order that leaves name the intent that was claimed for it."""
    claim: Callable[..., Any] = SqlJournal.claim
    send: Callable[..., Any] = Transport.send

    async def claims(owner: SqlJournal, order: Any, **more: Any) -> Any:
        _claimed.set(order.intent_id)
        return await claim(owner, order, **more)

    async def names(transport: Transport, method: str, path: str, elements: Any, headers: Any) -> Any:
        is_order = method == "POST" and "/trading/order" in path
        own = {INTENT_HEADER: _claimed.get()} if is_order else {}
        return await send(transport, method, path, elements, {**headers, **own})

    SqlJournal.claim = claims  # pyright: ignore[reportAttributeAccessIssue]
    Transport.send = names  # pyright: ignore[reportAttributeAccessIssue]


def _hurry(seconds: float) -> None:
    """Wait for KIS only so long, never for a token, look at orders, locks and runs often, and read few bars."""
    hurry(seconds)
    for module, name, value in (
        (errand, "PAUSES", _PAUSES),
        (errand, "SELDOM", 1.0),
        (runner, "POLL_SECONDS", 20.0),
        (runner, "RETRY_SECONDS", 0.5),
        (runner, "HEAR_SECONDS", 0.2),
        (strategy_history, "MOST_CANDLES", 30),
        (journal, "_digest", quick_digest),
        (strategies, "LOOK_SECONDS", 0.5),
        (strategies, "RETRY_SECONDS", 0.5),
    ):
        setattr(module, name, value)
    history, latest = strategy_history.StrategyHistory, strategy_history.StrategyHistory.latest
    history._earlier = _nothing  # pyright: ignore[reportAttributeAccessIssue]

    begun: set[tuple[object, str]] = set()

    async def seldom(self: strategy_history.StrategyHistory, symbol: str, count: int) -> Sequence[Bar]:
        is_first = (self, symbol) not in begun
        begun.add((self, symbol))
        return [] if is_first and symbol not in _LOOKS_BACK else await latest(self, symbol, count)

    history.latest = seldom  # pyright: ignore[reportAttributeAccessIssue]


def quick_digest(account: Account, salt: str) -> str:
    """An account's name in the journal, which nobody has to guess here."""
    return f"{account.number}-{account.product}-{salt}"


async def _nothing(*_: Any) -> list[Any]:
    """KIS keeps minutes of today only, as in demo: a market that never closes has a thousand more of each day."""
    return []


async def main() -> None:
    _name_intents()
    die_where_told(STEPS)
    _hurry(float(os.environ["CHAOS_TIMEOUT"]))
    clock = FastClock(Path(os.environ["CHAOS_CLOCK"]))
    async with open_environments(Settings.load(), catalog(), clock) as environments:
        brokerage = await environments.brokerage(Environment.REAL)
        if os.environ.get("CHAOS_LOOKS"):
            await _look_at_all(brokerage)
        else:
            await strategies.keep_strategies(brokerage, resumes=True)


async def _look_at_all(brokerage: Brokerage) -> None:
    """Take every run up, the stopped ones too, as far as what it holds, and order nothing."""
    for run in await (await brokerage.strategy_records()).runs(limit=10_000):
        composed = await compose_run(brokerage, run, TradeTicks(), None, resumes=True)
        live = LiveRun(composed.runner._terms, RunReport())  # pyright: ignore[reportPrivateUsage]
        try:
            await live.prepare()
        finally:
            await live.aclose()


def run() -> None:
    anyio.run(main)


if __name__ == "__main__":
    run()
