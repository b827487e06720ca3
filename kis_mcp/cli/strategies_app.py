"""``kis-mcp strategies …``: what its subcommands are called and take."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from kis_mcp.cli.completion import active_names, document_names, saved_names

strategies_app = typer.Typer(no_args_is_help=True, help="Write, test, keep and run trading strategies.")

_DAY = ["%Y-%m-%d"]

Document = Annotated[
    str,
    typer.Argument(
        help="A file (JSON, YAML or KIS' .kis.yaml), or a saved name or preset.", autocompletion=document_names
    ),
]
Name = Annotated[str, typer.Argument(help="The name of a saved strategy.", autocompletion=saved_names)]
Active = Annotated[str, typer.Argument(help="The name of a saved strategy.", autocompletion=active_names)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Symbols = Annotated[list[str] | None, typer.Option("--symbol", help="Which instrument; may be given several times.")]
Start = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="First day; a year ago by default, 30 days of minutes.")
]
End = Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day; yesterday when left out.")]
Cash = Annotated[int | None, typer.Option(min=1, help="At the start, in the market's currency.")]
Numbers = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="A parameter of the strategy.")]
PerOrder = Annotated[int | None, typer.Option(help="Most that one order to buy may be worth.")]
InAll = Annotated[int | None, typer.Option(help="Most that it may hold at cost, with open orders to buy.")]
MostLoss = Annotated[int | None, typer.Option(help="At this loss it stops; a tenth when left out.")]
OrdersADay = Annotated[int | None, typer.Option(help="Most orders a day.")]
Until = Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day of the mandate.")]
Token = Annotated[str | None, typer.Option("--token", help="The confirmation_token of the preview.")]
Limit = Annotated[int, typer.Option(min=1, max=500, help="Most rows.")]


@strategies_app.command("list")
def list_strategies(as_json: AsJson = False) -> None:
    """List saved strategies and presets."""
    _run("list_strategies", as_json=as_json)


@strategies_app.command()
def indicators(as_json: AsJson = False) -> None:
    """List the indicators and candlestick patterns that documents can use."""
    _run("list_indicators", as_json=as_json)


@strategies_app.command()
def show(name: Document, as_json: AsJson = False) -> None:
    """Show the document of a saved strategy or preset."""
    _run("show_strategy", name, as_json=as_json)


@strategies_app.command()
def validate(document: Document, as_json: AsJson = False) -> None:
    """Hold a document to its format. Exits with 1 when it cannot be read."""
    _run("validate_strategy", document, as_json=as_json)


@strategies_app.command()
def save(
    document: Document,
    note: Annotated[str | None, typer.Option(help="On this version.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a strategy by its id; the same id again is its next version."""
    _run("save_strategy", document, as_json=as_json, note=note)


@strategies_app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """Take a saved strategy off the list."""
    _run("delete_strategy", name, as_json=as_json)


@strategies_app.command()
def backtest(
    document: Document,
    symbol: Symbols = None,
    start: Start = None,
    end: End = None,
    cash: Cash = None,
    set_: Numbers = None,
    limit: Limit = 20,
    picture: Annotated[Path | None, typer.Option(help="Where to write the picture (PNG).")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a strategy would have done over history."""
    span = _span(symbol, start, end)
    _run("backtest_strategy", document, set_, as_json=as_json, picture=picture, cash=cash, limit=limit, **span)


@strategies_app.command()
def optimise(
    document: Document,
    symbol: Symbols = None,
    start: Start = None,
    end: End = None,
    cash: Cash = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=MIN:MAX:STEP", help="A range in place of the document's, or a number."),
    ] = None,
    goal: Annotated[
        Literal["sharpe", "sortino", "calmar", "return_percent", "cagr_percent", "profit_factor"],
        typer.Option(help="Highest is best."),
    ] = "sharpe",
    points: Annotated[int, typer.Option(min=1, max=2000, help="Most combinations; of more, some by chance.")] = 300,
    walk_forward: Annotated[
        int, typer.Option(min=0, max=20, help="Steps; 0 checks the best on the last 30 % of bars.")
    ] = 0,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Search the ranges of parameters. Ctrl-C stops it."""
    how: dict[str, Any] = {"goal": goal, "points": points, "walk_forward": walk_forward, "cash": cash, "limit": limit}
    _run("optimise_strategy", document, set_, as_json=as_json, **how, **_span(symbol, start, end))


@strategies_app.command()
def check(
    document: Document,
    symbol: Symbols = None,
    start: Start = None,
    end: End = None,
    set_: Numbers = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Find what would be other live than in a backtest."""
    _run("check_strategy", document, set_, as_json=as_json, limit=limit, **_span(symbol, start, end))


@strategies_app.command()
def status(
    name: Annotated[
        str | None, typer.Argument(help="Of this strategy; of all that run when left out.", autocompletion=saved_names)
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show where strategies stand, what they hold, and why they decided as they did."""
    _run("strategy_status", name, as_json=as_json, limit=limit)


@strategies_app.command()
def trades(name: Name, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Show what a strategy decided to buy and sell, the latest first."""
    _run("strategy_trades", name, as_json=as_json, limit=limit)


@strategies_app.command()
def start(
    document: Document,
    symbol: Symbols = None,
    most_per_order: PerOrder = None,
    most_in_all: InAll = None,
    most_loss: MostLoss = None,
    orders_a_day: OrdersADay = None,
    until: Until = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Let a strategy order by itself, within a mandate that you agree to. `run` keeps it."""
    bounds = _bounds(most_per_order, most_in_all, most_loss, orders_a_day, until)
    _run("start_strategy", document, as_json=as_json, symbols=symbol, confirmation_token=token, **bounds)


@strategies_app.command()
def promote(
    name: Name,
    symbol: Symbols = None,
    most_per_order: PerOrder = None,
    most_in_all: InAll = None,
    most_loss: MostLoss = None,
    orders_a_day: OrdersADay = None,
    until: Until = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Start in this environment what ran in the one before it: sim, demo, real. You see its results so far."""
    bounds = _bounds(most_per_order, most_in_all, most_loss, orders_a_day, until)
    _run("promote_strategy", name, as_json=as_json, symbols=symbol, confirmation_token=token, **bounds)


@strategies_app.command()
def stop(name: Active, as_json: AsJson = False) -> None:
    """End a strategy's run and mandate. It sells nothing."""
    _run("stop_strategy", name, as_json=as_json)


@strategies_app.command()
def pause(name: Active, as_json: AsJson = False) -> None:
    """Have a strategy decide and order nothing for now."""
    _run("pause_strategy", name, as_json=as_json)


@strategies_app.command()
def resume(name: Active, as_json: AsJson = False) -> None:
    """Let a paused strategy go on within its mandate."""
    _run("resume_strategy", name, as_json=as_json)


@strategies_app.command("run")
def run_strategy(name: Active) -> None:
    """Keep a started strategy in the foreground and print what it decides and orders, until interrupted."""
    from kis_mcp.cli.strategies import keep

    keep(name)


def _bounds(
    most_per_order: int | None,
    most_in_all: int | None,
    most_loss: int | None,
    orders_a_day: int | None,
    until: datetime | None,
) -> dict[str, Any]:
    return {
        "most_per_order": most_per_order,
        "most_in_all": most_in_all,
        "most_loss": most_loss,
        "orders_a_day": orders_a_day,
        "until": None if until is None else until.date().isoformat(),
    }


def _span(symbols: list[str] | None, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    days = {name: day.date().isoformat() for name, day in (("start_date", start), ("end_date", end)) if day is not None}
    return {"symbols": symbols, **days}


def _run(
    tool: str,
    strategy: str | None = None,
    assignments: list[str] | None = None,
    *,
    as_json: bool,
    picture: Path | None = None,
    **arguments: object,
) -> None:
    from kis_mcp.cli.strategies import document_of, numbers_of, run

    given = None if strategy is None else document_of(strategy)
    code = run(
        tool,
        {"strategy": given, "parameters": numbers_of(assignments), **arguments},
        as_json=as_json,
        picture=picture,
    )
    raise typer.Exit(code)
