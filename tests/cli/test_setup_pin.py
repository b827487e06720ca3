import json
import subprocess
import sys
from pathlib import Path

import pytest

from kis_mcp.confirm.pin import FILE, MOST_WRONG, Pin
from tests.cli.command import at_a_terminal, run


def test_a_pin_is_typed_twice_hidden_and_kept_as_a_digest(tmp_path: Path) -> None:
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["2580-x", "2580-x"])
    assert code == 0, shown
    assert "2580" not in shown
    kept = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert (kept["n"], kept["r"], kept["p"]) == (1 << 15, 8, 1)
    assert Pin(tmp_path).matches("2580-x")


def test_two_different_pins_are_asked_for_again(tmp_path: Path) -> None:
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["2580-x", "2580-y", "1470-z", "1470-z"])
    assert code == 0, shown
    assert "do not match" in shown
    assert Pin(tmp_path).matches("1470-z")


def test_a_short_pin_is_refused_with_the_rule(tmp_path: Path) -> None:
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["123", "123"])
    assert code == 2
    assert "4 to 64 characters" in shown
    assert not Pin(tmp_path).is_set()


@pytest.mark.parametrize("weak", ["1234", "0315"])
def test_a_pin_that_is_easily_guessed_is_refused_with_the_reason(weak: str, tmp_path: Path) -> None:
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=[weak, weak])
    assert code == 2
    assert "easily guessed: it could" in shown if weak == "0315" else "easily guessed: it counts" in shown
    assert not Pin(tmp_path).is_set()


def test_a_pin_is_changed_by_whoever_knows_it(tmp_path: Path) -> None:
    Pin(tmp_path).set("2580-x")
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["2581-x", "2580-x", "1470-z", "1470-z"])
    assert code == 0, shown
    assert "That is not the PIN." in shown
    assert Pin(tmp_path).matches("1470-z")


def test_a_program_at_a_terminal_of_its_own_cannot_change_the_pin(tmp_path: Path) -> None:
    Pin(tmp_path).set("2580-x")
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["7391-a", "7391-b", "7391-c", "1470-z"])
    assert code == 2
    assert f"Delete {tmp_path / FILE} yourself" in " ".join(shown.split())
    assert Pin(tmp_path).matches("2580-x")


def test_a_locked_pin_is_not_changed_even_with_the_right_one(tmp_path: Path) -> None:
    pin = Pin(tmp_path)
    pin.set("2580-x")
    for _ in range(MOST_WRONG):
        pin.matches("7391-a")
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["2580-x", "1470-z", "1470-z"])
    assert code == 2
    assert "locked" in shown
    (tmp_path / FILE).unlink()
    assert at_a_terminal("setup-pin", data_dir=tmp_path, typed=["1470-z", "1470-z"])[0] == 0
    assert pin.matches("1470-z")


def test_a_program_cannot_set_the_pin_through_a_pipe(tmp_path: Path) -> None:
    finished = run("setup-pin", data_dir=tmp_path)
    assert finished.returncode == 2
    assert "in a terminal" in finished.stderr
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("command", ["setup_pin", "halt"])
def test_what_concerns_the_pin_or_the_kill_switch_alone_does_not_wait_for_the_trading_desk(command: str) -> None:
    program = f"import sys, kis_mcp.cli.{command}; print(*(n for n in sys.modules if n.startswith('kis_mcp.trading')))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []
