"""`kis-mcp backtest`: a strategy over the simulator's history."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run, run_here

CROSS: dict[str, Any] = {
    "id": "cross",
    "name": "5 over 20",
    "parameters": {"fast": {"default": 5, "min": 2, "max": 10}},
    "indicators": {
        "quick": {"kind": "sma", "params": {"period": "$fast"}},
        "slow": {"kind": "sma", "params": {"period": 20}},
    },
    "entry": {"left": "quick", "is": "crosses_above", "right": "slow"},
    "exit": {"left": "quick", "is": "crosses_below", "right": "slow"},
}
DAYS = ("--start", "2025-06-02", "--end", "2026-05-29")


def written(folder: Path, document: object) -> str:
    path = folder / "strategy.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_it_tells_what_came_of_it_and_writes_the_report(tmp_path: Path) -> None:
    file, report = written(tmp_path, CROSS), tmp_path / "report.html"
    finished = run(
        "backtest", file, "--symbol", "005930", *DAYS, "--report", str(report), "--json", data_dir=tmp_path / "data"
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    assert found["about"] == "005930, 1d bars from 2025-06-02 to 2026-05-29, in sim"
    assert found["currency"] == "KRW"
    assert found["trades"] > 0
    assert found["final_equity"] == pytest.approx(10_000_000 + found["profit"])
    assert any("fewer than 30" in warning for warning in found["warnings"])
    page = report.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "5 over 20" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_preset_is_tested_by_its_name(tmp_path: Path) -> None:
    arguments = ("backtest", "sma_cross", "--symbol", "005930", *DAYS, "--json")
    found = run_here(*arguments, data_dir=tmp_path / "data")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["trades"] > 0
    lost = run_here("backtest", "golden_cros", "--symbol", "005930", *DAYS, data_dir=tmp_path / "data")
    assert lost.returncode != 0
    assert "or a preset: breakout_failure" in lost.stderr


def test_a_second_run_reads_its_history_from_the_disk_and_says_the_same(tmp_path: Path) -> None:
    arguments = ("backtest", written(tmp_path, CROSS), "--symbol", "005930", *DAYS, "--json")
    data = tmp_path / "data"
    first, second = (run_here(*arguments, data_dir=data) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert len(list(data.rglob("KR-krx-005930-1d*"))) == 1


def test_a_parameter_changes_what_comes_of_it(tmp_path: Path) -> None:
    file = written(tmp_path, CROSS)
    found = [
        json.loads(
            run_here("backtest", file, "--symbol", "005930", *DAYS, "--json", *more, data_dir=tmp_path / "data").stdout
        )
        for more in ((), ("--set", "fast=9"))
    ]
    assert found[0]["final_equity"] != found[1]["final_equity"]


@pytest.mark.parametrize(
    ("document", "more", "what"),
    [
        (CROSS, (), "of 0 markets"),
        (CROSS, ("--symbol", "005930", "--symbol", "AAPL"), "of 2 markets"),
        (CROSS, ("--symbol", "005930", "--set", "fast=11"), "The parameter fast is 11"),
        (CROSS, ("--symbol", "005930", "--set", "fast"), "--set fast is no parameter"),
        (CROSS, ("--symbol", "005930", "--start", "2026-05-30"), "no whole day"),
        (CROSS | {"interval": "tick"}, ("--symbol", "005930"), "no history of ticks"),
        (CROSS | {"entry": {"left": "quick", "is": "over", "right": 1}}, ("--symbol", "005930"), "entry.is"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    document: dict[str, Any], more: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    finished = run_here("backtest", written(tmp_path, document), *DAYS, *more, data_dir=tmp_path / "data")
    assert finished.returncode != 0
    assert what in finished.stderr
    assert "Traceback" not in finished.stderr
