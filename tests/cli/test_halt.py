"""Halting trading from the shell; lifting the halt takes a person at a terminal."""

from pathlib import Path

import pytest

from kis_mcp.confirm.pin import Pin
from tests.cli.command import at_a_terminal, run, run_here


def test_kill_refuses_orders_and_keeps_reads(tmp_path: Path) -> None:
    killed = run("kill", "enough", "for", "today", data_dir=tmp_path)
    assert killed.returncode == 0
    assert f"halted in {tmp_path}:" in killed.stdout
    order = '{"symbol": "005930", "side": "buy", "quantity": 1}'
    refused = run_here("call", "place_order", order, data_dir=tmp_path, KIS_CONFIRM="never")
    assert refused.returncode == 1
    assert "enough for today" in refused.stdout
    assert "kis-mcp resume" in refused.stdout
    assert "halted" in run_here("call", "get_environment", data_dir=tmp_path).stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"KIS_ENV": "real"},
        {"KIS_PROD_TYPE": "x"},
        {"KIS_DENIED_SYMBOLS": ","},
        {"kis_env": "sim"},
        {"KIS_CONFIRM": "'"},
    ],
)
def test_trading_is_halted_whatever_else_is_set_wrongly(variables: dict[str, str], tmp_path: Path) -> None:
    assert run_here("doctor", data_dir=tmp_path, **variables).returncode == 1
    killed = run_here("kill", "at once", data_dir=tmp_path, **variables)
    assert (killed.returncode, killed.stderr) == (0, "")
    assert "at once" in (tmp_path / "HALTED").read_text("utf-8")


def test_trading_is_halted_beside_a_broken_file(tmp_path: Path) -> None:
    file = tmp_path / "kis_devlp.yaml"
    file.write_text("my_app:\t[", "utf-8")
    assert run_here("kill", data_dir=tmp_path, KIS_CONFIG_FILE=str(file)).returncode == 0
    assert (tmp_path / "HALTED").exists()


def test_resume_needs_a_terminal(tmp_path: Path) -> None:
    assert f"not halted in {tmp_path}" in run_here("resume", data_dir=tmp_path).stdout
    run_here("kill", data_dir=tmp_path)
    refused = run("resume", data_dir=tmp_path)
    assert refused.returncode == 2
    assert "Only a person" in refused.stderr
    assert (tmp_path / "HALTED").exists()


@pytest.mark.parametrize(("typed", "code"), [("resume", 1), ("", 1), ("RESUME", 0)])
def test_resume_needs_the_word(typed: str, code: int, tmp_path: Path) -> None:
    run_here("kill", data_dir=tmp_path)
    assert at_a_terminal("resume", data_dir=tmp_path, typed=[typed])[0] == code
    assert (tmp_path / "HALTED").exists() is (code != 0)


@pytest.mark.parametrize(
    ("typed", "code"), [(["RESUME", "7391-a", "2580-x"], 0), (["RESUME", "7391-a", "7391-b", "7391-c"], 1), (["no"], 1)]
)
def test_resume_needs_the_pin_where_one_is_set(typed: list[str], code: int, tmp_path: Path) -> None:
    Pin(tmp_path).set("2580-x")
    run_here("kill", data_dir=tmp_path)
    ended, shown = at_a_terminal("resume", data_dir=tmp_path, typed=typed)
    assert ended == code
    assert "2580" not in shown
    assert (tmp_path / "HALTED").exists() is (code != 0)
