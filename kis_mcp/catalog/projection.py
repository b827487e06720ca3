"""What of an answer is shown: the columns of its blocks and no blank fields, unless the caller chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from kis_mcp.catalog.decode import ITEM, Record
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.reserved import ALL_FIELDS, FIELDS
from kis_mcp.errors import BadArgument

_MOST_NAMED = 8
"""Unknown fields that one error names."""


@dataclass(frozen=True, slots=True)
class Projection:
    """Which fields are kept.

    Attributes:
        columns: Block name → the fields of its record or rows, in this order; a block that is not named keeps all.
        blanks: Whether fields that KIS left blank are kept, as None.
        note: What a reader has to know about fields that are not shown; empty if nothing.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    blanks: bool = True
    note: str = ""

    def shown(self, block: str, record: Record) -> Record:
        """The part of a block's record, or of one of its rows, that is kept; what a row is always."""
        columns = self.columns.get(block)
        names = (name for name in (ITEM, *columns) if name in record) if columns else record
        return {name: record[name] for name in names if self.blanks or record[name] is not None}

    def of(self, blocks: Mapping[str, list[Record] | Record]) -> dict[str, list[Record] | Record]:
        """The part of an answer that is kept."""
        return {
            name: [self.shown(name, row) for row in block] if isinstance(block, list) else self.shown(name, block)
            for name, block in blocks.items()
        }


EVERYTHING = Projection()


def read_projection(api: Api, wanted: str | list[str] | None) -> Projection:
    """What a call shows.

    Args:
        api: The tool.
        wanted: ``all``, or the fields that the caller chose; blocks that have none of them, and all blocks where
            nothing was chosen, show the columns of the table.

    Raises:
        BadArgument: A wanted field is in none of the blocks.
    """
    if wanted == ALL_FIELDS:
        return EVERYTHING
    if wanted:
        return Projection(_chosen(api, wanted))
    columns = {block.name: block.columns for block in api.blocks if block.columns}
    hidden = sum(len(block.fields) - len(block.columns) for block in api.blocks if block.columns)
    note = f'{hidden} more fields with {FIELDS}="{ALL_FIELDS}".' if hidden else ""
    return Projection(columns, blanks=False, note=note)


def _chosen(api: Api, wanted: list[str] | str) -> dict[str, tuple[str, ...]]:
    names = {block.name: {field.name for field in block.fields} for block in api.blocks}
    known = [name for block in names.values() for name in block]
    if unknown := [name for name in wanted if name not in known][:_MOST_NAMED]:
        near = dict.fromkeys(match for name in unknown for match in get_close_matches(name, known, n=1))
        raise BadArgument(
            f"{api.tool} has no field {' or '.join(repr(name[:60]) for name in unknown)}.",
            remedy=f"Did you mean {' and '.join(near)}?" if near else f'Give {FIELDS}="{ALL_FIELDS}" to see them all.',
            field=FIELDS,
        )
    chosen = {name: tuple(field for field in wanted if field in fields) for name, fields in names.items()}
    return {block.name: chosen[block.name] or block.columns for block in api.blocks}
