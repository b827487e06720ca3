"""The payload of a live data frame, divided into records. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from kis_mcp.catalog.live import Frame
from kis_mcp.catalog.model import Api

SEPARATOR = "^"
NO_LAYOUTS: Mapping[int, Sequence[str]] = {}
_NULL = "(null)"
_UNNAMED = "-"
_FEW_MISSING, _MISSING_PART = 2, 10
"""Newest fields that a record may lack, as those of older editions in KIS' documents do: a tenth of them, and in short
ones two. A record that lacks more was cut, perhaps within a field."""
_ETN = re.compile(r"Q([0-9]{6})")


def plain_key(key: str) -> str:
    """A key as registrations and records have it in common: KIS may leave out the Q before an ETN's code."""
    etn = _ETN.fullmatch(key)
    return etn[1] if etn else key.strip()


def split_by_key(api: Api, frame: Frame) -> Iterator[tuple[str | None, Frame]]:
    """A frame in parts of one channel each, by their `plain_key`, in the order of its records.

    The head of a frame names no channel; the first field of each record does, and holds what was registered for. It
    does not in notices of the customer's own orders, nor where that field is missing (`Block.first_if`): their key is
    None. A frame that cannot be divided stays whole.
    """
    if api.is_personal:
        yield None, frame
        return
    first_if = api.blocks[0].first_if
    if frame.count == 1:
        yield _key(frame.payload.partition(SEPARATOR)[0], first_if), frame
        return
    fields = frame.payload.split(SEPARATOR)
    width, rest = divmod(len(fields), frame.count)
    if rest:
        yield _key(fields[0], first_if), frame
        return
    records = [fields[start : start + width] for start in range(0, len(fields), width)]
    for key, group in groupby(records, key=lambda record: record[0]):
        part = list(group)
        payload = SEPARATOR.join(field for record in part for field in record)
        yield _key(key, first_if), Frame(frame.tr_id, len(part), payload, frame.received_at)


def _key(first: str, first_if: str | None) -> str | None:
    is_missing = first_if is not None and not re.fullmatch(first_if, first)
    return None if is_missing else plain_key(first)


def split_frame(
    payload: str,
    count: int,
    columns: Sequence[str],
    *,
    first_if: str | None = None,
    layouts: Mapping[int, Sequence[str]] = NO_LAYOUTS,
    only: Collection[str] | None = None,
) -> list[Mapping[str, str | None]]:
    """Divide a payload by its record count, whatever number of columns the table has.

    KIS adds fields at the end of a record before its documents have them: stepping by the table's width would shift
    every record after the first.

    Args:
        payload: The fields of all records, one after another, parted by ``^``.
        count: How many records the frame's head says there are.
        columns: The elements of a record, in order.
        first_if: A pattern: a record whose first value does not match it whole begins with the second column.
        layouts: As `Block.layouts`.
        only: The elements that are wanted; all where it is left out.

    Returns:
        Element → text for each record, "(null)" as None. A record shorter than the columns lacks the last of them;
        values beyond the columns are kept as ``field_<position>``, from 1.

    Raises:
        ValueError: There is no record, the fields cannot be shared out evenly, or the records are cut.
    """
    values = payload.split(SEPARATOR)
    if count < 1 or len(values) % count:
        raise ValueError(f"{len(values)} fields cannot be {count} records")
    width = len(values) // count
    columns = layouts.get(width, columns)
    if len(columns) - width > max(_FEW_MISSING, len(columns) // _MISSING_PART):
        raise ValueError(f"records of {width} fields instead of {len(columns)} are cut")
    records = (values[start : start + width] for start in range(0, len(values), width))
    return [_record(record, columns, first_if, only) for record in records]


def _record(
    values: Sequence[str], columns: Sequence[str], first_if: str | None, only: Collection[str] | None
) -> Mapping[str, str | None]:
    if first_if is not None and not re.fullmatch(first_if, values[0]):
        columns = columns[1:]
    if only is not None:
        return {
            name: None if value == _NULL else value
            for name, value in zip(columns, values, strict=False)
            if name in only
        }
    names = columns
    if _UNNAMED in columns or len(columns) < len(values):
        known = (name if name != _UNNAMED else f"field_{position}" for position, name in enumerate(columns, 1))
        names = [*known, *(f"field_{position}" for position in range(len(columns) + 1, len(values) + 1))]
    return {name: None if value == _NULL else value for name, value in zip(names, values, strict=False)}
