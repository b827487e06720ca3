"""Worlds as ``kis-mcp sim …`` shows and changes them."""

import json
import socket
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kis_mcp.cli.main import app
from kis_mcp.cli.worlds import world_path
from kis_mcp.errors import BadArgument, StorageError
from kis_mcp.simulator import SimulatorOptions, simulate
from tests.cli.command import at_a_terminal


def sim(*arguments: str) -> str:
    """What a command prints."""
    finished = CliRunner().invoke(app, ["sim", *arguments], catch_exceptions=False)
    assert finished.exit_code == 0, finished.output
    return finished.stdout.strip()


def accounts(world: str = "sim") -> dict[tuple[str, str], dict[str, str]]:
    """Host and number → cash."""
    listed = json.loads(sim("accounts", "--json", "--world", world))["accounts"]
    return {(account["host"], account["account"]): account["cash"] for account in listed}


def test_accounts_are_opened_funded_and_listed() -> None:
    assert sim("accounts").startswith("World sim has no accounts yet")
    assert sim("deposit", "5,000,000") == "Account 50000000-01 of world sim has 105000000 KRW."
    sim("deposit", "0.5", "--currency", "usd", "--account", "12345678-01", "--demo")
    assert {key: (Decimal(cash["KRW"]), Decimal(cash["USD"])) for key, cash in accounts().items()} == {
        ("real", "50000000-01"): (105_000_000, 100_000),
        ("demo", "12345678-01"): (100_000_000, Decimal("100000.5")),
    }
    assert "12345678-01 (demo host): 100000000 KRW" in sim("accounts")
    assert accounts("another") == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_every_folder_that_is_made_for_a_world_is_its_owners_alone(tmp_path: Path) -> None:
    data_folder = tmp_path / "missing" / "data"
    made = CliRunner().invoke(app, ["sim", "accounts"], env={"KIS_DATA_DIR": str(data_folder)})
    assert made.exit_code == 0, made.output
    folders = (data_folder / "sim", data_folder, data_folder.parent)
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


def test_a_command_reaches_the_world_that_a_simulator_holds() -> None:
    path = world_path("sim")
    path.parent.mkdir(parents=True)
    with simulate(SimulatorOptions(state_path=path)) as running:
        sim("deposit", "7")
        assert running.world.books.accounts["real:50000000-01"].cash["KRW"] == 100_000_007


def test_a_seed_is_shown_and_changed() -> None:
    assert sim("seed") == "1"
    assert sim("seed", "7") == "World sim has begun anew with seed 7."
    assert sim("seed") == "7"


def test_what_would_be_forgotten_is_asked_about_at_a_terminal_only(tmp_path: Path) -> None:
    sim("deposit", "1")
    refused = CliRunner().invoke(app, ["sim", "reset"])
    assert (refused.exit_code, "with --yes" in refused.stderr) == (2, True)
    folder = world_path("sim").parents[1]
    code, shown = at_a_terminal("sim", "seed", "7", data_dir=folder, typed=["no"])
    assert (code, "has 1 accounts and 0 orders, which are forgotten" in shown) == (1, True)
    assert len(accounts()) == 1
    assert sim("reset", "--yes") == "World sim has begun anew with seed 1."
    assert accounts() == {}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["deposit", "much"], "amount: "),
        (["deposit", "5", "--currency", "GBP"], "no account has GBP"),
        (["deposit", "5", "--account", "5"], "account: "),
        (["accounts", "--world", "real"], "cannot be a world's name"),
        (["accounts", "--world", "../x"], "cannot be a world's name"),
    ],
)
def test_what_cannot_be_meant_is_named(arguments: list[str], why: str) -> None:
    with pytest.raises(BadArgument, match=why):
        sim(*arguments)


def test_a_file_that_cannot_be_played_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("symbol,date\n")
    refused = CliRunner().invoke(app, ["sim", "--replay", str(tmp_path / "mine.csv")])
    assert (refused.exit_code, "mine.csv line 1" in refused.stderr) == (2, True)


def test_a_world_that_another_holds_and_a_port_that_is_taken_are_told() -> None:
    path = world_path("mine")
    path.parent.mkdir(parents=True)
    with simulate(SimulatorOptions(state_path=path)), pytest.raises(StorageError, match="holds world mine"):
        sim("--world", "mine")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(BadArgument, match="in use"):
        sim("--port", str(taken.getsockname()[1]))
