"""What a strategy is tried on: its instruments, their history in an environment, and how they are traded."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from kis_mcp.catalog import WaitReporter
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market import INTERVALS, Instrument, builtin_instruments
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import (
    FIRST_DAY,
    MOST_MINUTE_DAYS,
    BacktestOptions,
    Bars,
    Ground,
    History,
    days_of,
    in_shares_of_today,
    not_traded,
    regular_bars,
    require_day,
    require_possible_day,
    terms_of,
)
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.strategies.evaluation import settling_bars
from kis_mcp.strategies.universe import Chosen, of_symbols
from kis_mcp.trading.venues import InstrumentKind
from kis_mcp.wiring.backtest_index import MarketIndex, read_candles, read_index, read_listed
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.environments import Environments
from kis_mcp.wiring.operator import keeps_hours, own_commissions
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.strategy_hours import ExchangeHours
from kis_mcp.wiring.universe import choose_instruments

HISTORIES = "histories"

USUAL_CASH: Final = {"KRW": Decimal(10_000_000), "USD": Decimal(10_000)}
"""What a strategy has where nobody says how much, and no real money is at stake: tried, or running."""

_OF_CALL: Final = "symbols"
_OF_DOCUMENT: Final = "universe.symbols"
"""The field of symbols that cannot be traded, by who gave them."""

_USUAL_MINUTE_DAYS: Final = 30
_USUAL_DAYS: Final[Mapping[str, int]] = {"day": 365, "week": 5 * 365}
LONGEST_HOLIDAYS: Final = timedelta(days=12)


@dataclass(frozen=True, slots=True)
class Trial:
    """A strategy with what it is tried on. It can be tried with many parameters.

    Attributes:
        strategy: With its parameters; without its universe where other symbols were given.
        chosen: Its instruments, all of one market.
        ground: Their history, cash, and how they are traded; the bars to warm up on lie before the first day.
        start: The first day.
        unknown_kinds: Symbols of which it is not known whether they are shares or funds.
        environment: Whose history it is, and whose commissions.
        is_own: Whether the history is a person's own, and of no environment.
        index: Of their market, over the same days.
    """

    strategy: Strategy
    chosen: Chosen
    ground: Ground
    start: date
    unknown_kinds: Sequence[str]
    environment: Environment
    index: MarketIndex
    is_own: bool = False

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
        first, last = _days_of(self.ground.history.values(), self.start)
        symbols, source = ", ".join(self.ground.history), "of own files" if self.is_own else f"in {self.environment}"
        return f"{symbols}, {self.strategy.interval} bars from {first} to {last}, {source}"


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
    parameters: Iterable[Mapping[str, float]] = ({},),
    beside_index: bool = False,
) -> Trial:
    """Read the history that a strategy is to be tried on, from the disk as far as it was read before.

    Args:
        environment: Whose KIS has the history, and whose folder keeps it.
        chosen: Of `choose`.
        start, end: Days of the exchange; the last one is yesterday at the latest.
        cash: In the market's currency.
        waiting: Is told of waits for KIS' rate limit.
        parameters: Each in place of the document's defaults: all that it will be tried with, so that it can be told how
            many bars before the first day it takes to warm up on.
        beside_index: Whether the index of their market is read too.

    Raises:
        BadArgument: There is no history of the strategy's interval; nothing was traded in these days.
        KisMcpError: By KIS' answer.
    """
    if strategy.interval == "tick":
        raise BadArgument("There is no history of ticks.", remedy="Give interval 1m or longer.", field="interval")
    lead_in = max(settling_bars(resolve(strategy, each)) for each in parameters)
    brokerage = await environments.brokerage(environment)
    reads, store = Reads(brokerage, waiting), HistoryFiles(brokerage.folder / HISTORIES)
    today = brokerage.clock().astimezone(chosen.instruments[0].timezone).date()
    require_day(start, min(end, today - timedelta(days=1)))
    read_from = _read_from(strategy.interval, start, lead_in, today)
    with naming_symbols(chosen.instruments, is_of_call=strategy.universe is None):
        history = await read_history(brokerage, chosen.instruments, strategy.interval, read_from, end, waiting)
    for symbol, bars in history.items():
        if bars.ends_at[-1].date() < start:
            raise not_traded(symbol, start, end)
    listed = {each.symbol: await read_listed(reads, store, each) for each in chosen.instruments}
    index = MarketIndex()
    if beside_index:
        index = await read_index(reads, store, list(listed.values()), *_days_of(history.values(), start))
    kinds: dict[str, InstrumentKind | None] = {symbol: each.kind for symbol, each in listed.items()}
    ground = ground_of(brokerage, strategy.interval, chosen.instruments, history, kinds, cash)
    first = datetime.combine(start, time(), chosen.instruments[0].timezone)
    unknown = [symbol for symbol, kind in kinds.items() if kind is None]
    return Trial(strategy, chosen, ground.between(first, None, lead_in), start, unknown, environment, index)


def ground_of(
    brokerage: Brokerage,
    interval: str,
    instruments: Sequence[Instrument],
    history: Mapping[str, Bars],
    kinds: Mapping[str, InstrumentKind | None],
    cash: Decimal,
) -> Ground:
    """What is tried on, as the instruments of one market are traded; those of which it is not known as shares."""
    first = instruments[0]
    closes = _closes_of(first, brokerage) if isinstance(INTERVALS[interval], int) else None
    own = own_commissions(brokerage.settings)
    terms = {
        symbol: replace(terms_of(first.market, kind or "stock", own, interval=interval), closes=closes)
        for symbol, kind in kinds.items()
    }
    return Ground(history, BacktestOptions(cash), terms)


def usual_start(interval: str, end: date) -> date:
    """The first day of a trial of which nobody says when it begins.

    Raises:
        BadArgument: The last is before there were any prices.
    """
    require_possible_day(end, "end_date")
    length = INTERVALS.get(interval, "day")
    return end - timedelta(days=_USUAL_MINUTE_DAYS if isinstance(length, int) else _USUAL_DAYS[length])


def _read_from(interval: str, start: date, lead_in: int, today: date) -> date:
    """The day from which on there are so many bars before another day, as far as KIS keeps them."""
    lead_in_days = days_of(interval, lead_in) + LONGEST_HOLIDAYS.days
    found = start - timedelta(days=min(lead_in_days, (start - FIRST_DAY).days))
    if isinstance(INTERVALS[interval], int):
        return min(start, max(found, today - timedelta(days=MOST_MINUTE_DAYS)))
    return found


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
    has_hours = keeps_hours(brokerage.settings, brokerage.environment)
    for instrument in instruments:
        today = reads.clock().astimezone(instrument.timezone).date()
        read = partial(read_candles, reads, instrument)
        bars, minutes = await History(instrument, interval, read, store, today).between(start, end), INTERVALS[interval]
        if isinstance(minutes, int):
            bars = await in_shares_of_today(bars, instrument, read, store, today)
            if has_hours:
                bars = _as_traded(bars, instrument, minutes, ExchangeHours(reads, instrument, keeps_hours=True))
        found[instrument.symbol] = bars
    return found


def _as_traded(bars: Bars, instrument: Instrument, minutes: int, hours_of: ExchangeHours) -> Bars:
    """Those of the regular session."""
    found = regular_bars(bars, minutes, hours_of)
    if not found:
        raise BadArgument(
            f"{instrument.symbol} was not traded in the regular session of these days.",
            remedy="Choose other days, or another symbol.",
            field="start_date",
        )
    return found


def _closes_of(instrument: Instrument, brokerage: Brokerage) -> Callable[[date], datetime | None]:
    """A day → when its regular session closes; at midnight where the market never closes."""
    has_hours = keeps_hours(brokerage.settings, brokerage.environment)
    hours_of = ExchangeHours(Reads(brokerage, wait_silently), instrument, keeps_hours=has_hours)

    def closes(day: date) -> datetime | None:
        hours = hours_of(day)
        return None if hours is None else hours[1]

    return closes


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
        chosen = _of_given(_OF_CALL, symbols)
        strategy = strategy.model_copy(update={"universe": None})
    elif (universe := strategy.universe) is None:
        chosen = Chosen(())
    elif universe.symbols:
        chosen = _of_given(_OF_DOCUMENT, universe.symbols)
    else:
        chosen = await choose_instruments(environments, environment, universe, waiting)
    if not chosen.instruments:
        raise BadArgument(
            "The strategy names no instruments, and the call gives none.",
            remedy="Give symbols with the call, or name them in universe.symbols of the document.",
            field="symbols",
        )
    markets = {instrument.market for instrument in chosen.instruments}
    if len(markets) != 1:
        raise BadArgument(
            f"The instruments are of {len(markets)} markets.",
            remedy="Give only instruments of one market.",
            field="symbols",
        )
    return strategy, chosen


@contextmanager
def naming_symbols(instruments: Sequence[Instrument], *, is_of_call: bool) -> Generator[None]:
    """Name in KIS' refusal the symbols that it is about: the only one, or those that the list here does not have.

    Args:
        is_of_call: Whether the call gave them; the document otherwise.

    Raises:
        BadArgument: With their names and their field.
    """
    try:
        yield
    except BadArgument as error:
        symbols = [each.symbol for each in instruments]
        doubtful = symbols if len(symbols) == 1 else [each for each in symbols if not builtin_instruments().find(each)]
        if error.kis_code is None or not doubtful:
            raise
        raise BadArgument(
            f"KIS refused a request about {', '.join(doubtful)}.",
            remedy="See with find_instrument whether there is such.",
            field=_OF_CALL if is_of_call else _OF_DOCUMENT,
            kis_code=error.kis_code,
            kis_message=error.kis_message,
        ) from None


def _of_given(field: str, symbols: Sequence[str]) -> Chosen:
    try:
        return of_symbols(symbols)
    except BadArgument as error:
        raise BadArgument(error.what, remedy=error.remedy, field=field) from None


async def wait_silently(_: object) -> None:
    """Where nobody is to be told of each wait, for KIS' rate limit or for a person."""


def _days_of(bars: Iterable[Bars], start: date) -> tuple[date, date]:
    """The first day of bars from a day on, and the last."""
    days = sorted({moment.date() for one in bars for moment in one.ends_at})
    return next(day for day in days if day >= start), days[-1]
