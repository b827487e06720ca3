"""What is known beside the documents that the rows follow: ``tools/corrections.toml``.

Each entry names its source and date. What it says of the row itself is laid over the row before that is read, so that a
row stays as KIS' newest document has it, and what people measured stays apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast, get_args

from kis_mcp.catalog.model import Basis, Correction
from kis_mcp.catalog.table import SpecError, Table

_KEYS = frozenset({"element", "says", "basis", "source", "date", "row"})


@dataclass(frozen=True, slots=True)
class Corrections:
    """All entries of the file, by tool."""

    entries: Mapping[str, tuple[Table, ...]]

    def of(self, tool: str) -> tuple[Correction, ...]:
        """What is known of one tool, in the file's order."""
        return tuple(_correction(entry) for entry in self.entries.get(tool, ()))

    def over(self, tool: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row with what the entries change of it; ``row`` stays as it is."""
        for entry in self.entries.get(tool, ()):
            row = _laid_over(row, entry.take("row", dict, {}))
        return row


NOTHING = Corrections({})


def read_corrections(values: Mapping[str, Any], file: str) -> Corrections:
    """The entries of a parsed file: tool → a list of tables.

    Raises:
        SpecError: An entry has an unknown key, lacks one, or says what cannot be.
    """
    entries: dict[str, tuple[Table, ...]] = {}
    for tool, listed in values.items():
        if not isinstance(listed, list):
            raise SpecError(f"{file} {tool}: must be a list of tables, [[{tool}]]")
        entries[tool] = tuple(
            Table(entry, f"{file} [[{tool}]] {number}")
            for number, entry in enumerate(cast(list[dict[str, Any]], listed), 1)
        )
    for entry in (entry for listed in entries.values() for entry in listed):
        entry.allow(_KEYS)
    return Corrections(entries)


def _correction(entry: Table) -> Correction:
    basis: Basis = entry.one_of("basis", get_args(Basis))
    return Correction(
        element=entry.take("element", str, ""),
        says=entry.take("says", str),
        basis=basis,
        source=entry.take("source", str),
        date=entry.take("date", date),
    )


def _laid_over(row: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are joined key by key; anything else is replaced."""
    joined = dict(row)
    for key, value in change.items():
        below = joined.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        joined[key] = _laid_over(cast(Mapping[str, Any], below), cast(Mapping[str, Any], value)) if both else value
    return joined
