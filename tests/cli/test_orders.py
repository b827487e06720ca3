"""The record of orders at the shell."""

import csv
import json
import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from kis_mcp.cli.orders import write_csv
from kis_mcp.clock import KST
from kis_mcp.trading.blotter.history import COLUMNS
from tests.cli.command import run_here

ORDER = '{"symbol": "005930", "side": "buy", "quantity": 2, "order_type": "market"}'

TAKEN = ("accepted", "filled")
"""The journal has the fill where KIS' notice of it came before the command ended."""


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one order in the simulator."""
    folder = tmp_path_factory.mktemp("data")
    assert run_here("call", "place_order", ORDER, data_dir=folder, KIS_CONFIRM="never").returncode == 0
    return folder


def test_nothing_was_ordered_yet(tmp_path: Path) -> None:
    shown = run_here("orders", data_dir=tmp_path)
    assert shown.returncode == 0
    assert "No order was ever proposed in sim." in shown.stdout


def test_the_journal_is_shown_without_asking_kis(ordered: Path) -> None:
    (order,) = json.loads(run_here("orders", "--json", data_dir=ordered).stdout)["orders"]
    assert order["state"] in TAKEN
    assert (order["decided_by"], order["quantity"], order["ours"]) == ("never", 2, True)
    assert order["state"] in run_here("orders", "--env", "sim", data_dir=ordered).stdout


def test_kis_tells_what_was_filled(ordered: Path) -> None:
    report = json.loads(run_here("orders", "--json", "--kis", data_dir=ordered).stdout)
    (order,) = report["orders"]
    assert (report["environment"], order["state"], order["filled_quantity"]) == ("sim", "filled", 2)


def test_a_day_is_exported_without_a_secret(ordered: Path, tmp_path: Path) -> None:
    exported = run_here(
        "orders", "--export", str(tmp_path / "exports"), data_dir=ordered, KIS_APP_SECRET="secret-of-a-test"
    )
    path = Path(exported.stdout.strip())
    assert path.parent == tmp_path / "exports"
    assert re.fullmatch(r"orders-sim-\d{4}-\d\d-\d\d\.csv", path.name)
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_text("utf-8-sig")
    (row,) = csv.DictReader(content.splitlines())
    assert tuple(row) == COLUMNS
    assert row["state"] in TAKEN
    assert (row["symbol"], row["quantity"], row["decided_by"]) == ("005930", "2", "never")
    assert "****" in row["account"]
    assert not re.search(r"\b\d{8}\b", content)
    assert "secret-of-a-test" not in content


def test_another_day_has_no_orders(ordered: Path, tmp_path: Path) -> None:
    exported = run_here("orders", "--export", str(tmp_path), "--date", "2020-01-02", data_dir=ordered)
    path = tmp_path / "orders-sim-2020-01-02.csv"
    assert exported.stdout.strip() == str(path)
    assert path.read_text("utf-8-sig").splitlines() == [",".join(COLUMNS)]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orders.csv"
    write_csv(path, [{"message": text, "price": -1, "at": datetime(2026, 3, 4, tzinfo=KST)}])
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["message"], row["price"], row["at"]) == (f"'{text}", "-1", "2026-03-04 00:00:00+09:00")


def test_nothing_is_written_through_a_link_that_somebody_left(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious", tmp_path / "orders.csv"
    precious.write_text("precious")
    for link in (path, tmp_path / f".{path.name}.{os.getpid()}"):
        link.symlink_to(precious)
    write_csv(path, [])
    assert precious.read_text() == "precious"
    assert not path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
