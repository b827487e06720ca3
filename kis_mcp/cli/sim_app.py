"""``kis-mcp sim …``: what its options and subcommands are called and take."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

sim_app = typer.Typer(invoke_without_command=True)

_TIMES = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]

World = Annotated[
    str, typer.Option(metavar="NAME", help="Which world: sim is that of `kis-mcp serve`; any other name is its own.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@sim_app.callback()
def sim(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the real host; 0 takes any free one.")] = 0,
    paper_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the demo host.")] = 0,
    ws_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the real host's websocket.")] = 0,
    paper_ws_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the demo host's websocket.")] = 0,
    world: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The world to serve: sim (sim-2 while `kis-mcp serve` holds it), or seed-N with --seed.",
        ),
    ] = "",
    seed: Annotated[int | None, typer.Option(help="The seed of a world that begins.")] = None,
    rate_limit: Annotated[int, typer.Option(min=0, help="Requests a second on the real host; 0 is unlimited.")] = 18,
    rate_limit_paper: Annotated[int, typer.Option(min=0, help="The same on the demo host.")] = 1,
    token_interval: Annotated[
        float, typer.Option(min=0, help="Seconds between two access tokens of an app key; 0 is no wait.")
    ] = 60,
    clock: Annotated[
        Literal["always", "market"],
        typer.Option(help="always: the market never closes; market: each exchange keeps its hours and holidays."),
    ] = "always",
    at: Annotated[
        datetime | None, typer.Option(formats=_TIMES, help="Where the clock begins, in Korean time; now when left out.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds that pass in the world for each real one; 0 stands still.")
    ] = 1,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write requests and answers there, a line of JSON each.")
    ] = None,
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Play the market from there: candles (CSV) or a recording (.jsonl); may be repeated."
        ),
    ] = None,
    on: Annotated[list[str] | None, typer.Option(metavar="SWITCH", help="Turn a switch on; may be repeated.")] = None,
    off: Annotated[list[str] | None, typer.Option(metavar="SWITCH", help="Turn a switch off.")] = None,
) -> None:
    """Run the embedded KIS alone: prints the KIS_URL_… lines to paste, then serves. Subcommands look after its worlds.

    Switches, also at POST /simulator/switches with {"NAME": true} on either port while it runs (GET lists them):
    how strict it is: strict_elements, custtype_required, old_trs_refused, inquiry_02_refused;
    oddities measured at KIS: demo_blank_day_list, full_page_without_key, changed_on_page_2, repeated_page,
    rows_three_times, fractional_holdings, live_fields_of_june, live_status_as_measured.
    Errors, delays and cut connections: POST /simulator/faults with {"kind": "delay", "target": "*", "seconds": 3}.
    Of websockets: live_drop, live_silence, live_garbage, live_extra_fields, live_half_frame, live_burst.
    The clock: POST /simulator/clock with {"at": "2026-06-15T09:00", "step": 60, "speed": 0}.
    """
    if context.invoked_subcommand is not None:
        return
    from kis_mcp.cli.sim import run
    from kis_mcp.clock import KST, WorldClock
    from kis_mcp.simulator import SimulatorOptions

    options = SimulatorOptions(
        seed=seed,
        real_rate=rate_limit,
        demo_rate=rate_limit_paper,
        clock=WorldClock(at=at and at.replace(tzinfo=KST), speed=speed),
        real_port=port,
        demo_port=paper_port,
        real_ws_port=ws_port,
        demo_ws_port=paper_ws_port,
        is_shared=True,
        token_interval_seconds=token_interval,
        market_hours=clock == "market",
        record_path=record,
        replay_paths=tuple(replay or ()),
        switches=dict.fromkeys(on or (), True) | dict.fromkeys(off or (), False),
    )
    run(options, world or (f"seed-{seed}" if seed is not None else ""))


@sim_app.command()
def accounts(
    world: World = "sim", as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List a world's accounts: cash by currency, and what they hold."""
    from kis_mcp.cli.worlds import show_accounts

    show_accounts(world, as_json=as_json)


@sim_app.command()
def deposit(
    amount: Annotated[str, typer.Argument(help="How much, e.g. 5000000.")],
    currency: Annotated[str, typer.Option(help="KRW, USD, HKD, CNY, JPY or VND.")] = "KRW",
    account: Annotated[
        str, typer.Option(metavar="12345678-01", help="Whose; that of `kis-mcp serve` in sim when left out.")
    ] = "50000000-01",
    demo: Annotated[bool, typer.Option("--demo", help="An account of the demo host.")] = False,
    world: World = "sim",
) -> None:
    """Put money into an account; one that is not there yet is opened."""
    from kis_mcp.cli.worlds import deposit

    deposit(world, account, amount, currency.upper(), demo=demo)


@sim_app.command()
def reset(
    seed: Annotated[int | None, typer.Option(help="Begin with this seed; the same as before when left out.")] = None,
    world: World = "sim",
    yes: Yes = False,
) -> None:
    """Begin a world anew: without accounts and orders. Asks at the terminal first."""
    from kis_mcp.cli.worlds import reset

    raise typer.Exit(reset(world, seed, yes=yes))


@sim_app.command()
def seed(
    new: Annotated[int | None, typer.Argument(metavar="[N]", help="The seed to have.")] = None,
    world: World = "sim",
    yes: Yes = False,
) -> None:
    """Show a world's seed, which decides all its prices, or begin the world anew with another one."""
    from kis_mcp.cli.worlds import reset, show_seed

    if new is None:
        show_seed(world)
    else:
        raise typer.Exit(reset(world, new, yes=yes))
