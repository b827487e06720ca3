"""A person's strategy over the history of an environment: read, run, measured, reported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from kis_mcp.catalog import catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.errors import BadArgument
from kis_mcp.settings import Settings
from kis_mcp.strategies.backtest import (
    BacktestResult,
    Benchmark,
    Report,
    Statistics,
    Trade,
    assumptions_of,
    beside_index,
    cautions_of,
    hold_return,
    measure,
    run_backtest,
    warnings_of,
    write_report,
)
from kis_mcp.strategies.document import Strategy, doubts_of, preset_names, read_given, read_preset, read_text, resolve
from kis_mcp.wiring.backtest_index import MarketIndex
from kis_mcp.wiring.backtest_picture import Tested, draw_picture
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.own_bars import trial_of_files
from kis_mcp.wiring.trials import LONGEST_HOLIDAYS, USUAL_CASH, Trial, choose, read_trial, usual_start, wait_silently


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
        trades: In the order of their entries.
    """

    about: str
    currency: str
    statistics: Statistics
    warnings: Sequence[str]
    assumptions: Sequence[str]
    picture: str
    report: str
    trades: Sequence[Trade]


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
    return read_given(read_text(text))


async def backtest(
    settings: Settings,
    strategy: Strategy,
    symbols: Sequence[str],
    days: tuple[date | None, date | None] = (None, None),
    cash: Decimal | None = None,
    *,
    parameters: Mapping[str, float] | None = None,
    files: Mapping[str, Path] | None = None,
    clock: Clock = system_clock,
) -> Backtest:
    """What a strategy would have done in the environment that the settings choose.

    Args:
        symbols: As for `choose`.
        days: The first and the last; None for what is usual: `usual_start`, and yesterday.
        cash: In the market's currency; None for what is usual.
        parameters: In place of the document's defaults.
        files: Of own bars, as for `trial_of_files`, in place of the environment's history.

    Raises:
        BadArgument: As from `choose` and `read_trial`; by the strategy.
        KisMcpError: By KIS' answer.
    """
    resolve(strategy, parameters)
    environment = settings.environment
    async with open_environments(settings, catalog(), clock) as environments:
        strategy, chosen = await choose(
            environments, environment, strategy, symbols or list(files or ()), wait_silently
        )
        cash = cash or USUAL_CASH[chosen.instruments[0].currency]
        if files:
            brokerage = await environments.brokerage(environment)
            trial = trial_of_files(brokerage, strategy, chosen, files, days, cash, parameters or {})
        else:
            end = days[1] or clock().date() - timedelta(days=1)
            trial = await read_trial(
                environments,
                environment,
                strategy,
                chosen,
                days[0] or usual_start(strategy.interval, end),
                end,
                cash,
                wait_silently,
                parameters=[parameters or {}],
                beside_index=True,
            )
    return run_trial(trial, settings.colors, parameters)


def run_trial(trial: Trial, colors: str, parameters: Mapping[str, float] | None = None) -> Backtest:
    """What a strategy would have done. Takes seconds where there are many bars, and waits for nothing.

    Args:
        trial: With its index.
        colors: Of the picture, by a key of `kis_mcp.charts.PALETTES`.
        parameters: In place of the document's defaults.

    Raises:
        BadArgument: By the strategy or its parameters.
    """
    strategy, ground, index, currency = trial.strategy, trial.ground, trial.index, trial.currency
    history, options = ground.history, ground.options
    resolved = resolve(strategy, parameters)
    result = run_backtest(resolved, history, options, ground.terms)
    benchmark = beside_index(index.name, index.bars, result) if index.bars else None
    hold = hold_return(history, result.trades_from)
    found = measure(result, options.cash, resolved.interval, hold_return_percent=hold, benchmark=benchmark)
    has_limit = any(each.daily_limit_percent for each in ground.terms.values())
    warnings = [
        *_warnings_before(trial),
        *_warnings_of_days(trial, result),
        *warnings_of(result, found),
        *cautions_of(resolved, history, trial.market),
    ]
    assumptions = [
        *assumptions_of(options, trial.market, resolved.interval, has_limit=has_limit, is_adjusted=not trial.is_own),
        _sentence_on(index, benchmark),
    ]
    tested = Tested(strategy.name, trial.instruments, resolved.interval, history, result, found, options.cash, index)
    picture = draw_picture(tested, None if trial.is_own else trial.environment, colors)
    report = Report(strategy.name, trial.about, currency, result, found, warnings, assumptions, picture)
    return Backtest(trial.about, currency, found, warnings, assumptions, picture, write_report(report), result.trades)


def _warnings_before(trial: Trial) -> Iterator[str]:
    """What speaks against trusting a backtest whatever comes of it."""
    if trial.chosen.how:
        yield trial.chosen.how
    yield from (f"{path}: {doubt}" for path, doubt in doubts_of(trial.strategy))
    for symbol in trial.unknown_kinds:
        yield f"Whether {symbol} is a share or a fund is not known: it is stepped and taxed as a share."


def _warnings_of_days(trial: Trial, result: BacktestResult) -> Iterator[str]:
    """What was not tested of the days that were asked for."""
    if result.trades_from is None:
        return
    first = result.trades_from.date()
    if first - trial.start > LONGEST_HOLIDAYS:
        yield (
            f"The days from {trial.start} to {first} were not tested: KIS has no bars of them, or none before them to"
            f" warm up on, which takes {result.warm_up}."
        )


def _sentence_on(index: MarketIndex, benchmark: Benchmark | None) -> str:
    if benchmark is None:
        return index.reason or f"{index.name} has no day in the time of the backtest after warm-up."
    return (
        f"Beside {index.name} from the open of the first day after warm-up to the close of the last, and beside buying "
        "and holding: both without dividends and costs."
    )
