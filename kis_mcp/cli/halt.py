"""``kis-mcp kill`` and ``kis-mcp resume``: stop all new orders, and let them out again."""

import sys
from pathlib import Path

import anyio
import typer

from kis_mcp.cli.person import knows_pin
from kis_mcp.cli.words import say, tell
from kis_mcp.clock import system_clock
from kis_mcp.confirm import Pin
from kis_mcp.errors import KisMcpError
from kis_mcp.settings import data_folder
from kis_mcp.wiring import end_mandates, kill_switch

_WORD = "RESUME"


def kill(reason: str) -> None:
    """Halt trading and say where, and how to lift it. Needs the data folder alone, whatever else is set wrongly."""
    folder = data_folder()
    halt = kill_switch(folder)
    halt.halt(f"by `kis-mcp kill`: {reason}", system_clock())
    try:
        anyio.run(end_mandates, folder, halt.reason() or "")
    except KisMcpError as error:
        tell(f"The mandates of strategies could not be ended yet; the halt holds their orders. {error}", err=True)
    tell(_state(folder, halt.reason()))
    tell("`kis-mcp resume` lifts it. Servers with another data folder (KIS_DATA_DIR) are not halted.")


def resume() -> int:
    """Lift the halt once a person has typed the word and, where one is set, the PIN; the exit code. Never without a
    terminal, and not before every mandate of a strategy has ended: those that a person wants are agreed to anew."""
    folder = data_folder()
    halt = kill_switch(folder)
    reason = halt.reason()
    if reason is None:
        tell(f"Trading is not halted in {folder}.")
        return 0
    if not sys.stdin.isatty():
        tell("Only a person can lift the halt: run `kis-mcp resume` in a terminal.", err=True)
        return 2
    tell(_state(folder, reason))
    word = typer.prompt(say(f"Type {_WORD} to let orders out again"), default="", show_default=False)
    if word != _WORD or not knows_pin(Pin(folder)):
        tell("Trading stays halted.")
        return 1
    anyio.run(end_mandates, folder, reason)
    halt.lift()
    tell(f"New orders can go out again in {folder}.")
    return 0


def _state(folder: Path, reason: str | None) -> str:
    return f"All new orders are halted in {folder}: {reason}."
