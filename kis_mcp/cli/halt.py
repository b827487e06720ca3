"""``kis-mcp kill`` and ``kis-mcp resume``: stop all new orders, and let them out again."""

from __future__ import annotations

import sys

import typer

from kis_mcp.clock import system_clock
from kis_mcp.server.limits import kill_switch
from kis_mcp.settings import Settings

_WORD = "RESUME"


def kill(reason: str) -> None:
    """Halt trading and say how to lift it."""
    halt = kill_switch(Settings.load())
    halt.halt(f"by `kis-mcp kill`: {reason}", system_clock())
    typer.echo(f"All new orders are halted: {halt.reason()}. `kis-mcp resume` lifts it.")


def resume() -> int:
    """Lift the halt once a person has typed the word; the exit code. Never without a terminal."""
    halt = kill_switch(Settings.load())
    reason = halt.reason()
    if reason is None:
        typer.echo("Trading is not halted.")
        return 0
    if not sys.stdin.isatty():
        typer.echo("Only a person can lift the halt: run `kis-mcp resume` in a terminal.", err=True)
        return 2
    typer.echo(f"All new orders are halted: {reason}.")
    if typer.prompt(f"Type {_WORD} to let orders out again", default="", show_default=False) != _WORD:
        typer.echo("Trading stays halted.")
        return 1
    halt.lift()
    typer.echo("New orders can go out again.")
    return 0
