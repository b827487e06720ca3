"""Bars of single trades, for strategies of interval ``tick``."""

from datetime import datetime

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner.bar_builder import A_MOMENT, BarBuilder, BuiltBar, Tick, is_repeated, size_of
from kis_mcp.strategies.runner.sessions import Span


class TradeBars(BarBuilder):
    """Makes each trade of an instrument a bar, which ends at once.

    KIS tells times in whole seconds: the first trade of a second is dated by it, each further one a microsecond after
    the one before. So a trade has the same moment whoever hears it, if the second was heard from its beginning.
    """

    def take(self, tick: Tick) -> BuiltBar | None:
        last = self._last
        if is_repeated(tick, last):
            return None
        if tick.total is not None:
            self._last = tick
        minute, is_sized = self._sessions.span_of(tick.time), tick.size is not None or last is not None
        if minute is None or not is_sized or not self.has_heard_since(tick.time):
            return None
        dated, before = tick.time.astimezone(self._sessions.timezone), self._ended_until
        if before is not None and dated <= before:
            if dated < before.replace(microsecond=0):
                return None
            dated = before + A_MOMENT
        self._ended_until = dated
        price = tick.price
        bar = Bar(dated, price, price, price, price, size_of(tick, last))
        return BuiltBar(bar, Span(dated, dated, dated, dated, minute.ends_session), is_whole=True)

    def begin_unheard(self, now: datetime) -> None:
        """Nothing can be heard now, and no bar is made of it."""
        self.report_gap(now + A_MOMENT)
