"""Files to play the market from: a user's candles as CSV or Parquet, or a recording of a session."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from kis_mcp.catalog import Api, Catalog
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.candles import FileCandle, WrongCandle, history_of
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.own import OwnCandles
from kis_mcp.simulator.wire.sources import sources_of

_COLUMNS = ("symbol", "date", "time", "open", "high", "low", "close", "volume", "turnover")
_OPTIONAL = frozenset({"time", "turnover"})
_KINDS = frozenset({"stock", "etf", "etn"})
_FIRST_YEAR = 2019
_TIME = re.compile(r"(\d{1,2}):?(\d{2})(?::?00)?")

_FileCandles = dict[str, list[FileCandle]]


class WrongReplay(Exception):
    """A file cannot be played; its words name the file, and the line and column where there is one."""


def read_replays(paths: Iterable[Path], table: Catalog, *, keep_hours: bool) -> Mapping[str, OwnCandles]:
    """Symbol → the candles that files have of it.

    Args:
        table: What the answers of a recording mean.
        keep_hours: Whether exchanges keep their hours, outside which there are no candles.

    Raises:
        WrongReplay: A file cannot be read, or does not make sense.
    """
    found: dict[str, OwnCandles] = {}
    for path in paths:
        is_recording = path.suffix.lower() in (".jsonl", ".json")
        if path.suffix.lower() == ".xlsx":
            raise WrongReplay(f"{path.name}: candles are read from CSV or Parquet; save it as one of them")
        try:
            candles = _from_recording(path, table) if is_recording else _from_rows(path, _rows_of(path))
        except UnicodeDecodeError:
            raise WrongReplay(f"{path.name}: it is no text in UTF-8") from None
        except OSError as error:
            raise WrongReplay(f"{path.name}: {error.strerror}") from None
        for symbol, its_candles in candles.items():
            if symbol in found:
                raise WrongReplay(f"{path.name}: an earlier file has candles of {symbol} too")
            instrument = instruments()[symbol]
            calendar = Calendar(instrument.home, keep_hours=keep_hours)
            try:
                join = _newest_run if is_recording else history_of
                found[symbol] = join(instrument, calendar, its_candles)
            except WrongCandle as wrong:
                raise WrongReplay(str(wrong)) from None
    return found


def _from_rows(path: Path, rows: Iterable[tuple[str, Mapping[str, str]]]) -> _FileCandles:
    """Symbol → candles.

    Raises:
        WrongReplay: Naming line and column.
    """
    candles: _FileCandles = {}
    for where, texts in rows:
        try:
            candles.setdefault(_instrument(where, texts["symbol"]).symbol, []).append(_candle(where, texts))
        except WrongCandle as wrong:
            raise WrongReplay(str(wrong)) from None
    if not candles:
        raise WrongReplay(f"{path.name}: there is no candle in it")
    return candles


def _rows_of(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Where each row of a file is, for people, and its texts by column.

    Raises:
        WrongReplay: It is not such a file.
    """
    return _parquet_rows(path) if path.suffix.lower() in (".parquet", ".pq") else _csv_rows(path)


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        rows.fieldnames = columns = _columns(f"{path.name} line 1", rows.fieldnames or ())
        for row in rows:
            where = f"{path.name} line {rows.line_num}"
            if None in row or None in row.values():
                raise WrongReplay(f"{where}: it does not have {len(columns)} columns")
            yield where, {name: text.strip() for name, text in cast("dict[str, str]", row).items()}


def _parquet_rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        remedy = "pip install 'kis-mcp[parquet]', or write the candles as CSV"
        raise WrongReplay(f"{path.name}: Parquet needs pyarrow: {remedy}") from None
    try:
        table: Any = parquet.read_table(path)
    except arrow.ArrowException as error:
        raise WrongReplay(f"{path.name}: it is no Parquet file ({type(error).__name__})") from None
    columns = _columns(path.name, table.column_names)
    for number, row in enumerate(cast("list[dict[str, object]]", table.to_pylist()), start=1):
        yield f"{path.name} row {number}", dict(zip(columns, map(_written, row.values()), strict=True))


def _written(value: object) -> str:
    """A value as a CSV has it."""
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d}"
        case time():
            return f"{value:%H:%M}"
        case float():
            return f"{Decimal(str(value)):f}".removesuffix(".0")
        case _:
            return str(value).strip()


def _columns(where: str, names: Iterable[str]) -> list[str]:
    """The columns in small letters.

    Raises:
        WrongReplay: One is missing, or unknown.
    """
    columns = [name.strip().lower() for name in names]
    missing = [name for name in _COLUMNS if name not in columns and name not in _OPTIONAL]
    unknown = [name for name in columns if name not in _COLUMNS]
    if missing or unknown:
        what = f"no column {missing[0]}" if missing else f"an unknown column {unknown[0]}"
        raise WrongReplay(f"{where}: there is {what}; the columns are {', '.join(_COLUMNS)}")
    return columns


def _instrument(where: str, symbol: str) -> Instrument:
    instrument = instruments().get(symbol)
    if instrument is None:
        raise WrongCandle(where, "symbol", f"the simulator has no {symbol!r}; Korean symbols have six characters")
    if instrument.kind not in _KINDS:
        raise WrongCandle(where, "symbol", f"{symbol} is no stock or fund; others follow theirs")
    return instrument


def _candle(where: str, texts: Mapping[str, str]) -> FileCandle:
    turnover = texts.get("turnover", "")
    return FileCandle(
        where=where,
        day=_day(where, texts["date"]),
        minute=_minute(where, texts.get("time", "")),
        open=_number(where, "open", texts["open"]),
        high=_number(where, "high", texts["high"]),
        low=_number(where, "low", texts["low"]),
        close=_number(where, "close", texts["close"]),
        volume=_whole(where, texts["volume"]),
        turnover=_number(where, "turnover", turnover) if turnover else None,
    )


def _day(where: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongCandle(where, "date", f"{text!r} is no date such as 2026-06-15") from None
    if day.year < _FIRST_YEAR:
        raise WrongCandle(where, "date", f"the simulated world begins in {_FIRST_YEAR}")
    return day


def _minute(where: str, text: str) -> int | None:
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise WrongCandle(where, "time", f"{text!r} is no minute such as 09:30")
    return int(found[1]) * 60 + int(found[2])


def _number(where: str, column: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise WrongCandle(where, column, f"{text!r} is no number above 0")
    return number


def _whole(where: str, text: str) -> int:
    number = text.removesuffix(".0")
    if not number.isdecimal():
        raise WrongCandle(where, "volume", f"{text!r} is no whole number")
    return int(number)


def _from_recording(path: Path, table: Catalog) -> _FileCandles:
    """Symbol → the candles that the answers of a recording tell, newest last; of a candle told twice, the last.

    Raises:
        WrongReplay: A line is no line of a recording, or none tells candles.
    """
    apis = {
        (api.path, tr_id): api
        for api in table.apis
        for tr_ids in (api.tr.real, api.tr.demo)
        for tr_id in tr_ids.values()
    }
    candles: dict[str, dict[tuple[date, int | None], FileCandle]] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path.name} line {number}"
            try:
                said: dict[str, Any] = json.loads(line)
                at = datetime.fromisoformat(said["at"])
                api = apis.get((said["path"], said["tr_id"]))
                told = _candles_of(api, said, where, at) if api and said["status"] == 200 else ()
            except (ValueError, KeyError, TypeError, AttributeError):
                raise WrongReplay(f"{where}: it is no line of a recording") from None
            for symbol, candle in told:
                candles.setdefault(symbol, {})[candle.day, candle.minute] = candle
    if not candles:
        raise WrongReplay(f"{path.name}: no answer in it tells candles of a stock")
    return {symbol: list(its.values()) for symbol, its in candles.items()}


def _candles_of(api: Api, said: Mapping[str, Any], where: str, at: datetime) -> Iterator[tuple[str, FileCandle]]:
    """The candles in one answer about one stock."""
    symbol = _symbol(api, said["elements"])
    instrument = instruments().get(symbol)
    if instrument is None or instrument.kind not in _KINDS or api.risk != "read" or api.account is not None:
        return
    today = at.astimezone(instrument.timezone).date()
    for block in api.blocks:
        names = {field.element.lower(): field.name for field in block.fields}
        part: list[dict[str, str]] | dict[str, str] = said["answer"].get(
            sources_of(api.tool).blocks.get(block.key, block.key), []
        )
        for row in part if isinstance(part, list) else [part]:
            texts = {names[key.lower()]: text for key, text in row.items() if key.lower() in names}
            if candle := _row_candle(texts, where, today):
                yield symbol, candle


def _symbol(api: Api, elements: Mapping[str, str]) -> str:
    sent = {name.upper(): text for name, text in elements.items()}
    named = (p.element.upper() for p in api.parameters if p.type == "symbol" and p.element and not p.is_list)
    return next((sent[name] for name in named if sent.get(name)), "")


def _row_candle(texts: Mapping[str, str], where: str, today: date) -> FileCandle | None:
    """A row of a chart, or a quote as the candle of its day; None of anything else."""

    def first(*names: str) -> str:
        return next((texts[name] for name in names if texts.get(name)), "")

    day, clock = first("trade_date", "date"), first("trade_time", "time")
    volume = first("trade_volume", "volume") if clock else first("volume", "trade_volume")
    own = {"open": first("open"), "high": first("high"), "low": first("low"), "close": first("close", "price")}
    if not all(own.values()) or not volume or (clock and not day):
        return None
    try:
        return _candle(where, {**own, "date": day or today.isoformat(), "time": clock[:4], "volume": volume})
    except WrongCandle:
        return None


def _newest_run(instrument: Instrument, calendar: Calendar, candles: Sequence[FileCandle]) -> OwnCandles:
    """The newest days without a gap that fit together. A recording has only what was asked for, some of it adjusted.

    Raises:
        WrongCandle: Not even its newest day does.
    """
    minutes: dict[date, list[FileCandle]] = {}
    days: dict[date, FileCandle] = {}
    for candle in candles:
        if candle.minute is None:
            days[candle.day] = candle
        else:
            minutes.setdefault(candle.day, []).append(candle)
    run: list[FileCandle] = []
    history: OwnCandles | None = None
    for day in sorted({*days, *minutes}, reverse=True):
        daily = [days[day]] if day in days else []
        try:
            try:
                longer = [*run, *daily, *minutes.get(day, ())]
                run, history = longer, history_of(instrument, calendar, longer)
            except WrongCandle:
                longer = [*run, *daily]
                if not daily:
                    raise
                run, history = longer, history_of(instrument, calendar, longer)
        except WrongCandle:
            if history is None:
                raise
            break
    assert history is not None
    return history
