"""The dictionary of KIS' response elements: element → readable English name, type and Korean label.

``elements.csv`` has a line per element, ``element,name,type,label_ko``, the element in lower case. It is read when a
field is first looked at: listing tools needs none.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast, get_args, overload

from kis_mcp.catalog.model import Field, FieldType
from kis_mcp.catalog.table import SpecError, Table

_TYPES = frozenset(get_args(FieldType))
_OVERRIDES = frozenset({"name", "type", "label_ko", "codes", "aliases"})


class Dictionary:
    """What each element means unless an API says otherwise.

    Args:
        path: ``elements.csv``.
        enums: Enumeration → KIS code → word.
        strict: Whether an element that is not in the dictionary is an error; otherwise it keeps KIS' name, as text.
    """

    def __init__(self, path: Path, enums: Mapping[str, Mapping[str, str]], *, strict: bool = False) -> None:
        self._path = path
        self._enums = enums
        self._strict = strict

    @cached_property
    def _entries(self) -> dict[str, tuple[str, str, str]]:
        if not self._path.exists():
            return {}
        with self._path.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            next(rows, None)
            try:
                return {element: (name, kind, label) for element, name, kind, label in rows}
            except ValueError as error:
                raise SpecError(f"{self._path.name} line {rows.line_num}: must have four columns") from error

    def field(self, element: str, override: Table) -> Field:
        """The field of one element, with what an API's row says instead.

        Raises:
            SpecError: The element is unknown (strict only), or its type or enumeration is.
        """
        override.allow(_OVERRIDES)
        entry = self._entries.get(element.lower())
        if entry is None:
            if self._strict and "name" not in override.values:
                raise SpecError(f"{override.place} {element}: is not in {self._path.name}")
            entry = (element.lower(), "string", "")
        name, kind, label = entry
        kind, codes = self.type_of(override.take("type", str, kind), override)
        return Field(
            element=element,
            name=override.take("name", str, name),
            type=kind,
            label_ko=override.take("label_ko", str, label),
            codes=override.texts("codes") or codes,
            aliases=override.words("aliases"),
        )

    def type_of(self, text: str, table: Table) -> tuple[FieldType, Mapping[str, str] | None]:
        """A field's type as written, ``enum:<name>`` split into type and codes."""
        kind, _, enum = text.partition(":")
        if kind not in _TYPES or (enum and enum not in self._enums):
            raise table.error("type", f"{text!r} is no type of a field")
        return cast(FieldType, kind), self._enums.get(enum)


class DictionaryFields(Sequence[Field]):
    """The fields of one block, looked up when first asked for."""

    def __init__(self, elements: Sequence[str], overrides: Table, dictionary: Dictionary) -> None:
        self._elements = elements
        self._overrides = overrides
        self._dictionary = dictionary

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        overrides: Mapping[str, Any] = {element.lower(): table for element, table in self._overrides.tables()}
        if unknown := overrides.keys() - {element.lower() for element in self._elements}:
            raise self._overrides.error(min(unknown), "is no field of this block")
        fields = tuple(
            self._dictionary.field(
                element, overrides.get(element.lower()) or Table({}, f"{self._overrides.place} {element}")
            )
            for element in self._elements
        )
        names: dict[str, str] = {}
        for field in fields:
            if field.name in names:
                both = f"{names[field.name]} and {field.element}"
                raise self._overrides.error(field.name, f"names both {both}")
            names[field.name] = field.element
        return fields

    @overload
    def __getitem__(self, index: int) -> Field: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Field, ...]: ...
    def __getitem__(self, index: int | slice) -> Field | tuple[Field, ...]:
        return self._fields[index]

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._elements)
