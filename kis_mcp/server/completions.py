"""Completes what a person types into a prompt's argument or a resource's address."""

from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CompleteRequestParams, CompleteResult, Completion, PromptReference

from kis_mcp.catalog import Catalog, encodable
from kis_mcp.server.prompts import LANGUAGE, LANGUAGES, Prompts
from kis_mcp.server.resources import DOCUMENT
from kis_mcp.server.serving import Serving
from kis_mcp.server.stream_resources import STREAM

MOST: Final = 100
"""As many as the protocol allows."""

_MOST_INSTRUMENTS = 10


class Completions:
    """The completions of one server.

    Args:
        table: Whose tools are completed.
        prompts: Whose arguments are completed.
    """

    def __init__(self, table: Catalog, prompts: Prompts) -> None:
        self._table = table
        self._prompts = prompts

    async def complete(
        self, context: ServerRequestContext[Serving, Any], params: CompleteRequestParams
    ) -> CompleteResult:
        """What an argument may be that begins so; empty for one that is free text.

        Raises:
            MCPError: There is no such prompt, argument or resource.
        """
        typed, serving = encodable(params.argument.value), context.lifespan_context
        if isinstance(params.ref, PromptReference):
            found = await self._of_prompt(params.ref.name, params.argument.name, typed, serving)
        elif params.ref.uri.startswith(DOCUMENT):
            tools = (api.tool for api in self._table.tools)
            found = sorted(tool for tool in tools if typed.casefold() in tool)
        elif params.ref.uri.startswith(STREAM):
            watched = (resource.uri.removeprefix(STREAM) for resource in serving.streams.resources())
            found = [watch for watch in watched if watch.startswith(typed)]
        else:
            raise MCPError(INVALID_PARAMS, f"There is no resource {encodable(params.ref.uri)!r} to complete.")
        return CompleteResult(completion=Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST))

    async def _of_prompt(self, name: str, argument: str, typed: str, serving: Serving) -> list[str]:
        prompt = self._prompts.texts.get(name)
        if prompt is None or (argument not in prompt.arguments and argument != LANGUAGE):
            raise MCPError(INVALID_PARAMS, f"There is no prompt {encodable(name)!r} with an argument {argument!r}.")
        if argument == LANGUAGE:
            return [language for language in LANGUAGES if language.startswith(typed)]
        if prompt.arguments[argument].get("completes") != "symbol":
            return []
        earlier, comma, last = typed.rpartition(",")
        if not last.strip():
            return []
        environments = serving.environments
        listings = await environments.listings(environments.current)
        found = await listings.search(last.strip(), _MOST_INSTRUMENTS)
        return [
            f"{earlier}{comma}{' ' * bool(comma)}{each.symbol} {each.name_ko or each.name_en}".strip()
            for each in found.listings
        ]
