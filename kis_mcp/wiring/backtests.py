"""A person's strategy over the history of an environment: read, run, measured, reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import yaml

from kis_mcp.catalog import catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, builtin_instruments
from kis_mcp.settings import Settings
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import (
    BacktestOptions,
    Bars,
    Benchmark,
    History,
    Report,
    Statistics,
    assumptions_of,
    beside_index,
    cautions_of,
    hold_return,
    measure,
    run_backtest,
    terms_of,
    warnings_of,
    write_report,
)
from kis_mcp.strategies.document import Strategy, doubts_of, read_kis_file, read_strategy, resolve
from kis_mcp.wiring.backtest_index import Listed, MarketIndex, read_candles, read_index, read_listed
from kis_mcp.wiring.backtest_picture import Tested, draw_picture
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.operator import own_commissions
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.universe import choose_instruments

HISTORIES = "histories"
KIS_FILE = ".kis.yaml"


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of a backtest.

    Attributes:
        about: What was tested, in a line.
        currency: Of all amounts.
        statistics: What it comes to.
        warnings: What speaks against trusting it, a sentence each.
        assumptions: How orders were filled, what they cost and what it is held beside, a sentence each.
        picture: What the account was worth over time, its falls and its fills, as SVG; `png_of` makes it a PNG.
        report: The whole of it as an HTML file that loads nothing.
    """

    about: str
    currency: str
    statistics: Statistics
    warnings: Sequence[str]
    assumptions: Sequence[str]
    picture: str
    report: str


def read_strategy_file(path: Path) -> Strategy:
    """The strategy of a file: KIS' own ``.kis.yaml``, or this project's document as YAML or JSON. Where there is
    no such file, the name of a preset is that preset.

    Raises:
        BadArgument: It cannot be read, or says what no strategy can be.
    """
    if str(path) in preset_names() and not path.exists():
        return read_preset(str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(
            f"{path} cannot be read ({type(error).__name__}).",
            remedy=f"Give a text file in UTF-8, or a preset: {', '.join(preset_names())}.",
            field="file",
        ) from None
    if path.name.endswith(KIS_FILE):
        return read_kis_file(text)
    try:
        return read_strategy(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise BadArgument(f"{path} is no YAML: {error}.", remedy="Mend it.", field="file") from None


async def backtest(
    settings: Settings,
    strategy: Strategy,
    symbols: Sequence[str],
    start: date,
    end: date,
    cash: Decimal,
    *,
    parameters: Mapping[str, float] | None = None,
    clock: Clock = system_clock,
) -> Backtest:
    """What a strategy would have done in the environment that the settings choose.

    Args:
        symbols: Korean or US stocks and funds, all of one market; the document's universe, as it stands today, where
            none are given.
        start, end: Days of the exchange; the last one is yesterday at the latest.
        cash: In the market's currency.
        parameters: In place of the document's defaults.

    Raises:
        BadArgument: The symbols are of several markets, or none; by the strategy; nothing was traded in these days.
        KisMcpError: By KIS' answer.
    """
    resolved = resolve(strategy, parameters)
    if resolved.interval == "tick":
        raise BadArgument("There is no history of ticks.", remedy="Give interval 1m or longer.", field="interval")
    history, listed, index = await _read_history(settings, instruments, resolved.interval, start, end, clock)
    own = own_commissions(settings)
    terms = {
        symbol: terms_of(market, each.kind or "stock", own, interval=resolved.interval)
        for symbol, each in listed.items()
    }
    options = BacktestOptions(cash)
    result = run_backtest(resolved, history, options, terms)
    benchmark = beside_index(index.name, index.bars, result) if index.bars else None
    found = measure(result, cash, hold_return_percent=hold_return(history, result.warm_up), benchmark=benchmark)
    first, last = _days_of(history)
    about = f"{', '.join(history)}, {resolved.interval} bars from {first} to {last}, in {settings.environment}"
    warnings = [
        *filter(None, [chosen.how]),
        *(f"{path}: {doubt}" for path, doubt in doubts_of(strategy)),
        *warnings_of(result, found),
        *cautions_of(resolved, history, market),
        *(
            f"Whether {symbol} is a share or a fund is not known: it is stepped and taxed as a share."
            for symbol, each in listed.items()
            if each.kind is None
        ),
    ]
    assumptions = [
        *assumptions_of(
            options, market, resolved.interval, has_limit=any(each.daily_limit_percent for each in terms.values())
        ),
        _sentence_on(index, benchmark),
    ]
    tested = Tested(strategy.name, instruments, resolved.interval, history, result, found, cash, index)
    picture = draw_picture(tested, settings.environment, settings.colors)
    report = Report(strategy.name, about, currency, result, found, warnings, assumptions, picture)
    return Backtest(about, currency, found, warnings, assumptions, picture, write_report(report))


async def _read_history(
    settings: Settings, instruments: Sequence[Instrument], interval: str, start: date, end: date, clock: Clock
) -> tuple[dict[str, Bars], dict[str, Listed], MarketIndex]:
    """Symbol → its bars and where it is listed, and the index of their market over the same days."""
    found, listed = dict[str, Bars](), dict[str, Listed]()
    async with open_environments(settings, catalog(), clock) as environments:
        brokerage = await environments.brokerage(settings.environment)
        store = HistoryFiles(brokerage.folder / HISTORIES)
        for instrument in instruments:
            reads = Reads(brokerage, _wait_silently)
            today = reads.clock().astimezone(instrument.timezone).date()
            history = History(instrument, interval, partial(read_candles, reads, instrument), store, today)
            found[instrument.symbol] = await history.between(start, end)
            listed[instrument.symbol] = await read_listed(reads, store, instrument)
        first, last = _days_of(found)
        index = await read_index(Reads(brokerage, _wait_silently), store, list(listed.values()), first, last)
        return found, listed, index


def _days_of(history: Mapping[str, Bars]) -> tuple[date, date]:
    first = min(bars.ends_at[0] for bars in history.values())
    return first.date(), max(bars.ends_at[-1] for bars in history.values()).date()


async def _wait_silently(seconds: float) -> None:
    """At a terminal nobody is told of each wait for KIS' rate limit."""


def _sentence_on(index: MarketIndex, benchmark: Benchmark | None) -> str:
    if benchmark is None:
        return index.reason or f"{index.name} has no day in the time of the backtest after warm-up."
    return (
        f"Beside {index.name} from the open of the first day after warm-up to the close of the last, and beside buying "
        "and holding: both without dividends and costs."
    )
