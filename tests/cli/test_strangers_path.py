"""What the README tells a stranger, in an empty folder: a first command, the printed configuration, a first order."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests.cli.command import run
from tests.client import blocks

README = Path(__file__).parents[2] / "README.md"


def commands_of_readme(mark: str) -> list[list[str]]:
    """The commands of a block of the README, without what makes the environment that this test runs in already."""
    block = re.search(rf"<!-- command: {mark} -->\n```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert block
    parts = (part.strip() for line in block[1].splitlines() for part in line.split("&&"))
    return [shlex.split(part) for part in parts if "kis-mcp" in part and "pip" not in part]


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.mark.slow
async def test_from_nothing_to_a_first_quote_and_a_first_paper_order(empty_folder: Path) -> None:
    ((first, *arguments),) = commands_of_readme("try")
    assert first.endswith("kis-mcp")
    shown = run(*arguments, data_dir=empty_folder / "data", COLUMNS="120")
    assert shown.returncode == 0, shown.stderr

    printed = run("install", "claude-desktop", "--print", "--env", "sim", data_dir=empty_folder / "data")
    assert printed.returncode == 0, printed.stderr
    configuration = json.loads(printed.stdout)

    ((name, entry),) = configuration["mcpServers"].items()
    assert (name, entry["command"]) == ("kis", sys.executable)
    server = StdioServerParameters(
        command=entry["command"], args=entry["args"], env=entry["env"], cwd=os.fspath(empty_folder)
    )
    async with Client(server) as client:
        quote = blocks(await client.call_tool("get_quote", {"symbol": "005930"}))["quote"]
        assert quote["price"] > 0
        order = {"symbol": "005930", "side": "buy", "quantity": 1, "price": quote["price"]}
        preview = blocks(await client.call_tool("place_order", order))["order"]
        token = preview["confirmation_token"]
        placed = blocks(await client.call_tool("place_order", {**order, "confirmation_token": token}))["order"]
        assert placed["state"] == "accepted"
        assert placed["order_id"]


def test_a_folder_that_has_our_name_is_not_started_in_our_place(empty_folder: Path) -> None:
    """A host starts servers in the project's folder, which may come from anyone."""
    printed = run("install", "claude-code", "--print", data_dir=empty_folder / "data")
    entry = json.loads(printed.stdout)["mcpServers"]["kis"]
    (empty_folder / "kis_mcp").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (empty_folder / "kis_mcp" / name).write_text("raise SystemExit('hostile')\n")
    started = subprocess.run([entry["command"], *entry["args"], "--help"], capture_output=True, text=True, check=False)
    assert (started.returncode, "hostile" in started.stderr) == (0, False)
