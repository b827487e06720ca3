"""``kis-mcp setup-pin``: set the PIN that approves orders on the local page."""

import sys

import typer

from kis_mcp.cli.person import knows_pin
from kis_mcp.cli.words import say, tell
from kis_mcp.confirm import Pin
from kis_mcp.errors import BadArgument
from kis_mcp.settings import data_folder


def run() -> None:
    """Ask for the PIN twice, hidden, and keep its digest.

    Raises:
        BadArgument: It is too short, too long or easily guessed, the PIN that it replaces was not typed, or nobody
            sits at a terminal: a PIN is a person's to choose.
    """
    if not sys.stdin.isatty():
        raise BadArgument("A PIN is typed by a person.", remedy="Run kis-mcp setup-pin in a terminal.", field="PIN")
    pin = Pin(data_folder())
    if pin.is_set():
        tell("This replaces the PIN that is set.")
        if not knows_pin(pin, "The PIN that is set"):
            raise BadArgument("The PIN stays as it is.", remedy=f"If it is lost: {pin.renewal}", field="PIN")
    tell(
        f"The PIN approves orders on a page of this machine: {Pin.shortest} to {Pin.longest} characters,"
        " told to no program."
    )
    pin.set(typer.prompt(say("PIN"), hide_input=True, confirmation_prompt=say("Once more")))
    tell("The PIN is set. Orders that a client cannot ask about are now approved in the browser.")
