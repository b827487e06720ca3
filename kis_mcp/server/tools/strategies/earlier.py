"""What earlier runs of a strategy bought and did not sell. A new run begins with nothing: it neither watches nor sells
that, for nobody decided it by its rule; but its mandate counts it, as all that the strategy has in the account."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kis_mcp.errors import KisMcpError
from kis_mcp.server.tools.call import Call
from kis_mcp.trading.desk import money
from kis_mcp.trading.mandate import RoundTrip, cost_of, quantity_of
from kis_mcp.wiring import note_losses

MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is left of earlier runs.

    Attributes:
        bound: Its cost, and what their orders to buy may still take.
        text: What of it is held, in words; empty where nothing is.
    """

    bound: Decimal = Decimal(0)
    text: str = ""


async def left_by_earlier_runs(call: Call, strategy: str, currency: str) -> Earlier:
    """By the orders of the strategy's mandates on the call's account, after a look at KIS."""
    brokerage = await call.brokerage()
    account = brokerage.apis.accounts.get("stock")
    if account is None:
        return Earlier()
    journal, desk = await brokerage.journal(), await brokerage.desk()
    account_id = await journal.account_id(account)
    latest = next((one for one in await journal.mandates(strategy) if one.mandate.account_id == account_id), None)
    if latest is None:
        return Earlier()
    with suppress(KisMcpError):  # what KIS does not tell counts at its worst
        await desk.mandates.guard.settle_fills(latest.mandate.id, call.now())
    await note_losses(brokerage, await call.reads())
    book = await journal.mandate_book(latest.mandate.id)
    held = [_words(symbol, trips, currency) for (symbol, _), trips in book.held().items()]
    if not held:
        return Earlier(book.bound)
    others = f", and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
    return Earlier(
        book.bound,
        f"{', '.join(held[:MOST_NAMED])}{others}; this run neither watches nor sells that, and it counts in the most in"
        " all",
    )


def _words(symbol: str, trips: Sequence[RoundTrip], currency: str) -> str:
    return f"{quantity_of(trips):f} × {symbol} ({money(cost_of(trips), currency)})"
