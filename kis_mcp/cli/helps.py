"""The help of the commands in Korean. Its catalogue is read where help is asked for only."""

import re
from collections.abc import Callable

import typer
from typer import rich_utils
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from kis_mcp.language import Say, say_in

_PANELS = {
    "ARGUMENTS_PANEL_TITLE": "인자",
    "OPTIONS_PANEL_TITLE": "옵션",
    "COMMANDS_PANEL_TITLE": "명령",
    "DEFAULT_STRING": "[기본값: {}]",
    "REQUIRED_LONG_STRING": "[필수]",
}
"""Attributes of `typer.rich_utils` → their Korean."""

_LINE_END = re.compile(r"(?<!\n)\n(?!\n)")


def korean_command(app: typer.Typer) -> Callable[[], object]:
    """The command of an app, with Korean help; what has no Korean stays."""
    for name, words in _PANELS.items():
        setattr(rich_utils, name, words)
    command = get_command(app)
    _translate(command, say_in("ko"))
    return command


def _translate(command: object, say: Say) -> None:
    if not isinstance(command, TyperCommand | TyperGroup):
        return
    command.help = say(_LINE_END.sub(" ", command.help or ""))
    for option in command.params:
        if isinstance(option, TyperArgument | TyperOption):
            option.help = say(option.help or "")
    if isinstance(command, TyperGroup):
        for part in command.commands.values():
            _translate(part, say)
