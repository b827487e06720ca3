"""What a strategy is tried on: its instruments, their history in an environment, and how they are traded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import cast

from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market import CandleRange, Candles, Instrument, builtin_instruments, get_candles
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import BacktestOptions, Bars, Ground, History, terms_of
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.trading.venues import InstrumentKind
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.operator import own_commissions
from kis_mcp.wiring.reads import Reads

HISTORIES = "histories"


@dataclass(frozen=True, slots=True)
class Trial:
    """A strategy with what it is tried on. It can be tried with many parameters.

    Attributes:
        strategy: With its parameters.
        instruments: All of one market.
        ground: Their history, cash, and how they are traded.
        environment: Whose history it is.
    """

    strategy: Strategy
    instruments: Sequence[Instrument]
    ground: Ground
    environment: Environment

    @property
    def market(self) -> str:
        return self.instruments[0].market

    @property
    def currency(self) -> str:
        return self.instruments[0].currency

    @property
    def about(self) -> str:
        """What is tried, in a line."""
        history = self.ground.history
        first = min(bars.ends_at[0] for bars in history.values()).date()
        last = max(bars.ends_at[-1] for bars in history.values()).date()
        return f"{', '.join(history)}, {self.strategy.interval} bars from {first} to {last}, in {self.environment}"


async def read_trial(
    brokerage: Brokerage,
    strategy: Strategy,
    symbols: Sequence[str],
    start: date,
    end: date,
    cash: Decimal,
    reads: Reads | None = None,
) -> Trial:
    """Read the history that a strategy is to be tried on, from the disk as far as it was read before.

    Args:
        brokerage: Whose KIS has the history, and whose folder keeps it.
        symbols: Korean or US stocks and funds, all of one market; the document's own where none are given.
        start, end: Days of the exchange; the last one is yesterday at the latest.
        cash: In the market's currency.
        reads: The way to KIS; without one nobody is told of waits.

    Raises:
        BadArgument: The symbols are of several markets, or none; there is no history of the strategy's interval;
            nothing was traded in these days.
        KisMcpError: By KIS' answer.
    """
    instruments = instruments_of(strategy, symbols)
    if strategy.interval == "tick":
        raise BadArgument("There is no history of ticks.", remedy="Give interval 1m or longer.", field="interval")
    resolve(strategy)
    own = own_commissions(brokerage.settings)
    terms = {
        each.symbol: terms_of(each.market, cast("InstrumentKind", each.kind or "stock"), own) for each in instruments
    }
    history = await read_history(brokerage, instruments, strategy.interval, start, end, reads)
    return Trial(strategy, instruments, Ground(history, BacktestOptions(cash), terms), brokerage.environment)


async def read_history(
    brokerage: Brokerage,
    instruments: Sequence[Instrument],
    interval: str,
    start: date,
    end: date,
    reads: Reads | None = None,
) -> dict[str, Bars]:
    """The bars of each instrument in these days: what is kept of them, and the rest from KIS, which is kept then.

    Raises:
        BadArgument: One was not traded in these days, or KIS keeps nothing of them.
        KisMcpError: By KIS' answer.
    """
    found, store = dict[str, Bars](), HistoryFiles(brokerage.folder / HISTORIES)
    reads = reads or Reads(brokerage, _wait_silently)
    for instrument in instruments:
        today = reads.clock().astimezone(instrument.timezone).date()
        history = History(instrument, interval, partial(_read_candles, reads, instrument), store, today)
        found[instrument.symbol] = await history.between(start, end)
    return found


async def _wait_silently(seconds: float) -> None:
    """Nobody is told of a wait for KIS' rate limit."""


def instruments_of(strategy: Strategy, symbols: Sequence[str]) -> list[Instrument]:
    """What a strategy is tried with.

    Raises:
        BadArgument: There are none, or of several markets, or a symbol is not known.
    """
    names = tuple(symbols) or (strategy.universe.symbols if strategy.universe else ())
    instruments = [_instrument(name) for name in names]
    markets = {instrument.market for instrument in instruments}
    if len(markets) != 1:
        raise BadArgument(
            f"The instruments are of {len(markets)} markets.",
            remedy="Give at least one symbol, and only such as share a currency.",
            field="symbols",
        )
    return instruments


def _instrument(name: str) -> Instrument:
    try:
        return builtin_instruments().resolve(name)
    except BadArgument as error:
        raise BadArgument(error.what, remedy=error.remedy, field="symbols") from None


async def _read_candles(reads: Reads, instrument: Instrument, wanted: CandleRange) -> Candles:
    return await get_candles(reads, instrument, wanted, now=reads.clock())
