"""``kis-mcp strategies …``: the tools of the toolset of that name, from the shell."""

from collections.abc import Mapping
from pathlib import Path

import anyio

from kis_mcp.cli.call import call_on_server, tell_result
from kis_mcp.cli.words import tell
from kis_mcp.errors import BadArgument
from kis_mcp.wiring import check_settings, follow_strategy, load_settings


def run(tool: str, arguments: Mapping[str, object], *, as_json: bool, picture: Path | None = None) -> int:
    """Call a tool on a server of its own and print the result; the exit code. Ctrl-C ends the work with the server.

    A question that the tool asks (a mandate) is put to the person at the terminal, as `kis-mcp call` does.

    Arguments that are None are left out. How far it is goes to stderr.

    Raises:
        BadArgument: The picture cannot be written.
        SettingsError: A setting is wrong; the server would not start.
        InternalError: The server ended before it answered.
    """
    check_settings()
    given = {name: value for name, value in arguments.items() if value not in (None, [], {})}
    result = call_on_server(("--toolsets", "strategies"), tool, given, _report)
    return tell_result(result, as_json=as_json, picture=picture)


def keep(name: str) -> None:
    """Keep a strategy that was started, and print what it decides and orders, until it is stopped or Ctrl-C.

    Raises:
        BadArgument: It does not run.
    """
    settings = load_settings()
    try:
        anyio.run(follow_strategy, settings, name, tell)
    except KeyboardInterrupt:
        tell(
            "This command has ended, and the run stays: a server that keeps it goes on with it. Where none does, the"
            " next `kis-mcp strategies run` goes on with it, and a server leaves it paused."
        )


def document_of(given: str) -> str:
    """The text of a file, or else the name of a strategy as it is.

    Raises:
        BadArgument: There is such a file, and it cannot be read.
    """
    path = Path(given)
    if not path.is_file():
        return given
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(
            f"{path} cannot be read ({type(error).__name__}).",
            remedy="Give a text file in UTF-8, or the name of a strategy.",
            field="strategy",
        ) from None


def numbers_of(assignments: list[str] | None) -> dict[str, object]:
    """``fast=7`` → a number, ``fast=2:9:1`` → a range with its step.

    Raises:
        BadArgument: One is neither.
    """
    return dict(map(_assignment, assignments or []))


def _assignment(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    try:
        numbers = [float(part) for part in value.split(":")]
    except ValueError:
        numbers = []
    match [int(number) if number.is_integer() else number for number in numbers]:
        case [number]:
            return name.strip(), number
        case [low, high]:
            return name.strip(), {"min": low, "max": high}
        case [low, high, step]:
            return name.strip(), {"min": low, "max": high, "step": step}
        case _:
            raise BadArgument(
                f"--set {text} is no parameter.", remedy="Give NAME=NUMBER, or NAME=MIN:MAX:STEP.", field="set"
            )


async def _report(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
    if message:
        tell(message, err=True)
