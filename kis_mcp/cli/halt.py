"""``kis-mcp kill`` and ``kis-mcp resume``: stop all new orders, and let them out again."""

from __future__ import annotations

import sys

import typer

from kis_mcp.cli.person import knows_pin
from kis_mcp.clock import system_clock
from kis_mcp.confirm import Pin
from kis_mcp.settings import Settings
from kis_mcp.wiring import kill_switch, load_settings

_WORD = "RESUME"


def kill(reason: str) -> None:
    """Halt trading and say where, and how to lift it."""
    settings = load_settings()
    halt = kill_switch(settings)
    halt.halt(f"by `kis-mcp kill`: {reason}", system_clock())
    typer.echo(_state(settings, halt.reason()))
    typer.echo("`kis-mcp resume` lifts it. Servers with another data folder (KIS_DATA_DIR) are not halted.")


def resume() -> int:
    """Lift the halt once a person has typed the word and, where one is set, the PIN; the exit code. Never without a
    terminal."""
    settings = load_settings()
    halt = kill_switch(settings)
    reason = halt.reason()
    if reason is None:
        typer.echo(f"Trading is not halted in {settings.data_dir}.")
        return 0
    if not sys.stdin.isatty():
        typer.echo("Only a person can lift the halt: run `kis-mcp resume` in a terminal.", err=True)
        return 2
    typer.echo(_state(settings, reason))
    word = typer.prompt(f"Type {_WORD} to let orders out again", default="", show_default=False)
    if word != _WORD or not knows_pin(Pin(settings.data_dir)):
        typer.echo("Trading stays halted.")
        return 1
    halt.lift()
    typer.echo(f"New orders can go out again in {settings.data_dir}.")
    return 0


def _state(settings: Settings, reason: str | None) -> str:
    return f"All new orders are halted in {settings.data_dir}: {reason}."
