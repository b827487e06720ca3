"""What runs decided and have not ordered yet: it goes out once they go on."""

from collections.abc import Mapping, Sequence

from kis_mcp.server.tools.strategies.life import moment_word
from kis_mcp.strategies.records import ACTION_OF, SignalEntry, StrategyRecords, StrategyRun
from kis_mcp.trading.mandate import MandatedOrder

_LATEST = 100
_REFUSED = ("enter_refused", "exit_refused")


async def waiting_notes(records: StrategyRecords, run: StrategyRun, orders: Sequence[MandatedOrder]) -> Sequence[str]:
    """For each instrument of a paused run whose last decision was neither ordered nor refused, in words.

    Args:
        orders: All under its mandate.
    """
    if run.state != "paused":
        return ()
    latest: Mapping[str, SignalEntry] = {
        signal.symbol: signal
        for signal in await records.signals(run.id, limit=_LATEST)
        if signal.action != "none" or signal.reason.startswith(_REFUSED)
    }
    return [
        _note(run, signal) for signal in latest.values() if signal.action != "none" and not _is_sent(signal, orders)
    ]


def _is_sent(signal: SignalEntry, orders: Sequence[MandatedOrder]) -> bool:
    """Whether it became an order: also one that the run had no time to note."""
    return signal.intent_id is not None or any(
        (order.order.symbol, ACTION_OF.get(order.order.side or "")) == (signal.symbol, signal.action)
        and order.sent_at >= signal.at
        for order in orders
    )


def _note(run: StrategyRun, signal: SignalEntry) -> str:
    decided = moment_word(signal.at)
    if signal.action == "exit":
        return (
            f"{run.strategy} decided at {decided} to sell its {signal.symbol} and has not ordered it: resumed, it sells"
            " at once, or at the next opening."
        )
    return (
        f"{run.strategy} decided at {decided} to buy {signal.quantity} {signal.symbol} and has not ordered it: resumed"
        " before the next bar ends, it buys at once, or at the next opening."
    )
