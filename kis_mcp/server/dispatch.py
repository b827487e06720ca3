"""A tool call → its result: which tool, where, and what the client gets when it fails."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.reserved import FIELDS
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.server.elicitation import AnswerNeeded, Person
from kis_mcp.server.progress import Progress
from kis_mcp.server.result import InternalError, failure, success
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.wiring.environments import Environments

if TYPE_CHECKING:
    from kis_mcp.catalog.apis import Page
    from kis_mcp.catalog.search import Search
    from kis_mcp.server.tools.call import Call

SEARCH_TOOLS = "search_tools"
CALL_READ_TOOL = "call_read_tool"
SET_ENVIRONMENT = "set_environment"

_log = logging.getLogger(__name__)


class Dispatcher:
    """Runs the calls of one server.

    Args:
        catalog: The spec table.
        offered: The tools that the server offers; no other is ever run by name.
        options: How they were chosen.
    """

    def __init__(self, catalog: Catalog, offered: Sequence[Api], options: SurfaceOptions) -> None:
        self._catalog = catalog
        self._offered = {api.tool: api for api in offered}
        self._options = options
        self._search: Search | None = None

    async def call(
        self, context: ServerRequestContext[Environments, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """Run one call. Whatever goes wrong becomes an error result; only a cancellation passes."""
        environments = context.lifespan_context
        person = Person(context, params)
        environment = Environment(person.asked.environment) if person.asked else environments.current
        try:
            from kis_mcp.catalog.arguments import validate
            from kis_mcp.server.tools.call import Call

            call = Call(
                arguments=validate(self._offered_tool(params.name), params.arguments or {}),
                environment=environment,
                environments=environments,
                person=person,
                progress=Progress(context.session),
            )
            call, page = await self._run(call)
            where = environments.current if call.api.tool == SET_ENVIRONMENT else environment
            return success(where, call.api, page)
        except AnswerNeeded as needed:
            return needed.result
        except KisMcpError as error:
            return failure(environment, params.name, error)
        except Exception:
            _log.exception("%s failed", params.name)
            error = InternalError("This server made a mistake.", remedy="Its log, on stderr, has the details.")
            return failure(environment, params.name, error)

    async def _run(self, call: Call) -> tuple[Call, Page]:
        """The call that was really run, and its answer."""
        if call.api.tool == CALL_READ_TOOL:
            call = await self._read_tool(call)
        if call.api.kind == "core":
            return call, await self._run_core(call)
        if call.api.risk == "order":
            from kis_mcp.server.tools.order import typed_order

            return call, await typed_order(call)
        return call, await (await call.reads()).call(call.arguments)

    async def _run_core(self, call: Call) -> Page:
        """A core tool's answer, with the fields that the caller wants."""
        from kis_mcp.catalog.projection import projection
        from kis_mcp.server.tools.registry import CORE_TOOLS

        shown = replace(projection(call.api, call.values().get(FIELDS)), blanks=False)
        page = await (self._search_tools(call) if call.api.tool == SEARCH_TOOLS else CORE_TOOLS[call.api.tool](call))
        return replace(page, blocks=shown.of(page.blocks))

    def _offered_tool(self, name: str) -> Api:
        if api := self._offered.get(name):
            return api
        known = self._catalog.find(name)
        if known is None:
            raise BadArgument(f"There is no tool {name!r}.", remedy=_nearest(name, self._offered), field="name")
        readable = known.kind == "rest" and known.risk != "order" and CALL_READ_TOOL in self._offered
        raise BadArgument(
            f"The operator does not offer {name} here.",
            remedy=f"Call it through {CALL_READ_TOOL}." if readable else "Use another tool.",
            field="name",
        )

    async def _read_tool(self, call: Call) -> Call:
        """The call that call_read_tool stands for.

        Raises:
            BadArgument: There is no such tool, it is no read, or the operator took it away.
        """
        from kis_mcp.catalog.arguments import validate

        values = call.values()
        name: str = values["name"]
        arguments: Mapping[str, Any] = values["arguments"]
        await self._load_table()
        api = self._catalog.find(name)
        if api is None or api.kind == "websocket":
            reads = [api.tool for api in self._catalog.apis if api.kind == "rest" and api.risk != "order"]
            raise BadArgument(f"There is no read tool {name!r}.", remedy=_nearest(name, reads), field="name")
        if api.kind == "core" or api.risk == "order":
            offered = name in self._offered
            raise BadArgument(
                f"{CALL_READ_TOOL} does not run {'orders' if api.risk == 'order' else 'core tools'}.",
                remedy=f"Call {name} itself." if offered else f"{name} is not offered here. {self._order_tools()}",
                field="name",
            )
        if name in self._options.exclude_tools:
            raise BadArgument(f"The operator took {name} away.", remedy="Use another tool.", field="name")
        return replace(call, arguments=validate(api, arguments))

    def _order_tools(self) -> str:
        orders = [api.tool for api in self._offered.values() if api.risk == "order"]
        return f"Order with {' or '.join(orders)}." if orders else "This server sends no orders."

    async def _search_tools(self, call: Call) -> Page:
        from kis_mcp.server.tools.call import page
        from kis_mcp.server.tools.system import signature

        values = call.values()
        await self._load_table()
        if self._search is None:
            self._search = await anyio.to_thread.run_sync(self._index)
        hits = self._search.find(values["query"], values["limit"])
        rows = [
            {
                "name": hit.api.tool,
                "title": f"{hit.api.title} ({hit.api.title_ko})",
                "description": hit.api.description,
                "signature": signature(hit.api),
                "call_with": hit.api.tool if hit.api.tool in self._offered else CALL_READ_TOOL,
            }
            for hit in hits
        ]
        notes = [] if rows else ["Nothing fits. Try other words, in Korean or English."]
        return page(call.environments.clock(), notes=notes, tools=rows)

    def _index(self) -> Search:
        """Over every tool that this server's clients can reach."""
        from kis_mcp.catalog.search import Search

        reachable = [
            api
            for api in self._catalog.apis
            if api.kind == "rest"
            and (api.risk != "order" or api.tool in self._offered)
            and api.tool not in self._options.exclude_tools
        ]
        return Search(reachable)

    async def _load_table(self) -> None:
        """Read the whole table in a thread, so that the first search does not hold other calls up."""
        await anyio.to_thread.run_sync(lambda: self._catalog.apis)


def _nearest(name: str, names: Sequence[str] | Mapping[str, object]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Find the right one with {SEARCH_TOOLS}."
