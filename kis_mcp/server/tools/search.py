"""Which tool a client means: by its name, by searching, or through call_read_tool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio.to_thread

from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.errors import BadArgument
from kis_mcp.server.surface import SurfaceOptions

if TYPE_CHECKING:
    from kis_mcp.catalog.apis import Page
    from kis_mcp.catalog.search import Search
    from kis_mcp.server.tools.call import Call

SEARCH_TOOLS = "search_tools"
CALL_READ_TOOL = "call_read_tool"


class Reach:
    """The tools that the clients of one server reach.

    Args:
        catalog: The spec table.
        offered: The tools that the server offers; no other is ever run by its own name.
        options: How they were chosen.
    """

    def __init__(self, catalog: Catalog, offered: Sequence[Api], options: SurfaceOptions) -> None:
        self._catalog = catalog
        self._offered = {api.tool: api for api in offered}
        self._options = options
        self._search: Search | None = None

    def offered(self, name: str) -> Api:
        """The offered tool of a name.

        Raises:
            BadArgument: The server offers none.
        """
        if api := self._offered.get(name):
            return api
        known = self._catalog.find(name)
        if known is None:
            raise BadArgument(f"There is no tool {name!r}.", remedy=_nearest(name, self._offered), field="name")
        readable = _is_read(known) and CALL_READ_TOOL in self._offered
        raise BadArgument(
            f"The operator does not offer {name} here.",
            remedy=f"Call it through {CALL_READ_TOOL}." if readable else "Use another tool.",
            field="name",
        )

    async def read_api(self, name: str) -> Api:
        """The API that call_read_tool reads by a name.

        Raises:
            BadArgument: There is no such tool, it is no read, or the operator took it away.
        """
        await self._load_table()
        api = self._catalog.find(name)
        if api is None or api.kind == "websocket":
            reads = (api.tool for api in self._catalog.apis if _is_read(api))
            raise BadArgument(f"There is no read tool {name!r}.", remedy=_nearest(name, reads), field="name")
        if not _is_read(api):
            is_offered = name in self._offered
            raise BadArgument(
                f"{CALL_READ_TOOL} does not run {'orders' if api.risk == 'order' else 'core tools'}.",
                remedy=f"Call {name} itself." if is_offered else f"{name} is not offered here. {self._order_tools()}",
                field="name",
            )
        if name in self._options.exclude_tools:
            raise BadArgument(f"The operator took {name} away.", remedy="Use another tool.", field="name")
        return api

    async def find(self, query: str, limit: int) -> Sequence[Api]:
        """The tools that fit a query, best first."""
        await self._load_table()
        if self._search is None:
            self._search = await anyio.to_thread.run_sync(self._index)
        return [hit.api for hit in self._search.find(query, limit)]

    def called_with(self, api: Api) -> str:
        """The tool through which a found one is called."""
        return api.tool if api.tool in self._offered else CALL_READ_TOOL

    def _index(self) -> Search:
        from kis_mcp.catalog.search import Search

        return Search(
            [
                api
                for api in self._catalog.apis
                if (_is_read(api) or (api.kind == "rest" and api.tool in self._offered))
                and api.tool not in self._options.exclude_tools
            ]
        )

    def _order_tools(self) -> str:
        orders = [api.tool for api in self._offered.values() if api.risk == "order"]
        return f"Order with {' or '.join(orders)}." if orders else "This server sends no orders."

    async def _load_table(self) -> None:
        """Read the whole table in a thread, so that the first search does not hold other calls up."""
        await anyio.to_thread.run_sync(lambda: self._catalog.apis)


async def search_tools(call: Call) -> Page:
    from kis_mcp.catalog.signature import signature
    from kis_mcp.server.tools.call import page

    values = call.values()
    rows = [
        {
            "name": api.tool,
            "title": f"{api.title} ({api.title_ko})",
            "description": api.description,
            "signature": signature(api),
            "call_with": call.reach.called_with(api),
        }
        for api in await call.reach.find(values["query"], values["limit"])
    ]
    notes = [] if rows else ["Nothing fits. Try other words, in Korean or English."]
    return page(call.environments.clock(), notes=notes, tools=rows)


async def read_call(call: Call) -> Call:
    """The call that a call of call_read_tool stands for.

    Raises:
        BadArgument: Its tool cannot be read.
    """
    from kis_mcp.catalog.arguments import validate

    values = call.values()
    return replace(call, arguments=validate(await call.reach.read_api(values["name"]), values["arguments"]))


def _is_read(api: Api) -> bool:
    return api.kind == "rest" and api.risk != "order"


def _nearest(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Find the right one with {SEARCH_TOOLS}."
