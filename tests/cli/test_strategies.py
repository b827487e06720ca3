"""`kis-mcp strategies`: the toolset from a shell."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from kis_mcp.cli.completion import active_names, document_names, saved_names
from kis_mcp.cli.strategies import numbers_of
from kis_mcp.errors import BadArgument
from kis_mcp.settings.settings import Settings
from kis_mcp.strategies.document import read_strategy
from tests.cli.command import environment_of, on_terminal, run_here
from tests.client import NOW
from tests.server.tools.strategies.documents import RANGED, SENTENCE
from tests.server.tools.strategies.test_library import a_run, records


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


@pytest.mark.slow
def test_terminals_of_60_and_80_columns_show_tokens_and_reasons_whole_and_the_shell_completes_names(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    command = ("strategies", "start", written(tmp_path))
    preview = on_terminal(60, *command, data_dir=data)
    token = next(line.split()[-1] for line in preview.splitlines() if "confirmation_token:" in line)
    started = run_here(*command, "--token", token, data_dir=data)
    assert started.returncode == 0, started.stdout
    script = """
        eval "$(_KIS_MCP_COMPLETE=source_bash "$0")"
        COMP_WORDS=(kis-mcp strategies status sam) COMP_CWORD=3
        _kis_mcp_completion "$0"
        echo "${COMPREPLY[@]}"
    """
    program = str(Path(sys.executable).with_name("kis-mcp"))
    completed = subprocess.run(
        ["bash", "-c", script, program], capture_output=True, text=True, env=environment_of(data, {}), check=True
    )
    assert completed.stdout.split() == [RANGED["id"]]
    for columns in (60, 80):
        shown = on_terminal(columns, "strategies", "status", RANGED["id"], data_dir=data)
        assert max(map(len, shown.splitlines())) <= columns
        (reason,) = re.findall(r"^ reason +(\S.*(?:\n {5,}\S.*)*)", shown, re.MULTILINE)
        assert " ".join(reason.split()) in (
            "The person agreed to its mandate.",
            "A process keeps it.",
            "The process that kept it has ended. Look at what it holds, and resume it to go on.",
        )


async def _keep_two(settings: Settings) -> None:
    async with records(settings) as kept:
        await kept.save(read_strategy({**SENTENCE, "id": "samsung-idle"}), at=NOW)
        stored = await kept.save(read_strategy(SENTENCE), at=NOW)
        await kept.open_run(a_run(stored.digest))


def test_a_shell_is_given_the_names_that_a_command_takes_and_nothing_is_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "KIS_ENV": "sim",
        "KIS_DATA_DIR": str(tmp_path),
        "KIS_CONFIG_FILE": str(tmp_path / "no"),
    }.items():
        monkeypatch.setenv(name, value)
    assert document_names("sma") == [("sma_cross", "preset")]
    assert saved_names("") == active_names("") == []
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "sim").mkdir()
    anyio.run(_keep_two, Settings.load())
    assert saved_names("sam") == [("samsung-cross", "running"), ("samsung-idle", "saved")]
    assert saved_names("sma") == []
    assert active_names("") == [("samsung-cross", "running")]
    monkeypatch.setenv("KIS_ENV", "nowhere")
    assert document_names("") == []
