"""On which history a call tries its strategy."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call
from kis_mcp.strategies.document import Strategy
from kis_mcp.wiring import USUAL_CASH, Trial, choose, read_trial, usual_start

MOST_SYMBOLS: Final = 100


async def trial_of(
    call: Call,
    strategy: Strategy,
    parameters: Iterable[Mapping[str, float]] = ({},),
    *,
    beside_index: bool = False,
) -> Trial:
    """The strategy with the history that the call names; what it does not name is as usual.

    Args:
        parameters: As for `read_trial`.

    Raises:
        BadArgument: By the symbols, the days or the strategy.
        KisMcpError: By KIS' answer.
    """
    values = call.values()
    symbols: list[str] = values.get("symbols") or []
    if len(symbols) > MOST_SYMBOLS:
        raise BadArgument(f"{len(symbols)} symbols are given.", remedy=f"Give {MOST_SYMBOLS} at most.", field="symbols")
    end = values.get("end_date") or call.now().date() - timedelta(days=1)
    start = values.get("start_date") or usual_start(strategy.interval, end)
    environments, environment, waiting = call.environments, call.environment, call.progress.waiting
    strategy, chosen = await choose(environments, environment, strategy, symbols, waiting)
    cash: Decimal = values.get("cash") or USUAL_CASH[chosen.instruments[0].currency]
    return await read_trial(
        environments,
        environment,
        strategy,
        chosen,
        start,
        end,
        cash,
        waiting,
        parameters=parameters,
        beside_index=beside_index,
    )
