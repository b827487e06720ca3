"""A person's own bars."""

import sys
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest import Bar, Bars
from kis_mcp.strategies.backtest.files import read_bars_file

CLOSE = time(15, 30)
DAYS = [
    Bar(datetime(2026, 3, 2, 15, 30, tzinfo=KST), *map(Decimal, ("100", "110.5", "90", "105")), volume=10),
    Bar(datetime(2026, 3, 3, 15, 30, tzinfo=KST), *map(Decimal, ("105", "106", "104", "105.25")), volume=0),
]


def read(folder: Path, text: str) -> Bars:
    path = folder / "bars.csv"
    path.write_text(text, "utf-8")
    return read_bars_file(path, KST, CLOSE)


def test_a_csv_of_days_is_read_whatever_its_order_and_spelling(tmp_path: Path) -> None:
    text = "Date,Open,High,Low,Close,Volume,Adj\n2026-03-03,105,106,104,105.25,0,x\n2026-03-02,100,110.5,90,105,10,y\n"
    assert list(read(tmp_path, "\ufeff" + text).rows()) == DAYS


def test_times_without_a_zone_are_the_exchanges_and_others_are_turned_to_it(tmp_path: Path) -> None:
    rows = "time,open,high,low,close,volume\n2026-03-02 09:01,1,1,1,1,1\n2026-03-02T00:02:00+00:00,1,1,1,1,1\n"
    assert [f"{moment:%H:%M %z}" for moment in read(tmp_path, rows).ends_at] == ["09:01 +0900", "09:02 +0900"]


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    columns = {
        "ends_at": [bar.ends_at.astimezone(UTC) for bar in DAYS],
        **{name: [float(getattr(bar, name)) for bar in DAYS] for name in ("open", "high", "low", "close")},
        "volume": [bar.volume for bar in DAYS],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    assert list(read_bars_file(path, KST, CLOSE).rows()) == DAYS


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadArgument) as refused:
        read_bars_file(tmp_path / "bars.parquet", KST, CLOSE)
    assert "kis-mcp[parquet]" in refused.value.remedy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date,open,high,low,close\n2026-03-02,1,1,1,1\n", "no column volume"),
        ("open,high,low,close,volume\n1,1,1,1,1\n", "no column date"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1,,1\n", "Row 1"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1,nan,1\n", "Row 1"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1,1,1\nyesterday,1,1,1,1,1\n", "Row 2"),
        ("date,open,high,low,close,volume\n2026-03-02,5,1,1,1,1\n", "Bar 0"),
        ("date,open,high,low,close,volume\n", "no bars"),
    ],
)
def test_a_file_that_is_no_history_is_refused_by_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadArgument, match=told):
        read(tmp_path, text)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArgument, match="cannot be read"):
        read_bars_file(tmp_path / name, KST, CLOSE)
