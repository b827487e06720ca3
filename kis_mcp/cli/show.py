"""A tool's result as people read it."""

from typing import Any, cast

from mcp_types import CallToolResult, TextContent
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from kis_mcp.cli.headings import heading
from kis_mcp.cli.words import say

COLUMN_GAP = 2
PROSE_WIDTH = 30
"""So much of the terminal a column of sentences has at the least, if they are that long."""

FEW_ROWS = 3
FEW_COLUMNS = 3
"""So few of either are not worth a table that hides columns."""

_ID = "_id"
_REASON = "reason"


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
    """Print rows as a table of the columns that fit, reasons and sentences always among them, or as records where a
    table would show too little; and a record as its filled fields."""
    if isinstance(block, dict):
        _show_record(console, heading(name), block)
        return
    if not block:
        console.print(say(f"{heading(name)}: none"), markup=False, highlight=False)
        return
    columns = _filled(block)
    shown = _columns_that_fit(block, columns, console.width)
    if len(shown) < len(columns) and (len(block) <= FEW_ROWS or len(shown) < FEW_COLUMNS):
        for number, row in enumerate(block, 1):
            _show_record(console, f"{heading(name)} {number}" if len(block) > 1 else heading(name), row)
        return
    hidden = len(columns) - len(shown)
    title = say(f"{heading(name)} (and {hidden} more columns)") if hidden else heading(name)
    table = Table(title=title, title_justify="left", box=None)
    for column in shown:
        table.add_column(heading(column), overflow="fold", no_wrap=not _is_prose(block, column))
    for row in block:
        table.add_row(*(_text(row.get(column)) for column in shown))
    console.print(table)


def _show_record(console: Console, title: str, record: dict[str, Any]) -> None:
    """A field a line. A word that is too long for its line stands below, so that it can be copied in one piece."""
    fields = {heading(field): _text(value) for field, value in record.items() if value is not None}
    room = console.width - max(map(cell_len, fields), default=0) - 2 * COLUMN_GAP
    long = {field: text for field, text in fields.items() if _longest_word(text) > room}
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for field, text in fields.items():
        if field not in long:
            table.add_row(field, text)
    console.print(table)
    for field, text in long.items():
        console.print(f" {field}: {text}", markup=False, highlight=False, soft_wrap=True)


def _filled(rows: list[dict[str, Any]]) -> list[str]:
    columns = dict.fromkeys(column for row in rows for column in row)
    return [column for column in columns if any(_text(row.get(column)) for row in rows)]


def _columns_that_fit(rows: list[dict[str, Any]], columns: list[str], width: int) -> list[str]:
    """The columns of sentences, and of the others the leading ones that fit beside them, ids last of all."""
    needed = {column: _width(rows, column) for column in columns}
    width -= sum(needed[column] for column in columns if _is_prose(rows, column))
    shown = {column for column in columns if width >= 0 and _is_prose(rows, column)}
    for column in sorted(columns, key=lambda column: column.endswith(_ID)):
        if column not in shown:
            width -= needed[column]
            if width < 0:
                break
            shown.add(column)
    return [column for column in columns if column in shown]


def _width(rows: list[dict[str, Any]], column: str) -> int:
    """What a column takes. A sentence wraps, but no word in it does."""
    texts = [heading(column), *(_text(row.get(column)) for row in rows)]
    widest = max(map(cell_len, texts))
    if _is_prose(rows, column):
        widest = max(min(widest, PROSE_WIDTH), *map(_longest_word, texts))
    return widest + COLUMN_GAP


def _is_prose(rows: list[dict[str, Any]], column: str) -> bool:
    """Whether a column is one of reasons, or has sentences."""
    texts = [_text(row.get(column)) for row in rows]
    return column.endswith(_REASON) or any(" " in text and cell_len(text) > PROSE_WIDTH for text in texts)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else say("yes" if value else "no")
    return f"{value:,}" if isinstance(value, int | float) else str(value)
