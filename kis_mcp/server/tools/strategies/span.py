"""On which history a call tries its strategy."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call
from kis_mcp.strategies.document import Strategy
from kis_mcp.wiring import Trial, choose, read_trial

_YEAR: Final = timedelta(days=365)
_USUAL_CASH: Final = {"KRW": Decimal(10_000_000), "USD": Decimal(10_000)}
MOST_SYMBOLS: Final = 100


async def trial_of(call: Call, strategy: Strategy, *, beside_index: bool = False) -> Trial:
    """The strategy with the history that the call names; what it does not name is as usual.

    Raises:
        BadArgument: By the symbols, the days or the strategy.
        KisMcpError: By KIS' answer.
    """
    values = call.values()
    symbols: list[str] = values.get("symbols") or []
    if len(symbols) > MOST_SYMBOLS:
        raise BadArgument(f"{len(symbols)} symbols are given.", remedy=f"Give {MOST_SYMBOLS} at most.", field="symbols")
    start, end = _days(call)
    environments, environment, waiting = call.environments, call.environment, call.progress.waiting
    strategy, chosen = await choose(environments, environment, strategy, symbols, waiting)
    cash: Decimal = values.get("cash") or _USUAL_CASH[chosen.instruments[0].currency]
    return await read_trial(
        environments, environment, strategy, chosen, start, end, cash, waiting, beside_index=beside_index
    )


def _days(call: Call) -> tuple[date, date]:
    """First and last: the year until yesterday, unless the call says otherwise."""
    values = call.values()
    end: date = values.get("end") or call.now().date() - timedelta(days=1)
    start: date = values.get("start") or end - _YEAR
    return start, end
