"""Which tool a client means: by its name, by searching, or through call_read_tool."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio.to_thread

from kis_mcp.catalog import Api, Catalog
from kis_mcp.errors import BadArgument
from kis_mcp.server.surface import SurfaceOptions

if TYPE_CHECKING:
    from kis_mcp.catalog import Page, Search
    from kis_mcp.server.tools.call import Call

SEARCH_TOOLS = "search_tools"
CALL_READ_TOOL = "call_read_tool"
DESCRIBE_TOOL = "describe_tool"
_ABOUT_TOOLS = frozenset({SEARCH_TOOLS, CALL_READ_TOOL, DESCRIBE_TOOL})


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

    async def offered(self, name: str) -> Api:
        """The offered tool of a name.

        Raises:
            BadArgument: The server offers none.
        """
        if api := self._offered.get(name):
            return api
        await self._load_table()
        known = self._catalog.find(name)
        if known is None:
            raise BadArgument(f"There is no tool {name!r}.", remedy=self._nearest_offered(name), field="name")
        raise BadArgument(
            f"The operator does not offer {name} here.",
            remedy=self._read_through(known) or f"Find another tool with {SEARCH_TOOLS}.",
            field="name",
        )

    async def read_api(self, name: str) -> Api:
        """The API that call_read_tool reads by a name: the tool's, or KIS' TR id or path.

        Raises:
            BadArgument: There is no such tool, it is no read, or the operator took it away.
        """
        await self._load_table()
        api = self._named(name, _is_read)
        if api is None:
            reads = (api.tool for api in self._catalog.apis if _is_read(api))
            raise BadArgument(f"There is no read tool {name!r}.", remedy=_nearest(name, reads), field="name")
        if not _is_read(api):
            is_offered = api.tool in self._offered
            raise BadArgument(
                f"{CALL_READ_TOOL} does not run {'orders' if api.risk == 'order' else 'core tools'}.",
                remedy=f"Call {api.tool} itself."
                if is_offered
                else f"{api.tool} is not offered here. {self._order_tools()}",
                field="name",
            )
        if api.tool in self._options.exclude_tools:
            raise BadArgument(
                f"The operator took {api.tool} away.",
                remedy=f"Find another tool with {SEARCH_TOOLS}.",
                field="name",
            )
        return api

    async def described(self, name: str) -> Api:
        """The tool that a name, or KIS' TR id or path, stands for.

        Raises:
            BadArgument: There is none, or several.
        """
        await self._load_table()
        if api := self._named(name, lambda api: api.kind == "rest"):
            return api
        tools = (api.tool for api in self._catalog.tools)
        raise BadArgument(f"There is no tool {name!r}.", remedy=_nearest(name, tools), field="name")

    def _named(self, name: str, is_meant: Callable[[Api], bool]) -> Api | None:
        """The tool of a name, or the only one that KIS calls so; of several those that are meant count."""
        if api := self._catalog.find(name):
            return api
        named = self._catalog.of_kis(name)
        chosen = [api for api in named if is_meant(api)] or named
        if len(chosen) > 1:
            raise BadArgument(
                f"KIS uses {name} for several tools.",
                remedy=f"Give the name of one: {', '.join(api.tool for api in chosen)}.",
                field="name",
            )
        return next(iter(chosen), None)

    def _nearest_offered(self, name: str) -> str:
        """What to call instead of a tool that does not exist; a TR id leads to its tool."""
        for api in self._catalog.of_kis(name):
            if api.tool in self._offered:
                return f"Call {api.tool}."
            if through := self._read_through(api):
                return through
        return _nearest(name, self._offered)

    def _read_through(self, api: Api) -> str:
        """How a read that is not offered by its own name is called; empty for what cannot be."""
        if not _is_read(api) or CALL_READ_TOOL not in self._offered or api.tool in self._options.exclude_tools:
            return ""
        return f'Call {CALL_READ_TOOL} with name="{api.tool}".'

    async def find(self, query: str, limit: int) -> Sequence[Api]:
        """The tools that fit a query, best first; those that it names by TR id or path before all others."""
        await self._load_table()
        if self._search is None:
            self._search = await anyio.to_thread.run_sync(self._index)
        named = [api for word in query.split() for api in self._catalog.of_kis(word) if self._is_found(api)]
        found = [hit.api for hit in self._search.find(query, limit)]
        return list(dict.fromkeys((*named, *found)))[:limit]

    def called_with(self, api: Api) -> str:
        """The tool through which a found one is called."""
        return api.tool if api.tool in self._offered else CALL_READ_TOOL

    def _index(self) -> "Search":
        from kis_mcp.catalog import Search

        apis = (*self._offered.values(), *(api for api in self._catalog.apis if api.tool not in self._offered))
        return Search([api for api in apis if self._is_found(api)])

    def _is_found(self, api: Api) -> bool:
        """Whether a search may answer with it: what can be called in some way, and what tells of tools itself not."""
        if api.tool in self._options.exclude_tools or api.tool in _ABOUT_TOOLS:
            return False
        return api.tool in self._offered or _is_read(api)

    def _order_tools(self) -> str:
        orders = [api.tool for api in self._offered.values() if api.risk == "order"]
        return f"Order with {' or '.join(orders)}." if orders else "This server sends no orders."

    async def _load_table(self) -> None:
        """Read the whole table in a thread, so that the first search does not hold other calls up."""
        await anyio.to_thread.run_sync(lambda: self._catalog.apis)


async def search_tools(call: "Call") -> "Page":
    from kis_mcp.catalog import call_signature
    from kis_mcp.server.tools.call import page

    values = call.values()
    rows = [
        {
            "name": api.tool,
            "title": f"{api.title} ({api.title_ko})",
            "description": api.description,
            "signature": call_signature(api),
            "call_with": call.reach.called_with(api),
        }
        for api in await call.reach.find(values["query"], values["limit"])
    ]
    notes = [] if rows else ["Nothing fits. Try other words, in Korean or English."]
    return page(call.environments.clock(), notes=notes, tools=rows)


async def describe_tool(call: "Call") -> "Page":
    from kis_mcp.catalog import api_document
    from kis_mcp.server.tools.call import page

    api = await call.reach.described(call.values()["name"])
    described = {"tool": api.tool, "call_with": call.reach.called_with(api), "text": api_document(api)}
    return page(call.environments.clock(), document=described)


async def read_call(call: "Call") -> "Call":
    """The call that a call of call_read_tool stands for.

    Raises:
        BadArgument: Its tool cannot be read.
    """
    from kis_mcp.catalog import check_arguments

    values = call.values()
    return replace(call, arguments=check_arguments(await call.reach.read_api(values["name"]), values["arguments"]))


def _is_read(api: Api) -> bool:
    return api.kind != "core" and api.risk != "order"


def _nearest(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Find the right one with {SEARCH_TOOLS}."
