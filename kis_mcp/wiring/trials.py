"""What a strategy is tried on: its instruments, their history in an environment, and how they are traded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from math import ceil

from kis_mcp.catalog import WaitReporter
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market import INTERVALS, Instrument
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import BacktestOptions, Bars, Ground, History, regular_bars, terms_of
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.strategies.universe import Chosen, of_symbols
from kis_mcp.trading.venues import venues_of
from kis_mcp.wiring.backtest_index import MarketIndex, read_candles, read_index, read_listed
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.environments import Environments
from kis_mcp.wiring.operator import keeps_hours, own_commissions
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.universe import choose_instruments

HISTORIES = "histories"
_MINUTES_A_DAY = 380
"""Of a regular session in Korea that have candles; the US have ten more."""

_LONG_WEEKEND = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """A strategy with what it is tried on. It can be tried with many parameters.

    Attributes:
        strategy: With its parameters; without its universe where other symbols were given.
        chosen: Its instruments, all of one market.
        ground: Their history, cash, and how they are traded.
        unknown_kinds: Symbols of which it is not known whether they are shares or funds.
        environment: Whose history it is.
        index: Of their market, over the same days.
    """

    strategy: Strategy
    chosen: Chosen
    ground: Ground
    unknown_kinds: Sequence[str]
    environment: Environment
    index: MarketIndex

    @property
    def instruments(self) -> Sequence[Instrument]:
        return self.chosen.instruments

    @property
    def market(self) -> str:
        return self.instruments[0].market

    @property
    def currency(self) -> str:
        return self.instruments[0].currency

    @property
    def about(self) -> str:
        """What is tried, in a line."""
        first, last = _days_of(self.ground.history.values())
        symbols = ", ".join(self.ground.history)
        return f"{symbols}, {self.strategy.interval} bars from {first} to {last}, in {self.environment}"


async def read_trial(
    environments: Environments,
    environment: Environment,
    strategy: Strategy,
    chosen: Chosen,
    start: date,
    end: date,
    cash: Decimal,
    waiting: WaitReporter,
    *,
    beside_index: bool = False,
) -> Trial:
    """Read the history that a strategy is to be tried on, from the disk as far as it was read before.

    Args:
        environment: Whose KIS has the history, and whose folder keeps it.
        chosen: Of `choose`.
        start, end: Days of the exchange; the last one is yesterday at the latest.
        cash: In the market's currency.
        waiting: Is told of waits for KIS' rate limit.
        beside_index: Whether the index of their market is read too.

    Raises:
        BadArgument: There is no history of the strategy's interval; nothing was traded in these days.
        KisMcpError: By KIS' answer.
    """
    if strategy.interval == "tick":
        raise BadArgument("There is no history of ticks.", remedy="Give interval 1m or longer.", field="interval")
    resolve(strategy)
    brokerage = await environments.brokerage(environment)
    reads, store = Reads(brokerage, waiting), HistoryFiles(brokerage.folder / HISTORIES)
    history = await read_history(brokerage, chosen.instruments, strategy.interval, start, end, waiting)
    listed = {each.symbol: await read_listed(reads, store, each) for each in chosen.instruments}
    own, market = own_commissions(brokerage.settings), chosen.instruments[0].market
    terms = {
        symbol: terms_of(market, each.kind or "stock", own, interval=strategy.interval)
        for symbol, each in listed.items()
    }
    index = MarketIndex()
    if beside_index:
        index = await read_index(reads, store, list(listed.values()), *_days_of(history.values()))
    unknown = [symbol for symbol, each in listed.items() if each.kind is None]
    return Trial(strategy, chosen, Ground(history, BacktestOptions(cash), terms), unknown, environment, index)


def days_to_warm_up(strategy: Strategy, bars: int) -> timedelta:
    """How long before its first bar a strategy's history has to begin, so that so many bars have ended by the end of
    the first: twice the days of trading that they take, for weekends and holidays."""
    length = INTERVALS[strategy.interval]
    bars_a_day = _MINUTES_A_DAY / length if isinstance(length, int) else {"day": 1, "week": 1 / 5}[length]
    return timedelta(days=2 * ceil(bars / bars_a_day) + _LONG_WEEKEND) if bars > 1 else timedelta()


async def read_history(
    brokerage: Brokerage,
    instruments: Sequence[Instrument],
    interval: str,
    start: date,
    end: date,
    waiting: WaitReporter,
) -> dict[str, Bars]:
    """The bars of each instrument in these days: what is kept of them, and the rest from KIS, which is kept then.

    Raises:
        BadArgument: One was not traded in these days, or KIS keeps nothing of them.
        KisMcpError: By KIS' answer.
    """
    found = dict[str, Bars]()
    reads, store = Reads(brokerage, waiting), HistoryFiles(brokerage.folder / HISTORIES)
    for instrument in instruments:
        today = reads.clock().astimezone(instrument.timezone).date()
        history = History(instrument, interval, partial(read_candles, reads, instrument), store, today)
        found[instrument.symbol] = _as_traded(await history.between(start, end), instrument, interval, brokerage)
    return found


def _as_traded(bars: Bars, instrument: Instrument, interval: str, brokerage: Brokerage) -> Bars:
    """Of minutes those of the regular session, by its usual hours, where the environment's market has hours."""
    minutes = INTERVALS[interval]
    if not isinstance(minutes, int) or not keeps_hours(brokerage.settings, brokerage.environment):
        return bars
    hours_of = venues_of(instrument.market, "krx", brokerage.environment)[0].usual
    found = regular_bars(bars, minutes, hours_of)
    if not found:
        raise BadArgument(
            f"{instrument.symbol} was not traded in the regular session of these days.",
            remedy="Choose other days, or another symbol.",
            field="start",
        )
    return found


async def choose(
    environments: Environments,
    environment: Environment,
    strategy: Strategy,
    symbols: Sequence[str],
    waiting: WaitReporter,
) -> tuple[Strategy, Chosen]:
    """A strategy with what it trades: Korean or US stocks and funds, all of one market.

    Args:
        symbols: In place of the document's universe, which the answer's strategy does not have then; without any the
            universe as it stands today.

    Raises:
        BadArgument: There are none, or of several markets, or a symbol is not known.
        KisMcpError: By KIS' answer, where a ranking or an index has to be read.
    """
    if symbols:
        chosen = _of_given("symbols", symbols)
        strategy = strategy.model_copy(update={"universe": None})
    elif (universe := strategy.universe) is None:
        chosen = Chosen(())
    elif universe.symbols:
        chosen = _of_given("universe.symbols", universe.symbols)
    else:
        chosen = await choose_instruments(environments, environment, universe, waiting)
    markets = {instrument.market for instrument in chosen.instruments}
    if len(markets) != 1:
        raise BadArgument(
            f"The instruments are of {len(markets)} markets.",
            remedy="Give at least one symbol, and only such as share a currency.",
            field="symbols",
        )
    return strategy, chosen


def _of_given(field: str, symbols: Sequence[str]) -> Chosen:
    try:
        return of_symbols(symbols)
    except BadArgument as error:
        raise BadArgument(error.what, remedy=error.remedy, field=field) from None


async def wait_silently(seconds: float) -> None:
    """At a terminal nobody is told of each wait for KIS' rate limit."""


def _days_of(bars: Iterable[Bars]) -> tuple[date, date]:
    each = list(bars)
    return min(one.ends_at[0] for one in each).date(), max(one.ends_at[-1] for one in each).date()
