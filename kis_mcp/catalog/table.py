"""TOML tables that know where they stand, so that a faulty one is told by file, row and key."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")


class SpecError(Exception):
    """The spec table says something that cannot be: which file, row and key, and what is wrong."""


class Table:
    """A TOML table and its place.

    Args:
        values: The parsed table.
        place: What an error calls it, e.g. ``domestic_stock/quotations.toml [inquire_price]``.
    """

    __slots__ = ("place", "values")

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self.values = values
        self.place = place

    def error(self, key: str, what: str) -> SpecError:
        return SpecError(f"{self.place} {key}: {what}")

    def allow(self, keys: Collection[str]) -> None:
        """Refuse every key but these."""
        for key in self.values:
            if key not in keys:
                raise self.error(key, "is no key of this table")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """The value of ``key``, which must be of ``kind``; required unless there is a default."""
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"must be {kind.__name__}, not {value!r}")
        return value

    def one_of(self, key: str, choices: Collection[str], default: str | None = None) -> Any:
        """A text out of ``choices``."""
        value = self.take(key, str, default)
        if value not in choices:
            raise self.error(key, f"must be one of {', '.join(choices)}, not {value!r}")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of texts, or a text of words; empty when left out."""
        value = self.values.get(key, ())
        if isinstance(value, str):
            return tuple(value.split())
        if isinstance(value, Collection) and all(isinstance(word, str) for word in cast(Collection[object], value)):
            return tuple(cast(Collection[str], value))
        raise self.error(key, f"must be words, not {value!r}")

    def texts(self, key: str) -> Mapping[str, str]:
        """A table of texts; empty when left out."""
        value = self.take(key, dict, cast(dict[str, Any], {}))
        for name, text in value.items():
            if not isinstance(text, str):
                raise self.error(f"{key}.{name}", f"must be text, not {text!r}")
        return value

    def table(self, key: str) -> "Table":
        """The table under ``key``; empty when left out."""
        return Table(self.take(key, dict, cast(dict[str, Any], {})), f"{self.place} {key}")

    def tables(self) -> Iterator[tuple[str, "Table"]]:
        """Every entry of this table, each of which must be a table."""
        for name, value in self.values.items():
            if not isinstance(value, dict):
                raise self.error(name, "must be a table")
            yield name, Table(cast(dict[str, Any], value), f"{self.place} {name}")
