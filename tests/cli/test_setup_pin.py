from pathlib import Path

from kis_mcp.confirm.pin import FILE, Pin
from tests.cli.command import at_a_terminal, run


def test_a_pin_is_typed_twice_hidden_and_kept_as_a_digest(tmp_path: Path) -> None:
    code, shown = at_a_terminal("setup-pin", data_dir=tmp_path, typed=["2580-x", "2580-x"])
    assert code == 0, shown
    assert "2580" not in shown
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


def test_a_program_cannot_set_the_pin_through_a_pipe(tmp_path: Path) -> None:
    finished = run("setup-pin", data_dir=tmp_path)
    assert finished.returncode == 2
    assert "in a terminal" in finished.stderr
    assert not (tmp_path / FILE).exists()
