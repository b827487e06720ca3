"""A tool call → its result: which tool, where, and what the client gets when it fails."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult

from kis_mcp.catalog import FIELDS, Api, Catalog, encodable_all
from kis_mcp.environment import Environment
from kis_mcp.errors import InternalError, KisMcpError, StorageError, unusable_disk
from kis_mcp.server.elicitation import AnswerNeeded, Person
from kis_mcp.server.progress import Progress
from kis_mcp.server.result import failure, success
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.tools.search import CALL_READ_TOOL, Reach, read_call
from kis_mcp.wiring import Environments

if TYPE_CHECKING:
    from kis_mcp.catalog import Page
    from kis_mcp.server.tools.call import Call

SET_ENVIRONMENT = "set_environment"

_log = logging.getLogger(__name__)


class Dispatcher:
    """Runs the calls of one server.

    Args:
        catalog: The spec table.
        offered: The tools that the server offers.
        options: How they were chosen.
    """

    def __init__(self, catalog: Catalog, offered: Sequence[Api], options: SurfaceOptions) -> None:
        self._reach = Reach(catalog, offered, options)

    async def call(
        self, context: ServerRequestContext[Environments, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """Run one call. Whatever goes wrong becomes an error result; only a cancellation passes."""
        environments = context.lifespan_context
        person = Person(context, params)
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
                progress=Progress(context.session),
                reach=self._reach,
            )
            call, page = await _run(call)
            where = environments.current if call.api.tool == SET_ENVIRONMENT else environment
            return success(where, call.api, page)
        except AnswerNeeded as needed:
            return needed.result
        except KisMcpError as error:
            return failure(environment, params.name, error)
        except OSError as error:
            _log.exception("%s failed", params.name)
            return failure(environment, params.name, _unusable(error))
        except Exception:
            _log.exception("%s failed", params.name)
            error = InternalError("This server made a mistake.", remedy="Its log, on stderr, has the details.")
            return failure(environment, params.name, error)


def _unusable(error: OSError) -> StorageError:
    """What the system refused: a file that cannot be written, a full disk."""
    what = error.filename if isinstance(error.filename, str) else "A file or connection of this server"
    return unusable_disk(f"{what} cannot be used: {error.strerror or type(error).__name__}.")


async def _run(call: "Call") -> "tuple[Call, Page]":
    """The call that was really run, and its answer."""
    if call.api.tool == CALL_READ_TOOL:
        call = await read_call(call)
    if call.api.kind == "core":
        return call, await _run_core(call)
    if call.api.risk == "order":
        from kis_mcp.server.tools.order import typed_order

        return call, await typed_order(call)
    if call.api.kind == "websocket":
        from kis_mcp.server.tools.live import collect_live

        return call, await collect_live(call)
    return call, await (await call.reads()).call(call.arguments)


async def _run_core(call: "Call") -> "Page":
    """A core tool's answer, with the fields that the caller wants."""
    from kis_mcp.catalog import read_projection
    from kis_mcp.server.tools.registry import CORE_TOOLS

    shown = replace(read_projection(call.api, call.values().get(FIELDS)), blanks=False)
    page = await CORE_TOOLS[call.api.tool](call)
    return replace(page, blocks=shown.of(page.blocks))
