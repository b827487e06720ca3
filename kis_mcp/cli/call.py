"""``kis-mcp call``: one tool, from the shell."""

import json
import signal
import sys
from base64 import b64decode
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import anyio
import typer
from mcp.client.session import ClientRequestContext
from mcp.shared.dispatcher import ProgressFnT
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ImageContent

from kis_mcp.cli.client import server_process
from kis_mcp.cli.person import knows_pin
from kis_mcp.cli.words import say, tell
from kis_mcp.confirm import Pin
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.wiring import check_settings, load_settings


def run(tool: str, arguments: str, *, as_json: bool, picture: Path | None = None) -> int:
    """Call ``tool`` on a server of its own and print the result; the exit code. A picture goes to a file.

    A question that the tool asks (an order's confirmation) is put to the person at the terminal, in real with the PIN
    where one is set; without a terminal the server has to find another way, or refuses.

    Raises:
        BadArgument: ``arguments`` is no JSON object, or the picture cannot be written.
        SettingsError: A setting is wrong; the server would not start.
        InternalError: The server ended before it answered.
    """
    try:
        parsed: object = json.loads(arguments)
    except json.JSONDecodeError as error:
        parsed = error
    if not isinstance(parsed, dict):
        raise BadArgument(
            "The arguments are not a JSON object.",
            remedy="""Quote them for the shell: kis-mcp call get_quote '{"symbol": "005930"}'.""",
            field="arguments",
        )
    check_settings()
    result = call_on_server(("--surface", "all"), tool, cast("dict[str, object]", parsed))
    code = tell_result(result, as_json=as_json, picture=picture)
    if not as_json and picture is None and _picture_in(result) is not None:
        tell("note: there is a picture too; --picture FILE writes it to a file.")
    return code


def tell_result(result: CallToolResult, *, as_json: bool, picture: Path | None) -> int:
    """Print what a tool answered, and write its picture where one is wanted; the exit code.

    Raises:
        BadArgument: The picture cannot be written.
    """
    drawn = _picture_in(result)
    if picture is not None and drawn is not None:
        _write(picture, b64decode(drawn.data))
    if as_json:
        typer.echo(json.dumps(result.structured_content, ensure_ascii=False))
    else:
        from rich.console import Console

        from kis_mcp.cli.show import show_result

        show_result(Console(), result)
    return 1 if result.is_error else 0


def _picture_in(result: CallToolResult) -> ImageContent | None:
    return next((content for content in result.content if isinstance(content, ImageContent)), None)


def _write(file: Path, picture: bytes) -> None:
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise BadArgument(
            f"The picture cannot be written to {file}: {error.strerror}.",
            remedy="Name a file in a folder that stands and that you may write to.",
            field="picture",
        ) from None


def call_on_server(
    options: Sequence[str], tool: str, arguments: dict[str, object], progress: ProgressFnT | None = None
) -> CallToolResult:
    """Call a tool on a server of its own, which keeps nothing: it ends with the answer. What the tool asks is put to
    the person, where one is at the terminal.

    Args:
        options: Of ``kis-mcp serve``.
        progress: Is told how far the tool is.

    Raises:
        KeyboardInterrupt: The person broke it off; a question that was open then is answered with no.
        InternalError: The server ended before it answered.
    """
    person = _Person()

    async def call() -> CallToolResult:
        asking = person.ask if sys.stdin.isatty() else None
        async with server_process(*options, "--no-keep", elicitation_callback=asking) as client:
            return await client.call_tool(tool, arguments, progress_callback=progress)

    result = anyio.run(call)
    if person.has_interrupted:
        raise KeyboardInterrupt
    return result


class _Person:
    """Puts a server's questions to the person at the terminal.

    Attributes:
        has_interrupted: Whether they broke one off with ^C.
    """

    def __init__(self) -> None:
        self.has_interrupted = False

    async def ask(self, _: ClientRequestContext, question: ElicitRequestParams) -> ElicitResult:
        if not isinstance(question, ElicitRequestFormParams):
            return ElicitResult(action="decline")
        if self.has_interrupted:
            return ElicitResult(action="cancel")
        try:
            with self._interrupts_heard():
                answer = _take_answers(question)
                return answer if _may_agree(answer) else ElicitResult(action="decline")
        except typer.Abort:
            return ElicitResult(action="cancel")

    @contextmanager
    def _interrupts_heard(self) -> Generator[None]:
        """^C breaks off a prompt at once. asyncio's own handler waits for the loop, which the prompt holds up."""

        def interrupt(*_: object) -> None:
            self.has_interrupted = True
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _may_agree(answer: ElicitResult) -> bool:
    """Whether a yes may be passed on: where it may cost real money, a program on a terminal of its own may not."""
    settings = load_settings()
    return (
        answer.action != "accept" or settings.environment is not Environment.REAL or knows_pin(Pin(settings.data_dir))
    )


def _take_answers(question: ElicitRequestFormParams) -> ElicitResult:
    """What the person types; a no to any part is a no to all, and nothing more is asked.

    Raises:
        typer.Abort: They break off.
    """
    typer.echo(question.message, err=True)
    content: dict[str, str | int | float | bool | list[str] | None] = {}
    properties: dict[str, dict[str, object]] = question.requested_schema.get("properties", {})
    for name, schema in properties.items():
        label = str(schema.get("title") or schema.get("description") or name)
        if schema.get("type") == "boolean":
            if not typer.confirm(say(label), err=True):
                return ElicitResult(action="decline")
            content[name] = True
        else:
            content[name] = typer.prompt(say(label), err=True, type=int if schema.get("type") == "integer" else None)
    if not properties and not typer.confirm(say("Accept?"), err=True):
        return ElicitResult(action="decline")
    return ElicitResult(action="accept", content=content)
