"""A person's own history from a file: CSV, or Parquet where pyarrow is installed."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import Bar, Bars

TIME_NAMES: Final = ("ends_at", "datetime", "time", "timestamp", "date")
PRICE_NAMES: Final = ("open", "high", "low", "close")


def read_bars_file(path: Path, zone: tzinfo, close: time) -> Bars:
    """The bars of a file with the columns date (or time, datetime, timestamp), open, high, low, close and volume.

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
    except (OSError, arrow.ArrowException) as error:
        raise BadArgument(
            f"{path.name} cannot be read: {error}.", remedy="Give a Parquet file of bars.", field="file"
        ) from None
    return rows


def _bar(row: Mapping[str, object], number: int, path: Path, zone: tzinfo, close: time) -> Bar:
    named = {str(name).strip().casefold(): value for name, value in row.items()}
    try:
        moment = next(named[name] for name in TIME_NAMES if name in named)
        prices = [Decimal(str(named[name]).strip()) for name in PRICE_NAMES]
        volume = Decimal(str(named["volume"]).strip())
        if not all(price.is_finite() for price in (*prices, volume)):
            raise ValueError("a number is missing")
        return Bar(_moment(moment, zone, close), *prices, volume=int(volume))
    except (StopIteration, KeyError) as missing:
        name = missing.args[0] if missing.args else "date"
        raise BadArgument(
            f"{path.name} has no column {name}.",
            remedy=f"Give date (or time), {', '.join(PRICE_NAMES)} and volume.",
            field="file",
        ) from None
    except (InvalidOperation, ValueError):
        raise BadArgument(
            f"Row {number} of {path.name} is no bar: {dict(row)}.",
            remedy="Give a date or time in ISO form, and numbers.",
            field="file",
        ) from None


def _moment(value: object, zone: tzinfo, close: time) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, close, zone)
    text = str(value).strip()
    if isinstance(value, str) and len(text) <= len("2026-01-01"):
        return datetime.combine(date.fromisoformat(text), close, zone)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(text)
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
