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
from kis_mcp.strategies.backtest import Bars
from kis_mcp.strategies.backtest.bars import Bar
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
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1,1,1e1000000\n", "Row 1 of bars.csv has volume 1E"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1,1,9223372036854775808\n", "Row 1 of bars.csv has volume 9"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1e30,1,1,1\n", "Row 1 of bars.csv has high 1E"),
        ("date,open,high,low,close,volume\n2026-03-02,1,1,1e-400,1,1\n", "Bar 0 has open 1, high 1, low 1E-400"),
        ("date,open,high,low,close,volume\n0001-01-01T00:00:00+14:00,1,1,1,1,1\n", "Row 1"),
        ("date,open,high,low,close,volume\n9999-12-31T23:59:59-12:00,1,1,1,1,1\n", "Row 1"),
        ("date,open,high,low,close,volume\n9999-12-31,1,1,1,1,1\n", "Row 1"),
    ],
)
def test_a_file_that_is_no_history_is_refused_by_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadArgument, match=told):
        read(tmp_path, text)


def test_prices_adjusted_over_decades_are_read_to_as_many_decimals_as_say_anything(tmp_path: Path) -> None:
    first, last = "0.09872246533632278", "271.20001220703125"
    rows = f"1980-12-12,{first},{first},{first},{first},469033600\n2026-01-02,{last},{last},{last},{last},37838100\n"
    bars = read(tmp_path, f"date,open,high,low,close,volume\n{rows}")
    assert [(bar.open, bar.low) for bar in bars.rows()] == [
        (Decimal("0.09872247"), Decimal("0.09872247")),
        (Decimal("271.20001221"), Decimal("271.20001221")),
    ]


def test_where_the_highest_price_leaves_room_for_fewer_decimals_all_have_those(tmp_path: Path) -> None:
    rows = "2011-10-04,123456789012.5,123456789012.5,9.12345678,9.12345678,1\n"
    (bar,) = read(tmp_path, f"date,open,high,low,close,volume\n{rows}").rows()
    assert (bar.high, bar.close) == (Decimal("123456789012.5"), Decimal("9.123457"))


def test_parquet_of_a_zone_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    times = pyarrow.array([1_767_312_000_000_000], pyarrow.timestamp("us", "Nowhere/Land"))
    columns = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
    pyarrow.parquet.write_table(pyarrow.table({"date": times, **columns}), path)
    with pytest.raises(BadArgument, match="Nowhere/Land"):
        read_bars_file(path, KST, CLOSE)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadArgument, match="cannot be read"):
        read_bars_file(tmp_path / name, KST, CLOSE)
