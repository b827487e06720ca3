"""A person's own history from a file: CSV, or Parquet where pyarrow is installed."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import MOST_WHOLE_DIGITS, Bar, Bars
from kis_mcp.strategies.backtest.calendar_days import FIRST_DAY, LAST_DAY

TIME_NAMES: Final = ("ends_at", "datetime", "time", "timestamp", "date")
PRICE_NAMES: Final = ("open", "high", "low", "close")
_NUMBER_NAMES: Final = (*PRICE_NAMES, "volume")
_MOST_SHOWN: Final = 40


def read_bars_file(path: Path, zone: tzinfo, close: time) -> Bars:
    """The bars of a file with the columns date (or time, datetime, timestamp), open, high, low, close and volume.

    Prices are rounded as `Bars` keeps them: those that were adjusted for splits have more digits than say anything.

    Args:
        zone: Of times that name none.
        close: When the bar of a day ends that has no time.

    Raises:
        BadArgument: The file cannot be read, lacks a column, or holds something else; the text names the row.
    """
    rows = _parquet_rows(path) if path.suffix.casefold() in (".parquet", ".pq") else _csv_rows(path)
    bars = [_bar(row, number, path, zone, close) for number, row in enumerate(rows, 1)]
    try:
        return Bars.of(sorted(bars, key=lambda bar: bar.ends_at))
    except BadArgument as error:
        raise BadArgument(f"{path.name}: {error.what}", remedy=error.remedy, field="file") from None


def _csv_rows(path: Path) -> Iterable[Mapping[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list[Mapping[str, object]](csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadArgument(
            f"{path.name} cannot be read: {error}.", remedy="Give a CSV file in UTF-8, or Parquet.", field="file"
        ) from None


def _parquet_rows(path: Path) -> Iterable[Mapping[str, object]]:
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise BadArgument(
            f"{path.name}: Parquet needs pyarrow, which is not installed.",
            remedy="Install it (pip install 'kis-mcp[parquet]'), or give a CSV file.",
            field="file",
        ) from None
    try:
        rows: list[Mapping[str, object]] = parquet.read_table(path).to_pylist()
    except (OSError, arrow.ArrowException, LookupError, ValueError, OverflowError) as error:
        # The last three are of its zones and times: those that Python does not know.
        raise BadArgument(
            f"{path.name} cannot be read: {error}.", remedy="Give a Parquet file of bars.", field="file"
        ) from None
    return rows


def _bar(row: Mapping[str, object], number: int, path: Path, zone: tzinfo, close: time) -> Bar:
    named = {str(name).strip().casefold(): value for name, value in row.items()}
    try:
        moment = next(named[name] for name in TIME_NAMES if name in named)
        numbers = [Decimal(str(named[name]).strip()) for name in _NUMBER_NAMES]
        if not all(value.is_finite() for value in numbers):
            raise ValueError("a number is missing")
        _require_room(numbers, number, path)
        *prices, volume = numbers
        return Bar(_moment(moment, zone, close), *prices, volume=int(volume))
    except (StopIteration, KeyError) as missing:
        name = missing.args[0] if missing.args else "date"
        raise BadArgument(
            f"{path.name} has no column {name}.",
            remedy=f"Give date (or time), {', '.join(PRICE_NAMES)} and volume.",
            field="file",
        ) from None
    except (InvalidOperation, ValueError, OverflowError):
        raise BadArgument(
            f"Row {number} of {path.name} is no bar: {dict(row)}.",
            remedy=f"Give a date or time in ISO form, from {FIRST_DAY} to {LAST_DAY}, and numbers.",
            field="file",
        ) from None


def _require_room(numbers: Sequence[Decimal], number: int, path: Path) -> None:
    """Refuse a row with a number of more digits than a price or a volume has."""
    for name, value in zip(_NUMBER_NAMES, numbers, strict=True):
        if value.adjusted() >= MOST_WHOLE_DIGITS:
            raise BadArgument(
                f"Row {number} of {path.name} has {name} {value!s:.{_MOST_SHOWN}}.",
                remedy=f"Give a number of {MOST_WHOLE_DIGITS} digits at most.",
                field="file",
            )


def _moment(value: object, zone: tzinfo, close: time) -> datetime:
    moment = _named_moment(value, zone, close)
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        raise ValueError("no day of an exchange")
    return moment


def _named_moment(value: object, zone: tzinfo, close: time) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, close, zone)
    text = str(value).strip()
    if isinstance(value, str) and len(text) <= len("2026-01-01"):
        return datetime.combine(date.fromisoformat(text), close, zone)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(text)
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
