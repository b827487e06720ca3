"""KIS response → readable names and typed values. Pure, and never raises on what KIS sends."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, cast

from kis_mcp.account import masked, without_accounts
from kis_mcp.catalog.frames import split_frame
from kis_mcp.catalog.model import Api, Block
from kis_mcp.catalog.texts import parse

Record: TypeAlias = dict[str, object]

_ENVELOPE = frozenset({"rt_cd", "msg_cd", "msg1"})
_CONTINUATION = "ctx_area_"
ITEM = "item"
_OTHER = "other"
_ACCOUNT_NUMBERS = frozenset({"cano", "acno10", "acnt_no", "acct_no"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A response in readable terms.

    Attributes:
        blocks: Block name → rows, or one record.
        notes: What a reader has to know about it: values that could not be read, rows in unexpected places.
        complete: Whether these are all the rows that KIS has.
        as_of: When KIS said so, where that is known; of several answers the earliest.
    """

    blocks: dict[str, list[Record] | Record]
    notes: list[str] = field(default_factory=list[str])
    complete: bool = True
    as_of: datetime | None = None

    def record(self, name: str) -> Record:
        """A single block; empty where KIS left it out."""
        return cast(Record, self.blocks.get(name, {}))

    def rows(self, name: str) -> list[Record]:
        """A list block; empty where KIS left it out."""
        return cast(list[Record], self.blocks.get(name, []))


def decode(api: Api, body: Mapping[str, object], *, hide: Collection[str] = ()) -> Decoded:
    """Translate a response body.

    Every documented element that KIS sent, under any of its names, appears under its readable one: numbers as int or
    Decimal, dates and times as ISO text, flags as bool, codes as words, blanks as None. A text that cannot be read
    gives None and a note. Elements and blocks that are not documented are kept under KIS' name in lower case. Rows that
    come where one record is documented are kept under ``<name>_more``. Account numbers are masked, documented or not,
    and those in ``hide`` within any text.
    """
    paging = frozenset(element.lower() for element in api.paging.keys.values()) if api.paging else frozenset[str]()
    parts = {key.lower(): value for key, value in body.items() if not _is_envelope(key.lower(), paging)}
    reader = _Reader(paging, hide)
    blocks: dict[str, list[Record] | Record] = {}
    for block in api.blocks:
        if not block.key:
            continue
        rows = reader.rows(block, _take(parts, block, api.blocks))
        if block.is_list:
            blocks[block.name] = rows
            continue
        blocks[block.name] = rows[0] if rows else {}
        if len(rows) > 1:
            blocks[f"{block.name}_more"] = rows[1:]
            reader.notes.append(f"{block.name}: KIS sent {len(rows)} rows where one is documented.")
    for key, part in list(parts.items()):
        if _records(part):
            blocks[_free(key, blocks)] = reader.rows(Block(key, key, isinstance(part, list), ()), parts.pop(key))
    top = next((block for block in api.blocks if not block.key), None)
    scalars = {key: value for key, value in parts.items() if not isinstance(value, Mapping | list)}
    if top is not None:
        blocks[top.name] = reader.record(top, scalars)
    elif any(_text(value) for value in scalars.values()):
        blocks[_free(_OTHER, blocks)] = reader.record(Block("", _OTHER, False, ()), scalars)
    return Decoded(blocks, [*reader.notes, *reader.unreadable()])


class FrameDecoder:
    """Translates payloads of a live channel's frames, decrypted where they have to be, into one row for each record.

    A field that a record lacks is None; one that the table lacks is kept as ``field_<position>``.

    Args:
        hide: Account numbers that no row may show.
        only: Readable names of the fields to read, in a fraction of the time; every field where it is left out.
    """

    def __init__(self, api: Api, *, hide: Collection[str] = (), only: Collection[str] | None = None) -> None:
        (block,) = api.blocks
        self._whole, self._block, self._hide = block, block, hide
        self._wanted: frozenset[str] | None = None
        if only is not None:
            self._block = replace(block, fields=[field for field in block.fields if field.name in only])
            self._wanted = frozenset(
                element for field in self._block.fields for element in (field.element, *field.aliases)
            )
        self._nothing: Record = {field.name: None for field in self._block.fields}

    def decode(self, payload: str, count: int) -> Decoded:
        """The rows of so many records.

        Raises:
            ValueError: The payload cannot be divided into that many records.
        """
        reader, records = _Reader(frozenset(), self._hide), _split(self._whole, payload, count, self._wanted)
        rows = [self._nothing | reader.record(self._block, record) for record in records]
        return Decoded({self._block.name: rows}, [*reader.unreadable()])


def decode_frame(api: Api, payload: str, count: int, *, hide: Collection[str] = ()) -> Decoded:
    """Translate one payload, as `FrameDecoder` does.

    Raises:
        ValueError: The payload cannot be divided into that many records.
    """
    return FrameDecoder(api, hide=hide).decode(payload, count)


def frame_accounts(api: Api, payload: str, count: int) -> list[str]:
    """The account number that each record of a live data frame names, in full; "" where one names none.

    For telling whose a notice is. No result, log or message may show them.

    Raises:
        ValueError: The payload cannot be divided into that many records.
    """
    (block,) = api.blocks
    element = next((field.element for field in block.fields if field.type == "account"), "")
    return [_text(record.get(element)) for record in _split(block, payload, count, {element})]


def _split(block: Block, payload: str, count: int, only: Collection[str] | None) -> list[Mapping[str, str | None]]:
    columns = [field.element for field in block.fields]
    return split_frame(payload, count, columns, first_if=block.first_if, layouts=block.layouts, only=only)


def _is_envelope(key: str, paging: Collection[str]) -> bool:
    """Whether it says nothing about the answer; continuation keys moreover repeat the account number."""
    return key in _ENVELOPE or key in paging or key.startswith(_CONTINUATION)


class _Reader:
    """Reads records and remembers what it could not read.

    Args:
        hidden: Elements that are left out, in lower case.
        accounts: Account numbers that no text may show.
    """

    def __init__(self, hidden: frozenset[str], accounts: Collection[str]) -> None:
        self._hidden = hidden
        self._accounts = accounts
        self._unreadable: Counter[tuple[str, str]] = Counter()
        self._samples: dict[tuple[str, str], str] = {}
        self.notes: list[str] = []

    def rows(self, block: Block, part: object) -> list[Record]:
        rows = [self.record(block, record) for record in _records(part)]
        if len(rows) != len(block.row_names):
            return rows
        return [{ITEM: name} | row for name, row in zip(block.row_names, rows, strict=True)]

    def record(self, block: Block, raw: Mapping[str, object]) -> Record:
        left = {key.lower(): value for key, value in raw.items() if key.lower() not in self._hidden}
        record: Record = {}
        for documented in block.fields:
            element = documented.element.lower()
            if element not in left:
                element = next((alias.lower() for alias in documented.aliases if alias.lower() in left), None)
            if element is None:
                continue
            text = _text(left.pop(element))
            value: object = None
            if text:
                try:
                    value = parse(documented, text)
                except ValueError:
                    place = (f"{block.name}.{documented.name}", documented.type)
                    self._unreadable[place] += 1
                    self._samples.setdefault(place, self._shown(text))
            record[documented.name] = self._shown(value) if isinstance(value, str) else value
        for element, extra in left.items():
            text = _text(extra)
            record[_free(element, record)] = self._undocumented(element, text) if text else None
        return record

    def _undocumented(self, element: str, text: str) -> str:
        return masked(text) if element in _ACCOUNT_NUMBERS else self._shown(text)

    def _shown(self, text: str) -> str:
        """A text without the account numbers in use; looked for first, since there are hardly ever any."""
        is_safe = all(number not in text for number in self._accounts)
        return text if is_safe else without_accounts(text, self._accounts)

    def unreadable(self) -> Iterator[str]:
        for (name, kind), count in self._unreadable.items():
            rows = f" ({count} rows)" if count > 1 else ""
            yield f"{name}: {self._samples[name, kind][:40]!r} is no {kind}{rows}."


def _take(parts: dict[str, object], block: Block, blocks: Sequence[Block]) -> object:
    """Remove and return the part of the body that is this block, under its own key or an alias of the same shape."""
    for key in (block.key, *block.aliases):
        part = parts.get(key.lower())
        shared = any(other is not block and key in (other.key, *other.aliases) for other in blocks)
        if part is not None and not (shared and isinstance(part, list) != block.is_list):
            return parts.pop(key.lower())
    return None


def _records(part: object) -> list[Mapping[str, object]]:
    """The records of a part that may be a list, one record, or blank."""
    if isinstance(part, Mapping):
        return [cast(Mapping[str, object], part)] if part else []
    if isinstance(part, list):
        return [cast(Mapping[str, object], row) for row in cast(list[object], part) if isinstance(row, Mapping)]
    return []


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _free(name: str, taken: Iterable[str]) -> str:
    """``name``, or ``kis_<name>`` where that stands for something else already."""
    return name if name not in taken else _free(f"kis_{name}", taken)
