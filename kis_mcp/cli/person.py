"""The person at the terminal, as far as a PIN tells them from a program that has opened one."""

import typer

from kis_mcp.cli.words import say, tell
from kis_mcp.confirm import MOST_WRONG_PINS, Pin


def knows_pin(pin: Pin, label: str = "PIN") -> bool:
    """Ask for the PIN, hidden, a few times; whether it was typed. True without a question where none is set."""
    if not pin.is_set():
        return True
    for _ in range(MOST_WRONG_PINS):
        if pin.is_locked():
            tell(f"The PIN is locked after too many wrong ones. {pin.renewal}", err=True)
            return False
        if pin.matches(typer.prompt(say(label), hide_input=True, err=True)):
            return True
        tell("That is not the PIN.", err=True)
    return False
