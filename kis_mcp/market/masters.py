"""KIS' files of instruments (종목 마스터), read by the table of their layouts."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, cast

from kis_mcp.catalog import resources_folder
from kis_mcp.market.listing import Kind, Listing

ENCODING: Final = "cp949"

_MOST_BAD = 0.005
"""Of a file's rows: some have a name cut within a character; more mean that its shape has changed."""

_ISIN = re.compile("[A-Z]{2}[0-9A-Z]{10}")
_NO_WARNING = ("", "00")
_NO_MEMBER = (b" ", b"N", b"0")


class MasterChanged(ValueError):
    """A file is cut, empty or of another shape than its layout says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the rows of files of one shape are divided, and what they list.

    Attributes:
        files: Names of the files, as KIS calls them.
        fields: Name → first byte and number of bytes; or the number of a column where there is a separator.
        kinds: Text of the field ``class`` → kind; one for all rows under an empty text.
        fixed: Fields that are the same in every row.
        words: Field → KIS' text → the spec table's word.
        least: Fewer rows mean that a file is cut.
        members: Name of an index → the byte of a row that says whether it is in it.
    """

    files: Sequence[str]
    separator: str
    fields: Mapping[str, Any]
    kinds: Mapping[str, Kind]
    least: int
    members: Mapping[str, int] = field(default_factory=dict[str, int])
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


@cache
def layouts() -> Mapping[str, Layout]:
    """File name → its layout, in the table's order."""
    with (resources_folder() / "masters.toml").open("rb") as table:
        rows = tomllib.load(table)
    made = [_layout(row) for row in rows.values()]
    return {file: layout for layout in made for file in layout.files}


def read_master(file: str, content: bytes, *, least: int | None = None) -> list[Listing]:
    """Every instrument of one of KIS' files, in its order.

    Args:
        file: Its name, a key of `layouts`.
        content: The file as it was in the zip.
        least: How many rows it has if it is whole, where that is not its layout's number.

    Raises:
        MasterChanged: It is not whole, or not as the layout says. Nothing of it may be used then.
    """
    layout = layouts()[file]
    lines = [line for raw in content.split(b"\n") if (line := raw.rstrip(b"\r")).strip()]
    least = layout.least if least is None else least
    if len(lines) < least:
        raise MasterChanged(f"{file} has {len(lines)} rows, and at least {least} are expected")
    divide = _columns(layout) if layout.separator else _places(layout)
    listings: list[Listing] = []
    bad = 0
    for line in lines:
        try:
            texts = divide(line)
            kind = layout.kinds.get(texts.pop("class", ""))
            values = _values(layout, texts)  # of rows that are left out too: they tell whether the file has its shape
            if kind is not None:
                listings.append(Listing(kind=kind, indices=_indices(layout, line), **values))
        except (ValueError, IndexError, InvalidOperation):
            bad += 1
    if bad > _MOST_BAD * len(lines):
        raise MasterChanged(f"{bad} of the {len(lines)} rows of {file} are not as its layout says")
    if not listings:
        raise MasterChanged(f"{file} lists nothing of a known kind")
    return listings


def _layout(row: Mapping[str, Any]) -> Layout:
    kind = row["kind"]
    return Layout(
        files=row.get("files") or (row["file"],),
        separator=row.get("separator", ""),
        fields=row["fields"],
        kinds=cast("Mapping[str, Kind]", kind if isinstance(kind, dict) else {"": kind}),
        least=row["least"],
        members=row.get("members", {}),
        fixed={part: row[part] for part in ("market", "exchange") if part in row},
        words=row.get("words", {}),
    )


def _indices(layout: Layout, line: bytes) -> tuple[str, ...]:
    """The indices that a row is in."""
    return tuple(name for name, at in layout.members.items() if line[at : at + 1] not in _NO_MEMBER)


_Divide = Callable[[bytes], dict[str, str]]


def _places(layout: Layout) -> _Divide:
    """Rows of fixed places, which count bytes: a Hangul syllable takes two."""
    places = [(name, first, first + length) for name, (first, length) in layout.fields.items()]
    least = max(end for _, _, end in places)

    def divide(line: bytes) -> dict[str, str]:
        if len(line) < least:
            raise ValueError("a short row")
        return {name: line[first:end].decode(ENCODING).strip() for name, first, end in places}

    return divide


def _columns(layout: Layout) -> _Divide:
    separator = layout.separator
    columns: Mapping[str, int] = layout.fields

    def divide(line: bytes) -> dict[str, str]:
        parts = line.decode(ENCODING).split(separator)
        return {name: parts[column].strip() for name, column in columns.items()}

    return divide


def _values(layout: Layout, texts: dict[str, str]) -> dict[str, Any]:
    """The fields of a listing; raises ValueError where a text is not of its kind."""
    if not texts["symbol"]:
        raise ValueError("a row without a symbol")
    for name, words in layout.words.items():
        texts[name] = words.get(texts[name], texts[name].lower())
    values: dict[str, Any] = {"exchange": "", **layout.fixed, **texts}
    for name, read in _READ.items():
        if name in texts:
            values[_NAMES.get(name, name)] = read(values.pop(name))
    return values


def _flag(text: str) -> bool:
    if text not in ("Y", "N", "", "0", "1"):
        raise ValueError("neither Y nor N")
    return text in ("Y", "1")


def _day(text: str) -> date | None:
    return datetime.strptime(text, "%Y%m%d").date() if text.strip("0") else None  # noqa: DTZ007


def _number(text: str) -> Decimal | None:
    return (Decimal(text) or None) if text else None


def _right(text: str) -> str:
    rights = {"C": "call", "P": "put", "E": ""}
    if text not in rights:
        raise ValueError("neither a call nor a put")
    return rights[text]


def _isin(text: str) -> str:
    if text and not _ISIN.fullmatch(text):
        raise ValueError("no ISIN")
    return text


_READ: Mapping[str, Callable[[str], object]] = {
    "standard_code": _isin,
    "halted": _flag,
    "administered": _flag,
    "warning": lambda text: text not in _NO_WARNING,
    "listed_on": _day,
    "expires_on": _day,
    "strike": _number,
    "right": _right,
    "tick_size": _number,
    "market_cap": lambda text: int(text) if text else None,
}
_NAMES: Mapping[str, str] = {"halted": "is_halted", "administered": "is_administered", "warning": "has_warning"}
