"""Lists as a model reads them with the fewest tokens: the fields' names once, then rows of values.

A list of records says each name again in every row. A table is ``{"columns": [...], "every_row": {...}, "rows":
[[...]]}``: ``every_row`` holds what all rows share, such as the currency, and is missing where they share nothing.
The records come back as ``{**every_row, **dict(zip(columns, row))}``, with None for what a record had not.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

ResultShape: TypeAlias = Literal["rows", "columns"]
COLUMNS, EVERY_ROW, ROWS = "columns", "every_row", "rows"


def as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """JSON records as one table; fields in the order in which the records first have them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shared = {name: rows[0].get(name) for name in names if len(rows) > 1 and _is_shared(rows, name)}
    if len(shared) == len(names):
        shared = {name: value for name, value in shared.items() if name != names[0]}
    columns = [name for name in names if name not in shared]
    table: dict[str, Any] = {COLUMNS: columns}
    if shared:
        table[EVERY_ROW] = shared
    return table | {ROWS: [[row.get(name) for name in columns] for row in rows]}


def blocks_as_columns(blocks: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's blocks, in JSON's terms, with each list as a table."""
    return {
        name: as_columns(cast(list[dict[str, Any]], block)) if isinstance(block, list) else block
        for name, block in blocks.items()
    }


def _is_shared(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether all rows have the same value; JSON's true is not 1."""
    first = rows[0].get(name)
    return all(type(value := row.get(name)) is type(first) and value == first for row in rows)
