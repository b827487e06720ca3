"""What agents and people read beside the tools: a document for each tool, the catalogue, guides, KIS' error codes, the
format of strategy documents.

All of it is the same on every surface: reading about a tool does not need the right to call it. What is watched now
stands beside it, from :mod:`kis_mcp.server.stream_resources`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from kis_mcp.catalog import Catalog, encodable, resources_folder
from kis_mcp.language import Language
from kis_mcp.server.one_page import require_first_page
from kis_mcp.server.serving import Serving
from kis_mcp.server.stream_resources import JSON, STREAM, STREAM_TEMPLATE

CATALOGUE = "kis://apis"
DOCUMENT = "kis://apis/"
GUIDE = "kis://guides/"
ERRORS = "kis://errors"
STRATEGY_SCHEMA = "kis://strategies/schema"
_MARKDOWN = "text/markdown"
_GENERATED = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Guide:
    """A text of ``resources/guides``: a heading, one line that says what it is about, and the rest."""

    name: str
    title: str
    description: str
    text: str


class Resources:
    """The readable resources of one server.

    Args:
        catalog: The spec table.
        language: Of the guides. One that is not written in it is served in English.
        folder: Where the guides are: ``guides``, and translations in ``guides/<language>``.
    """

    def __init__(self, catalog: Catalog, language: Language = "en", folder: Path | None = None) -> None:
        self._catalog = catalog
        self._language: Language = language
        self._folder = folder or resources_folder()

    async def list_resources(
        self, context: ServerRequestContext[Serving, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """The catalogue, the error codes, the guides, and what is watched; tools' documents come by their template."""
        require_first_page(params)
        return ListResourcesResult(resources=[*self._resources(), *context.lifespan_context.streams.resources()])

    async def list_templates(
        self,
        context: ServerRequestContext[Serving, Any],  # noqa: ARG002
        params: PaginatedRequestParams | None,
    ) -> ListResourceTemplatesResult:
        require_first_page(params)
        document = ResourceTemplate(
            uri_template=f"{DOCUMENT}{{tool}}",
            name="api",
            title="Document of a tool",
            description="Parameters with KIS' elements and codes, every field of the result with KIS' name and Korean "
            "label, TR ids, paging, demo support and an example. Takes the name of any tool, listed or not.",
            mime_type=_MARKDOWN,
        )
        return ListResourceTemplatesResult(resource_templates=[document, STREAM_TEMPLATE])

    async def read_resource(
        self, context: ServerRequestContext[Serving, Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        """The text behind a URI.

        Raises:
            MCPError: There is none; the message names the nearest.
        """
        uri = encodable(params.uri)
        if uri.startswith(STREAM):
            kind, text = JSON, context.lifespan_context.streams.text(uri)
        elif uri == STRATEGY_SCHEMA:
            kind, text = JSON, await anyio.to_thread.run_sync(_strategy_schema)
        else:
            kind, text = _MARKDOWN, await anyio.to_thread.run_sync(self._text, uri.rstrip("/"))
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=kind, text=encodable(text))])

    def _resources(self) -> Iterator[Resource]:
        yield Resource(
            uri=CATALOGUE,
            name="apis",
            title="Catalogue of tools",
            description="Every tool by toolset, with its English and Korean title.",
            mime_type=_MARKDOWN,
        )
        yield Resource(
            uri=ERRORS,
            name="errors",
            title="Error codes",
            description="KIS' message codes, what they mean and what to do.",
            mime_type=_MARKDOWN,
        )
        yield Resource(
            uri=STRATEGY_SCHEMA,
            name="strategy_schema",
            title="Schema of strategy documents",
            description="JSON Schema of the documents that strategies takes.",
            mime_type=JSON,
        )
        for guide in self._guides.values():
            yield Resource(
                uri=f"{GUIDE}{guide.name}",
                name=guide.name,
                title=guide.title,
                description=guide.description,
                mime_type=_MARKDOWN,
            )

    def _text(self, uri: str) -> str:
        from kis_mcp.catalog import api_document, api_list_document, error_document

        if uri == CATALOGUE:
            return api_list_document(self._catalog.tools)
        if uri == ERRORS:
            return error_document()
        if uri.startswith(GUIDE) and (guide := self._guides.get(uri.removeprefix(GUIDE))):
            return guide.text
        if uri.startswith(DOCUMENT) and (api := self._catalog.find(uri.removeprefix(DOCUMENT))):
            return api_document(api)
        raise MCPError(INVALID_PARAMS, f"There is no resource {uri!r}. {self._nearest(uri)}", {"uri": uri})

    def _nearest(self, uri: str) -> str:
        from difflib import get_close_matches

        tools = (api.tool for api in self._catalog.tools)
        known = [*(resource.uri for resource in self._resources()), *(f"{DOCUMENT}{tool}" for tool in tools)]
        near = get_close_matches(uri, known, n=3, cutoff=0.6)
        return f"Did you mean {' or '.join(near)}?" if near else f"{CATALOGUE} lists every tool."

    @cached_property
    def _guides(self) -> Mapping[str, Guide]:
        return {path.stem: self._guide(path) for path in sorted((self._folder / "guides").glob("*.md"))}

    def _guide(self, path: Path) -> Guide:
        """A guide in the language of the server, with the generated tables of the English one."""
        text = path.read_text(encoding="utf-8")
        translation = path.parent / self._language / path.name
        if translation.is_file():
            tables = {found[1]: found[0] for found in _GENERATED.finditer(text)}
            text = _GENERATED.sub(lambda found: tables[found[1]], translation.read_text(encoding="utf-8"))
        heading, description = text.split("\n\n")[:2]
        return Guide(path.stem, heading.removeprefix("# "), description, text)


def _strategy_schema() -> str:
    from kis_mcp.strategies.document import strategy_schema

    return json.dumps(strategy_schema(), ensure_ascii=False, separators=(",", ":"))
