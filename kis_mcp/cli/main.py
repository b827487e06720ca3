"""The ``kis-mcp`` command: what its subcommands are called and take. Each one's work is in a module of its own."""

import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from kis_mcp.cli.sim_app import sim_app
from kis_mcp.cli.strategies_app import strategies_app
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError

app = typer.Typer(
    name="kis-mcp",
    help="MCP server for the Korea Investment & Securities (KIS) Open API, with an embedded KIS to practise on.",
    pretty_exceptions_enable=False,
)
app.add_typer(sim_app, name="sim")
app.add_typer(strategies_app, name="strategies")

Surface = Annotated[
    Literal["core", "all"], typer.Option(help="core: the workflow tools; all: every typed KIS API as well.")
]
Toolsets = Annotated[str, typer.Option(help="Only these toolsets, comma-separated; `kis-mcp tools` lists them.")]
Tools = Annotated[str, typer.Option(help="These tools as well, comma-separated.")]
ExcludeTools = Annotated[str, typer.Option(help="Never these tools, comma-separated.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="No tool that could send an order.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    http: Annotated[str, typer.Option(metavar="HOST:PORT", help="Streamable HTTP there instead of stdio.")] = "",
    surface: Surface = "core",
    toolsets: Toolsets = "",
    tools: Tools = "",
    exclude_tools: ExcludeTools = "",
    read_only: ReadOnly = False,
    keeps: Annotated[bool, typer.Option("--keep/--no-keep", hidden=True)] = True,
) -> None:
    """Serve MCP on stdio (default) or Streamable HTTP."""
    from kis_mcp.cli.serve import serve_http, serve_stdio
    from kis_mcp.server.surface import SurfaceOptions

    options = SurfaceOptions(surface, _names(toolsets), _names(tools), _names(exclude_tools), read_only, keeps)
    if http:
        serve_http(http, options)
    else:
        serve_stdio(options)


@app.command("try")
def try_session() -> None:
    """Watch an agent's session on the embedded KIS: find, quote, order, fill, balance. Needs nothing."""
    from kis_mcp.cli.try_session import run

    raise typer.Exit(run())


@app.command()
def call(
    tool: Annotated[str, typer.Argument(help="A tool's name, e.g. get_quote.")],
    arguments: Annotated[str, typer.Argument(help="Its arguments as a JSON object.")] = "{}",
    as_json: AsJson = False,
    picture: Annotated[Path | None, typer.Option(help="Where to write the picture (PNG) of get_chart.")] = None,
) -> None:
    """Call one tool and print its result. Exits with 1 when the tool reports an error."""
    from kis_mcp.cli.call import run

    raise typer.Exit(run(tool, arguments, as_json=as_json, picture=picture))


@app.command()
def tools(
    as_json: AsJson = False,
    surface: Surface = "core",
    toolsets: Toolsets = "",
    read_only: ReadOnly = False,
) -> None:
    """List the tools, with their whole specification as JSON if asked."""
    from kis_mcp.cli.tools import run
    from kis_mcp.server.surface import SurfaceOptions

    run(SurfaceOptions(surface, _names(toolsets), read_only=read_only), as_json=as_json)


@app.command()
def doctor(
    tools: Annotated[
        list[str] | None, typer.Argument(help="With --drift: only these typed tools instead of all.")
    ] = None,
    drift: Annotated[
        bool,
        typer.Option(
            "--drift",
            help="Instead, list what KIS' developer portal documents otherwise than the spec table, and notices since"
            " its edition. Asks apiportal.koreainvestment.com twice a second, about three minutes for all tools, and"
            " sends no key. Exits with 0 when nothing differs, 1 when something does, 2 when it could not all be read.",
        ),
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask neither KIS nor the network, where there are keys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is configured, what each environment can do, and what is wrong with its remedy. Prints no secret.

    Where there are keys, KIS is asked for an access token, a price and a balance. Exits with 1 when something hinders.
    """
    if drift:
        from kis_mcp.cli import drift as drift_command

        raise typer.Exit(drift_command.run(tools or [], as_json=as_json))
    if tools:
        raise typer.BadParameter("tools are named with --drift only.", param_hint="TOOLS")
    from kis_mcp.cli.doctor import run

    raise typer.Exit(run(as_json=as_json, offline=offline))


@app.command()
def install(
    host: Annotated[
        str, typer.Argument(help="claude-desktop, claude-code, cursor, vscode, codex, gemini-cli or windsurf.")
    ],
    env: Annotated[
        Environment | None, typer.Option(help="Sets KIS_ENV there; left out, demo where its keys are set up, else sim.")
    ] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print what would be written instead.")] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take it out again.")] = False,
) -> None:
    """Let a host start this server: writes its configuration, keeps the rest of it, and a copy of the earlier file."""
    from kis_mcp.cli import install

    if uninstall:
        install.uninstall(host)
    elif only_print:
        install.show(host, env)
    else:
        install.install(host, env)


@app.command()
def backtest(
    file: Annotated[
        Path,
        typer.Argument(
            help="A strategy: KIS' .kis.yaml, this project's document (YAML or JSON), or the name of a preset."
        ),
    ],
    symbol: Annotated[list[str] | None, typer.Option(help="Which instrument; may be given several times.")] = None,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day; a year ago by default, 30 days of minutes."),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; yesterday when left out.")
    ] = None,
    cash: Annotated[int | None, typer.Option(min=1, help="At the start, in the market's currency.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="A parameter of the strategy.")
    ] = None,
    bars: Annotated[
        list[str] | None,
        typer.Option(metavar="SYMBOL=FILE", help="Own bars (CSV or Parquet) in place of the environment's history."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Where to write the whole report, an HTML file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Where to write a picture of it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a strategy would have done over the history of the configured environment. Sends no order."""
    from kis_mcp.cli import backtest as command

    days = (start.date() if start else None, end.date() if end else None)
    command.run(file, symbol or [], days, cash, set_ or [], bars or [], report=report, png=png, as_json=as_json)


@app.command()
def orders(
    env: Annotated[
        Environment | None, typer.Option(help="Whose orders; those of the configured environment when left out.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days, today included.")] = 7,
    kis: Annotated[bool, typer.Option("--kis", help="Ask KIS as well: fills, and orders placed elsewhere.")] = False,
    export: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a day's orders to a CSV file there instead.")
    ] = None,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="That day; today when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the record of orders: what was asked, who confirmed it, what came of it."""
    from kis_mcp.cli import orders

    if export is None:
        orders.show(env, days, ask_kis=kis, as_json=as_json)
    else:
        orders.export(env, export, date.date() if date else None, ask_kis=kis)


@app.command()
def watch(
    env: Annotated[
        Environment | None, typer.Option(help="Whose alerts; those of the configured environment when left out.")
    ] = None,
) -> None:
    """Keep the alerts in the foreground and print what fires, until interrupted. Needs no MCP client."""
    from kis_mcp.cli.watch import run

    run(env)


@app.command()
def setup(
    env: Annotated[
        list[Environment] | None, typer.Option(help="demo or real; may be given twice. Asked for when left out.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--import", metavar="FILE", help="Take the keys from kis_devlp.yaml, a .env file or JSON of python-kis."
        ),
    ] = None,
    store: Annotated[
        Literal["auto", "keychain", "passphrase"],
        typer.Option(help="Where to keep them. auto: the keychain, or sealed with a passphrase where there is none."),
    ] = "auto",
    forget: Annotated[bool, typer.Option("--forget", help="Remove the keys that are kept, and their tokens.")] = False,
) -> None:
    """Take KIS' keys and accounts, check them with KIS, and keep them safely. Shows no key."""
    from kis_mcp.cli import setup

    if Environment.SIM in (env or ()):
        raise typer.BadParameter("sim needs no keys.", param_hint="--env")
    if forget:
        setup.forget()
    else:
        setup.run(env or (), source, store)


@app.command("setup-pin")
def setup_pin() -> None:
    """Set the PIN with which a person approves orders in the browser."""
    from kis_mcp.cli.setup_pin import run

    run()


@app.command()
def kill(
    reason: Annotated[list[str] | None, typer.Argument(help="Why, for whoever finds trading halted.")] = None,
) -> None:
    """Stop all new orders at once, in every process and environment. Cancels still go out."""
    from kis_mcp.cli.halt import kill

    kill(" ".join(reason or ["no reason given"]))


@app.command()
def resume() -> None:
    """Let new orders out again. Asks a person at the terminal to type a word."""
    from kis_mcp.cli.halt import resume

    raise typer.Exit(resume())


def _command() -> Callable[[], object]:
    """What runs: the app, or where help is asked for in Korean, the same with Korean help."""
    if "--help" in sys.argv and os.environ.get("KIS_LANG"):  # before the settings are imported, which is slow
        from kis_mcp.settings import language

        if language() == "ko":
            from kis_mcp.cli.helps import korean_command

            return korean_command(app)
    return app


def main() -> None:
    """The console entry point. An expected failure prints one line on stderr and exits with 2."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        _command()()
    except KisMcpError as error:
        from kis_mcp.cli.words import say
        from kis_mcp.language import said_error

        typer.echo(f"kis-mcp: {said_error(error, say)}", err=True)
        sys.exit(2)
