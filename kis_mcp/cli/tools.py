"""``kis-mcp tools``: what the server offers. The JSON form is a public contract, see README."""

import json

import typer

from kis_mcp.catalog import Api, catalog, input_schema, output_schema, to_json
from kis_mcp.cli.headings import heading
from kis_mcp.server.surface import SurfaceOptions, select_tools
from kis_mcp.settings import language


def run(options: SurfaceOptions, *, as_json: bool) -> None:
    """Print the tools of a surface: a table for people, or the list of their specifications."""
    apis = select_tools(catalog(), options)
    if as_json:
        typer.echo(json.dumps([specification(api) for api in apis], ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*map(heading, ("Tool", "Toolset", "Risk", "Title")), box=None)
    for api in apis:
        table.add_row(api.tool, api.toolset, api.risk, api.title_ko if language() == "ko" else api.title)
    Console().print(table, f"{len(apis)} tools")


def specification(api: Api) -> dict[str, object]:
    """One tool as plain JSON, from the spec table alone."""
    return {
        "name": api.tool,
        "title": api.title,
        "title_ko": api.title_ko,
        "description": api.description,
        "toolset": api.toolset,
        "category": api.category,
        "kind": api.kind,
        "risk": api.risk,
        "method": api.method,
        "path": api.path,
        "tr_ids": {"real": sorted(set(api.tr.real.values())), "demo": sorted(set(api.tr.demo.values()))},
        "elements": {parameter.name: parameter.element for parameter in api.parameters if parameter.element},
        "input_schema": input_schema(api),
        "output_schema": output_schema(api),
        "example": to_json(dict(api.example)),
    }
