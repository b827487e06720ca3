"""A person's own history: files of bars in place of what KIS keeps."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import cast

from kis_mcp.errors import BadArgument
from kis_mcp.market import INTERVALS, Instrument
from kis_mcp.strategies.backtest import CLOSES, Bars, not_traded, read_bars_file, require_possible_day
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.strategies.evaluation import settling_bars
from kis_mcp.strategies.universe import Chosen
from kis_mcp.trading.venues import InstrumentKind
from kis_mcp.wiring.backtest_index import MarketIndex
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.trials import Trial, ground_of

_NO_INDEX = "No index is beside it: the bars are of own files."


def trial_of_files(
    brokerage: Brokerage,
    strategy: Strategy,
    chosen: Chosen,
    files: Mapping[str, Path],
    days: tuple[date | None, date | None],
    cash: Decimal,
    parameters: Mapping[str, float],
) -> Trial:
    """A trial on files of bars; on all of their days, where nobody says on which.

    Args:
        brokerage: Of the environment whose commissions are paid.
        files: As for `read_own_bars`.
        days: The first and the last. What is before the first is there to warm up on.

    Raises:
        BadArgument: By the files, the days or the strategy.
    """
    history = read_own_bars(files, chosen.instruments, strategy.interval)
    start = days[0] or min(bars.ends_at[0] for bars in history.values()).date()
    require_possible_day(start, "start_date")
    traded_until = max(bars.ends_at[-1] for bars in history.values()).date()
    last = min(days[1] or traded_until, traded_until)
    zone = chosen.instruments[0].timezone
    first, end = (datetime.combine(day, time(), zone) for day in (start, last + timedelta(days=1)))
    kinds: dict[str, InstrumentKind | None] = {
        each.symbol: cast("InstrumentKind | None", each.kind or None) for each in chosen.instruments
    }
    whole = ground_of(brokerage, strategy.interval, chosen.instruments, history, kinds, cash)
    ground = whole.between(first, end, settling_bars(resolve(strategy, parameters)))
    if missing := [symbol for symbol in history if symbol not in ground.history]:
        raise not_traded(missing[0], start, last)
    unknown = [symbol for symbol, kind in kinds.items() if kind is None]
    index = MarketIndex(reason=_NO_INDEX)
    return Trial(strategy, chosen, ground, start, unknown, brokerage.environment, index, is_own=True)


def read_own_bars(files: Mapping[str, Path], instruments: Sequence[Instrument], interval: str) -> dict[str, Bars]:
    """The bars of each instrument, as its file has them: nobody adjusts them for splits.

    Args:
        files: Symbol → CSV, or Parquet where pyarrow is installed.
        interval: Of the strategy, and so of the bars.

    Raises:
        BadArgument: An instrument has no file, a file no instrument; one cannot be read, or has bars of another
            interval.
    """
    symbols = [each.symbol for each in instruments]
    if set(symbols) != set(files):
        odd = sorted(set(symbols) ^ set(files))
        raise BadArgument(
            f"{', '.join(odd)}: an instrument without bars, or bars without an instrument.",
            remedy="Give --bars SYMBOL=FILE for each instrument that is tested, or for none.",
            field="bars",
        )
    found = dict[str, Bars]()
    for each in instruments:
        bars = read_bars_file(files[each.symbol], each.timezone, CLOSES[each.market])
        if not _is_of(bars.ends_at, interval):
            raise BadArgument(
                f"The bars of {files[each.symbol].name} are not of {interval}.",
                remedy="Give bars of the strategy's interval, or a strategy of the bars' interval.",
                field="bars",
            )
        found[each.symbol] = bars
    return found


def _is_of(ends_at: Sequence[datetime], interval: str) -> bool:
    length = INTERVALS[interval]
    steps = [after - before for before, after in pairwise(ends_at)]
    if isinstance(length, int):
        return min(steps, default=timedelta()) == timedelta(minutes=length)
    days = [moment.date() for moment in ends_at]
    periods = [day.isocalendar()[:2] if length == "week" else day for day in days]
    return len(set(periods)) == len(periods) and (length == "day" or _usual(steps) >= timedelta(days=5))


def _usual(steps: Sequence[timedelta]) -> timedelta:
    return sorted(steps)[len(steps) // 2] if steps else timedelta(days=7)
