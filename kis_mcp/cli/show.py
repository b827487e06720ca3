"""A tool's result as people read it."""

from typing import Any, cast

from mcp_types import CallToolResult, TextContent
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from kis_mcp.cli.headings import heading
from kis_mcp.cli.words import say

COLUMN_GAP = 2


def show_result(console: Console, result: CallToolResult) -> None:
    """Print blocks as tables, then notes; an error as its text."""
    facts = cast("dict[str, Any]", result.structured_content or {})
    if result.is_error or "blocks" not in facts:
        style = "red" if result.is_error else ""
        for content in result.content:
            if isinstance(content, TextContent):
                console.print(content.text, style=style, markup=False, highlight=False)
        return
    for name, block in facts["blocks"].items():
        show_block(console, name, block)
    for note in facts.get("notes", []):
        console.print(say(f"note: {note}"), style="dim", markup=False)
    if facts.get("next_cursor"):
        console.print(say(f"more: cursor {facts['next_cursor']}"), style="dim", markup=False)


def show_block(console: Console, name: str, block: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Print rows as a table of the leading columns that fit, a record as its filled fields."""
    if isinstance(block, list):
        columns = _columns_that_fit(block, console.width)
        table = Table(*map(heading, columns), title=_title(name, block, columns), title_justify="left", box=None)
        for row in block:
            table.add_row(*(_text(row.get(column)) for column in columns))
    else:
        table = Table(title=heading(name), title_justify="left", box=None, show_header=False)
        for field, value in block.items():
            if value is not None:
                table.add_row(heading(field), _text(value))
    console.print(table)


def _columns_that_fit(rows: list[dict[str, Any]], width: int) -> list[str]:
    columns: list[str] = []
    for column in rows[0] if rows else ():
        values = [_text(row.get(column)) for row in rows]
        if any(values):
            width -= max(cell_len(text) for text in (heading(column), *values)) + COLUMN_GAP
            if width < 0:
                break
            columns.append(column)
    return columns


def _title(name: str, rows: list[dict[str, Any]], columns: list[str]) -> str:
    hidden = sum(1 for column in (rows[0] if rows else ()) if any(row.get(column) is not None for row in rows))
    hidden -= len(columns)
    name = heading(name)
    return say(f"{name} (and {hidden} more columns)" if hidden else name if rows else f"{name}: none")


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else say("yes" if value else "no")
    return f"{value:,}" if isinstance(value, int | float) else str(value)
