"""How a list that KIS sends page by page becomes one list, cut where the caller wants. No I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from kis_mcp.catalog.cursor import PagePosition
from kis_mcp.catalog.decode import Decoded, Record
from kis_mcp.catalog.gateway import KisReply
from kis_mcp.catalog.model import Paging
from kis_mcp.catalog.projection import Projection

NO_KEY = "KIS announced more rows but sent no key to ask for them."
REPEATED = "KIS sent the same page again, so the list ends there; rows may be missing."


def next_keys(paging: Paging, reply: KisReply) -> Mapping[str, str] | None:
    """The continuation elements that ask for the page after ``reply``; None at the end.

    Where the header tells that there is more, they may all be blank.
    """
    keys = {element: _find(reply.body, answer.lower()) for element, answer in paging.keys.items()}
    more = reply.has_more if paging.by_header else any(text.strip() for text in keys.values())
    return keys if more else None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a list is wanted.

    Attributes:
        rows: The most rows of each block.
        characters: The most characters of JSON, None for any; at least one row always fits.
        projection: Which fields of them.
    """

    rows: int
    characters: int | None
    projection: Projection


class Collector:
    """Takes the pages of one list, in order, until it has enough.

    Args:
        limits: What is enough.
        start: Where the first page lies and how many of its rows to skip.
        paging: How the API pages.

    Attributes:
        blocks: Block name → the rows, or the one record, so far.
        notes: What a reader has to know.
        going_on: Where the list goes on; None when it is complete, or cannot go on.
        complete: Whether everything was collected.
        has_values: Whether KIS filled anything in, shown or not.
    """

    def __init__(self, limits: Limits, start: PagePosition, paging: Paging | None) -> None:
        self._limits = limits
        self._skip = start.offset
        self._keyless = paging is not None and not paging.keys
        self._by_key = paging is not None and not paging.by_header
        self._rows = 0
        self._characters = 0
        self._passed = 0
        self._last: dict[str, list[Record]] | None = None
        self._asked = [start.keys]
        self.blocks: dict[str, list[Record] | Record] = {}
        self.notes: list[str] = []
        self.going_on: PagePosition | None = start
        self.complete = False
        self.has_values = False

    def add(self, decoded: Decoded, keys: Mapping[str, str] | None, following: Mapping[str, str] | None) -> bool:
        """Take a page.

        Args:
            decoded: The page.
            keys: What it was asked for with.
            following: What the next one is asked for with; None where this is the last.

        Returns:
            Whether the next page is wanted.
        """
        self.notes += [note for note in decoded.notes if note not in self.notes]
        lists = {name: rows for name, rows in decoded.blocks.items() if isinstance(rows, list)}
        self.has_values |= any(map(_is_filled, decoded.blocks.values()))
        for name, block in decoded.blocks.items():
            if not isinstance(block, list) and not self.blocks.get(name):
                self.blocks[name] = self._limits.projection.shown(name, block)
        if lists == self._last and (self._keyless or any(lists.values())):
            return self._stop(REPEATED)
        length = max(map(len, lists.values()), default=0)
        skipped = min(self._skip, length)
        cut = self._take_rows(lists, skipped, length)
        if cut is not None:
            self.going_on = PagePosition(None, self._passed + cut) if self._keyless else PagePosition(keys, cut)
            return False
        self._skip = self._skip - skipped if self._keyless else 0
        self._passed += length
        self._last = lists
        return self._go_on(None if self._by_key and not length else following)

    def _take_rows(self, lists: Mapping[str, list[Record]], start: int, length: int) -> int | None:
        """Take the rows of a page; the first that no longer fits, or None.

        A block that a page repeats as it was, such as totals beside a paged list, is taken once.
        """
        for name in lists:
            self.blocks.setdefault(name, [])
        last = self._last or {}
        fresh = {name: rows for name, rows in lists.items() if rows != last.get(name)}
        shown = self._limits.projection.shown
        for index in range(start, length):
            row = {name: shown(name, rows[index]) for name, rows in fresh.items() if index < len(rows)}
            size = sum(map(_size, row.values())) if self._limits.characters else 0
            too_long = self._limits.characters is not None and self._characters + size > self._limits.characters
            if self._rows == self._limits.rows or (self._rows and too_long):
                return index
            for name, record in row.items():
                cast(list[Record], self.blocks[name]).append(record)
            self._rows += 1
            self._characters += size
        return None

    def _go_on(self, following: Mapping[str, str] | None) -> bool:
        if following is None:
            self.complete, self.going_on = True, None
            return False
        if following and not any(text.strip() for text in following.values()):
            return self._stop(NO_KEY)
        if following in self._asked and not self._keyless:
            return self._stop(REPEATED)
        self._asked.append(following)
        self.going_on = PagePosition(None, self._passed) if self._keyless else PagePosition(following)
        return self._rows < self._limits.rows

    def _stop(self, note: str) -> bool:
        self.notes.append(note)
        self.going_on = None
        return False


def _size(record: Record) -> int:
    """About how many characters of JSON a record makes."""
    return sum(len(name) + len(str(value)) + 6 for name, value in record.items())


def _find(body: Mapping[str, object], element: str) -> str:
    """An element at the top of the body, or in one of its blocks; of a list's rows, in the last."""
    for record in (body, *_records(body)):
        for key, value in record.items():
            if key.lower() == element and not isinstance(value, Mapping | list):
                return "" if value is None else str(value)
    return ""


def _records(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for part in body.values():
        rows = cast(list[object], part) if isinstance(part, list) else [part]
        if rows and isinstance(rows[-1], Mapping):
            yield cast(Mapping[str, object], rows[-1])


def _is_filled(block: list[Record] | Record) -> bool:
    """Whether it has rows, or is a record with more than blanks, zeros and negative flags."""
    return bool(block) if isinstance(block, list) else any(block.values())
