"""What the command line says to people, in the language of KIS_LANG."""

import typer

from kis_mcp.language import say_in
from kis_mcp.settings import language


def say(text: str) -> str:
    """A text, or a label of a question, as its reader reads it."""
    return say_in(language())(text)


def tell(text: str, *, err: bool = False) -> None:
    """Print a text for people; on stderr with ``err``."""
    typer.echo(say(text), err=err)
