"""What makes a backtest on such a history lie, whatever it finds."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.document import Strategy

AFTER_MARKET_SINCE: Final = date(2026, 9, 14)
"""From this day on KIS' daily candles of Korean stocks take in the after-market until 20:00."""

_LATE_SHARE: Final = 0.1
"""A history that misses more than this of the longest one's bars begins late or ends early."""


def cautions_of(strategy: Strategy, history: Mapping[str, Bars], market: str) -> list[str]:
    """A sentence each: of instruments chosen with hindsight, and of bars that are not what they seem."""
    found = list[str]()
    universe = strategy.universe
    if universe is not None and not universe.symbols:
        source = f"members of {universe.index}" if universe.index is not None else f"ranking by {universe.ranking}"
        found.append(
            f"The instruments are the {source} as of today: those that fell out, failed or were delisted since then "
            "are missing, and the past looks better than it was."
        )
    if len(history) == 1:
        found.append(
            "One instrument was chosen, perhaps because it is known today how it fared: try the same rule on others "
            "that could have been chosen then."
        )
    last = max(bars.ends_at[-1] for bars in history.values()).date()
    if market == "KR" and strategy.interval in ("1d", "1w") and last >= AFTER_MARKET_SINCE:
        found.append(
            f"Daily candles since {AFTER_MARKET_SINCE} take in the after-market: their close is not that of the "
            "closing auction, and high and low may lie outside the regular session. Minute candles tell them apart."
        )
    most = max(map(len, history.values()))
    if short := [symbol for symbol, bars in history.items() if len(bars) < most * (1 - _LATE_SHARE)]:
        found.append(
            f"{', '.join(short[:5])}{' and others' if len(short) > 5 else ''} had fewer bars than the rest: they were "
            "not traded in all of the time."
        )
    return found
