"""The record of orders for people at the shell, beside a server that may be running."""

from datetime import date

from kis_mcp.catalog import catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.settings import Settings
from kis_mcp.storage import SqlJournal
from kis_mcp.trading.blotter import OrderHistory, order_history
from kis_mcp.wiring.brokerage import JOURNAL
from kis_mcp.wiring.environments import open_environments


async def read_order_records(
    settings: Settings,
    environment: Environment,
    start: date,
    end: date,
    *,
    ask_kis: bool,
    clock: Clock = system_clock,
) -> OrderHistory:
    """The orders of these days, latest first.

    Args:
        ask_kis: Whether to look up fills, and orders placed elsewhere; otherwise the journal alone tells.
    """
    if ask_kis:
        async with open_environments(settings, catalog(), clock) as environments:
            brokerage = await environments.brokerage(environment)
            return await order_history(
                await brokerage.journal(), brokerage.apis, start, end, clock(), catalog=catalog()
            )
    path = settings.data_dir / environment.value / JOURNAL
    if not path.exists():
        return OrderHistory([], [f"No order was ever proposed in {environment}."])
    journal = await SqlJournal.open(path)
    try:
        return await order_history(journal, None, start, end, clock(), catalog=catalog())
    finally:
        await journal.aclose()
