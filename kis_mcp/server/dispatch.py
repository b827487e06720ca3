"""A tool call → its result: which tool, where, and what the client gets when it fails."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult

from kis_mcp.catalog import FIELDS, SECONDS, Api, Catalog, ResultShape, encodable_all
from kis_mcp.environment import Environment
from kis_mcp.errors import InternalError, KisMcpError, StorageError, unusable_disk
from kis_mcp.language import Say
from kis_mcp.server.elicitation import AnswerNeeded, Person
from kis_mcp.server.progress import Progress
from kis_mcp.server.result import failure, success
from kis_mcp.server.serving import Serving
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.task_methods import TaskState, accepts_tasks, task_state
from kis_mcp.server.tools.search import CALL_READ_TOOL, Reach, read_call

if TYPE_CHECKING:
    from kis_mcp.catalog import Page
    from kis_mcp.server.tools.call import Call

SET_ENVIRONMENT = "set_environment"
WAIT_FOR = "wait_for"

LONGEST_WORK = timedelta(hours=1)
WORK_PATIENCE = 2.0
"""So many seconds a client waits for work that is often done by then: as long as it would until it first polls."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Length:
    """How long a call takes.

    Attributes:
        patience: So many seconds its client waits for it before the call is a task.
    """

    longest: timedelta
    patience: float


class Dispatcher:
    """Runs the calls of one server.

    Args:
        catalog: The spec table.
        offered: The tools that the server offers.
        options: How they were chosen.
        shape: Of lists in results.
        say: In which language texts reach the client.
    """

    def __init__(
        self, catalog: Catalog, offered: Sequence[Api], options: SurfaceOptions, shape: ResultShape, say: Say
    ) -> None:
        self._reach = Reach(catalog, offered, options)
        self._shape: ResultShape = shape
        self._say = say

    async def call(
        self, context: ServerRequestContext[Serving, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult | TaskState:
        """Run one call, or let it run on as a task where it takes long and its client takes tasks.

        Whatever goes wrong becomes an error result; only a cancellation passes.
        """
        session = context.session
        environments, tasks = context.lifespan_context.environments, context.lifespan_context.tasks
        person = Person(context, params, self._say)
        repeated = person.repeated_question
        environment = Environment(repeated.environment) if repeated else environments.current
        try:
            from kis_mcp.catalog import check_arguments
            from kis_mcp.server.tools.call import Call

            api = await self._reach.offered(params.name)
            call = Call(
                arguments=check_arguments(api, encodable_all(params.arguments or {})),
                environment=environment,
                environments=environments,
                person=person,
                progress=Progress(lambda count, message: session.report_progress(count, message=self._say(message))),
                reach=self._reach,
                say=self._say,
            )
            if call.api.tool == CALL_READ_TOOL:
                call = await read_call(call)
            long = length_of(call.api, call.values())
            if long is None or not accepts_tasks(context):
                return await self._run(call)
            task = tasks.start(lambda progress: self._run_alone(replace(call, progress=progress)), long.longest)
            if task is None:
                return await self._run(call)
            return await tasks.result_within(task, long.patience) or task_state(task, is_new=True)
        except AnswerNeeded as needed:
            return needed.result
        except Exception as error:
            return self._failure(environment, params.name, error)

    async def _run_alone(self, call: "Call") -> CallToolResult:
        """The result of a call, whatever happens."""
        try:
            return await self._run(call)
        except Exception as error:
            return self._failure(call.environment, call.api.tool, error)

    async def _run(self, call: "Call") -> CallToolResult:
        page = await _page(call)
        environment = call.environments.current if call.api.tool == SET_ENVIRONMENT else call.environment
        return success(environment, call.api, page, self._shape, self._say)

    def _failure(self, environment: Environment, tool: str, error: Exception) -> CallToolResult:
        """A call's error as its result; one that is not foreseen goes to the log."""
        if not isinstance(error, KisMcpError):
            _log.error("%s failed", tool, exc_info=error)
        return failure(environment, tool, _as_ours(error), self._say)


def length_of(api: Api, values: Mapping[str, Any]) -> Length | None:
    """How long a call takes that waits for events, up to its ``seconds``, or works through history. None for all
    others, orders among them."""
    from kis_mcp.server.tools.strategies.table import works_long

    if api.kind == "websocket" or api.tool == WAIT_FOR:
        return Length(timedelta(seconds=values[SECONDS]), patience=0)
    return Length(LONGEST_WORK, WORK_PATIENCE) if works_long(api.tool, values) else None


def _as_ours(error: Exception) -> KisMcpError:
    """An error that a client can be told; of several that came at once the first."""
    if isinstance(error, KisMcpError):
        return error
    if isinstance(error, ExceptionGroup):
        return _as_ours(cast("ExceptionGroup[Exception]", error).exceptions[0])
    if isinstance(error, OSError):
        return _unusable(error)
    return InternalError("This server made a mistake.", remedy="Its log, on stderr, has the details.")


def _unusable(error: OSError) -> StorageError:
    """What the system refused: a file that cannot be written, a full disk."""
    what = error.filename if isinstance(error.filename, str) else "A file or connection of this server"
    return unusable_disk(f"{what} cannot be used: {error.strerror or type(error).__name__}.")


async def _page(call: "Call") -> "Page":
    """A call's answer."""
    if call.api.kind == "core":
        return await _run_core(call)
    if call.api.risk == "order":
        from kis_mcp.server.tools.order import typed_order

        return await typed_order(call)
    if call.api.kind == "websocket":
        from kis_mcp.server.tools.live import collect_live

        return await collect_live(call)
    return await (await call.reads()).call(call.arguments)


async def _run_core(call: "Call") -> "Page":
    """A core tool's answer, with the fields that the caller wants."""
    from kis_mcp.catalog import read_projection
    from kis_mcp.server.tools.registry import CORE_TOOLS

    shown = replace(read_projection(call.api, call.values().get(FIELDS)), blanks=False)
    page = await CORE_TOOLS[call.api.tool](call)
    return replace(page, blocks=shown.of(page.blocks))
