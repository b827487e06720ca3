"""What a run decided and why, as it is written down."""

import logging
from datetime import datetime
from typing import Final

from kis_mcp.clock import KST
from kis_mcp.strategies.evaluation import NOTHING, Decision, Signal
from kis_mcp.strategies.records import SignalEntry, lost_reason
from kis_mcp.strategies.runner.bar_builder import A_MOMENT
from kis_mcp.strategies.runner.live_lane import LiveLane
from kis_mcp.strategies.runner.terms import RunTerms

_FIRST_MICROSECOND: Final = 100_000
"""What happens beside bars has a moment that is no bar's end: they end at whole seconds, those of single trades in the
microseconds behind, as `TradeBars` dates them."""

_log = logging.getLogger(__name__)


def key_of(run_id: str, symbol: str, at: datetime, action: str) -> str:
    """The idempotency key of a decision's order, whichever zone its time is told in."""
    return f"{run_id}-{symbol}-{at.astimezone(KST).isoformat()}-{action}"


class Diary:
    """Writes the signals of a run."""

    def __init__(self, terms: RunTerms) -> None:
        self._terms = terms
        self._last: datetime | None = None
        self._signals: dict[str, Signal] = {}
        self._reasons: dict[str, str] = {}

    def is_told(self, lane: LiveLane, decision: Decision) -> bool:
        """Whether what was decided at a bar's end is written down: orders, entries that are not made, and signals that
        are others than at the bar before. Single trades are many: of them orders, and why entries are not made where
        the reason is another one than the last."""
        signal, signal_before = lane.signal, self._signals.get(lane.symbol)
        self._signals[lane.symbol] = signal
        if not self._terms.sessions.of_trades:
            return decision is not NOTHING or (signal != signal_before and bool(signal.enters or signal.exits))
        reason_before = self._reasons.get(lane.symbol, "")
        is_order = decision.action != "none"
        reason = self._reasons[lane.symbol] = "" if is_order else decision.reason or reason_before
        return is_order or reason != reason_before

    def entry(self, lane: LiveLane, at: datetime, decision: Decision) -> SignalEntry:
        """What was decided at a bar's end, or at a moment of its own, as it is written down."""
        return SignalEntry(
            run_id=self._terms.run.id,
            symbol=lane.symbol,
            at=at,
            enters=lane.signal.enters,
            exits=lane.signal.exits,
            action=decision.action,
            quantity=lane.quantity if decision.action == "exit" else decision.quantity,
            reason=decision.reason,
            values=lane.values(),
        )

    async def say(self, lane: LiveLane, what: str, *, quantity: int = 0) -> None:
        """Write down what happened beside the decisions."""
        _log.warning("Strategy %s, %s: %s", self._terms.run.strategy, lane.symbol, what)
        await self._terms.records.add_signals([self.entry(lane, self.moment(), Decision("none", quantity, what))])

    async def note_loss(self, lane: LiveLane, missing: int) -> bool:
        """Give up what a lane holds and the account has not; returns whether there is such. It is written down, so that
        the run never takes what the person buys later for its own."""
        lost = min(missing, lane.quantity)
        if lost <= 0:
            return False
        await self.say(lane, lost_reason(lost, lane.quantity), quantity=lost)
        lane.lose(lost, self._terms.clock())
        if self._terms.orders is not None:
            await self._terms.orders.note_lost()
        return True

    def moment(self, since: datetime | None = None) -> datetime:
        """Now, as a moment that no bar's end and no other entry has.

        Args:
            since: It is no earlier than this, where the exchange's clock is ahead.
        """
        now = self._terms.clock()
        now = now if since is None else max(now, since)
        now = now.replace(microsecond=max(now.microsecond, _FIRST_MICROSECOND))
        if self._last is not None and now <= self._last:
            now = self._last + A_MOMENT
        self._last = now
        return now
