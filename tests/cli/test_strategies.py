"""`kis-mcp strategies`: the toolset from a shell."""

import json
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.cli.strategies import numbers_of
from kis_mcp.errors import BadArgument
from tests.cli.command import run_here
from tests.server.tools.strategies.documents import RANGED


def written(folder: Path) -> str:
    path = folder / "strategy.json"
    path.write_text(json.dumps(RANGED), encoding="utf-8")
    return str(path)


def test_a_file_is_saved_and_searched_by_its_name_and_progress_goes_to_stderr(tmp_path: Path) -> None:
    data = tmp_path / "data"
    saved = run_here("strategies", "save", written(tmp_path), "--json", data_dir=data)
    assert saved.returncode == 0, saved.stderr
    assert json.loads(saved.stdout)["blocks"]["strategy"]["version"] == 1
    span = ("--start", "2025-06-02", "--end", "2026-05-29", "--set", "days=4:6:2")
    found = run_here("strategies", "optimise", RANGED["id"], *span, "--json", data_dir=data)
    assert found.returncode == 0, found.stderr
    blocks: dict[str, Any] = json.loads(found.stdout)["blocks"]
    assert {row["parameters"] for row in blocks["attempts"]} == {"days=4", "days=6"}
    assert found.stderr.splitlines()[-1] == "2 of 2 backtests are done."


def test_what_a_tool_refuses_is_told_and_ends_with_1(tmp_path: Path) -> None:
    finished = run_here("strategies", "show", "nobody", data_dir=tmp_path / "data")
    assert finished.returncode == 1
    assert "There is no strategy nobody." in finished.stdout


def test_a_command_keeps_nothing_and_says_so_before_and_after(tmp_path: Path) -> None:
    data, name = tmp_path / "data", RANGED["id"]
    started = run_here("strategies", "start", written(tmp_path), "--json", data_dir=data, KIS_CONFIRM="never")
    assert started.returncode == 0, started.stderr
    later = run_here("strategies", "status", "--json", data_dir=data)
    runs = [json.loads(each.stdout)["blocks"]["runs"][0] for each in (started, later)]
    assert [(run["state"], run["kept"]) for run in runs] == [("running", False)] * 2
    assert f"`kis-mcp strategies run {name}` keeps it" in json.loads(started.stdout)["notes"][-1]
    assert json.loads(later.stdout)["notes"][0].startswith(f"Nothing keeps {name} now, so it decides nothing")


def test_parameters_are_numbers_or_ranges() -> None:
    assert numbers_of(["a=7", "b=0.5", "c=2:9", "d=1:2:0.5"]) == {
        "a": 7,
        "b": 0.5,
        "c": {"min": 2, "max": 9},
        "d": {"min": 1, "max": 2, "step": 0.5},
    }
    for wrong in ("a", "a=", "a=x", "a=1:2:3:4"):
        with pytest.raises(BadArgument):
            numbers_of([wrong])
