"""``kis-mcp backtest``: a strategy over history, on the screen, as JSON, and as a report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import anyio
import typer

from kis_mcp.catalog import to_json
from kis_mcp.errors import BadArgument
from kis_mcp.wiring import Backtest, backtest, load_settings, png_of, read_strategy_file


def run(
    file: Path,
    symbols: Sequence[str],
    days: tuple[date | None, date | None],
    cash: int | None,
    assignments: Sequence[str],
    bars: Sequence[str],
    *,
    report: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Print what came of it, and write the report and the picture where they are wanted.

    Raises:
        BadArgument: The file, the symbols, the days or a parameter cannot be used.
    """
    strategy = read_strategy_file(file)
    parameters, files = dict(map(_assignment, assignments)), dict(map(_file_of, bars))

    async def work() -> Backtest:
        money = None if cash is None else Decimal(cash)
        return await backtest(load_settings(), strategy, symbols, days, money, parameters=parameters, files=files)

    found = anyio.run(work)
    if report is not None:
        report.write_text(found.report, encoding="utf-8")
    if png is not None:
        png.write_bytes(png_of(found.picture))
    if as_json:
        shown = {
            "about": found.about,
            "currency": found.currency,
            **_figures(found),
            "warnings": found.warnings,
            "assumptions": found.assumptions,
        }
        typer.echo(json.dumps(to_json(shown), ensure_ascii=False))
    else:
        _print(found, {"report": report, "picture": png})


def _assignment(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise BadArgument(f"--set {text} is no parameter.", remedy="Give NAME=NUMBER.", field="set") from None


def _file_of(text: str) -> tuple[str, Path]:
    symbol, _, path = text.partition("=")
    if not path:
        raise BadArgument(f"--bars {text} names no file.", remedy="Give SYMBOL=FILE.", field="bars")
    return symbol.strip(), Path(path)


def _figures(found: Backtest) -> dict[str, object]:
    statistics = found.statistics
    figures = {field.name: getattr(statistics, field.name) for field in fields(statistics)}
    fall = figures.pop("drawdown")
    return {
        name: round(value, 2) if isinstance(value, float | Decimal) else value
        for name, value in {
            **figures,
            "drawdown_percent": fall.percent,
            "drawdown_began_at": fall.began_at,
            "drawdown_deepest_at": fall.deepest_at,
            "longest_drawdown_days": fall.longest.days,
        }.items()
    }


def _print(found: Backtest, written: Mapping[str, Path | None]) -> None:
    from rich.console import Console

    from kis_mcp.cli.show import show_block

    console = Console()
    console.print(found.about, markup=False)
    told = {name: value for name, value in _figures(found).items() if value is not None}
    show_block(console, f"amounts in {found.currency}", to_json(told))
    for warning in found.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    for assumption in found.assumptions:
        console.print(f"assumed: {assumption}", style="dim", markup=False)
    for what, path in written.items():
        if path is not None:
            console.print(f"{what}: {path}", markup=False)
