"""A person's strategy over the history of an environment: read, run, measured, reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from kis_mcp.catalog import catalog
from kis_mcp.clock import Clock, system_clock
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.settings import Settings
from kis_mcp.strategies.backtest import (
    Report,
    Statistics,
    Trade,
    cautions_of,
    hold_return,
    measure,
    run_backtest,
    warnings_of,
    write_report,
)
from kis_mcp.strategies.document import Strategy, doubts_of, preset_names, read_given, read_preset, read_text, resolve
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.trials import Trial, read_trial


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of a backtest.

    Attributes:
        about: What was tested, in a line.
        currency: Of all amounts.
        statistics: What it comes to.
        warnings: What speaks against trusting it, a sentence each.
        report: The whole of it as an HTML file that loads nothing.
        trades: In the order of their entries.
    """

    about: str
    currency: str
    statistics: Statistics
    warnings: Sequence[str]
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
    start: date,
    end: date,
    cash: Decimal,
    *,
    parameters: Mapping[str, float] | None = None,
    clock: Clock = system_clock,
) -> Backtest:
    """What a strategy would have done in the environment that the settings choose.

    Args:
        symbols, start, end, cash: As for `read_trial`.
        parameters: In place of the document's defaults.

    Raises:
        BadArgument: As from `read_trial`; by the strategy.
        KisMcpError: By KIS' answer.
    """
    resolve(strategy, parameters)
    trial: Trial | KisMcpError
    async with open_environments(settings, catalog(), clock) as environments:
        # Raised within, an error would leave as a group of one.
        try:
            brokerage = await environments.brokerage(settings.environment)
            trial = await read_trial(brokerage, strategy, symbols, start, end, cash)
        except KisMcpError as error:
            trial = error
    if isinstance(trial, KisMcpError):
        raise trial
    return run_trial(trial, parameters)


def run_trial(trial: Trial, parameters: Mapping[str, float] | None = None) -> Backtest:
    """What a strategy would have done. Takes seconds where there are many bars, and waits for nothing.

    Args:
        parameters: In place of the document's defaults.

    Raises:
        BadArgument: By the strategy or its parameters.
    """
    strategy, currency = trial.strategy, trial.currency
    history, options, cash = trial.ground.history, trial.ground.options, trial.ground.options.cash
    resolved = resolve(strategy, parameters)
    result = run_backtest(resolved, history, options, trial.ground.terms)
    found = measure(result, cash, hold_return_percent=hold_return(history, result.warm_up))
    about = trial.about
    warnings = [
        *(f"{path}: {doubt}" for path, doubt in doubts_of(strategy)),
        *warnings_of(result, found, costs_are_off=False),
        *cautions_of(resolved, history, trial.market),
    ]
    assumptions = (
        "Decided at a bar's end, filled at the next bar's open.",
        f"Market orders and stops are filled {options.slippage_ticks} tick worse.",
        f"A fill takes at most {options.most_volume_percent} % of its bar's volume.",
        "Commission as today, taxes as on each day.",
    )
    report = Report(strategy.name, about, currency, result, found, warnings, assumptions)
    return Backtest(about, currency, found, warnings, write_report(report), result.trades)
