"""The payload of a live data frame, divided into records. Pure."""

import re
from collections.abc import Mapping, Sequence

SEPARATOR = "^"
_NULL = "(null)"


def split_frame(
    payload: str, count: int, columns: Sequence[str], *, first_if: str | None = None
) -> list[Mapping[str, str | None]]:
    """Divide a payload by its record count, whatever number of columns the table has.

    KIS adds fields at the end of a record before its documents have them: stepping by the table's width would shift
    every record after the first.

    Args:
        payload: The fields of all records, one after another, parted by ``^``.
        count: How many records the frame's head says there are.
        columns: The elements of a record, in order.
        first_if: A pattern: a record whose first value does not match it whole begins with the second column.

    Returns:
        Element → text for each record, "(null)" as None. A record shorter than the columns lacks the last of them;
        values beyond the columns are kept as ``field_<position>``, from 1.

    Raises:
        ValueError: There is no record, or the fields cannot be shared out evenly.
    """
    values = payload.split(SEPARATOR)
    if count < 1 or len(values) % count:
        raise ValueError(f"{len(values)} fields cannot be {count} records")
    width = len(values) // count
    records = (values[start : start + width] for start in range(0, len(values), width))
    return [_record(record, columns, first_if) for record in records]


def _record(values: Sequence[str], columns: Sequence[str], first_if: str | None) -> Mapping[str, str | None]:
    if first_if is not None and not re.fullmatch(first_if, values[0]):
        columns = columns[1:]
    names = [*columns, *(f"field_{position}" for position in range(len(columns) + 1, len(values) + 1))]
    return {name: None if value == _NULL else value for name, value in zip(names, values, strict=False)}
