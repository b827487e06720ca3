"""Ordering from the shell: the person at the terminal is asked, and nobody else."""

import json
from pathlib import Path

import pytest

from kis_mcp.cli.client import server_process
from kis_mcp.errors import InternalError
from tests.cli.command import at_a_terminal, run

ORDER = json.dumps({"symbol": "005930", "side": "buy", "quantity": 2, "order_type": "market"})
END_OF_INPUT = "\x04"
INTERRUPT = "\x03"


def test_a_person_at_the_terminal_sends_the_order(tmp_path: Path) -> None:
    code, shown = at_a_terminal("call", "place_order", ORDER, data_dir=tmp_path, typed=["y"])
    assert code == 0, shown
    assert "[SIM] BUY 2 삼성전자" in shown
    assert "accepted" in shown


@pytest.mark.parametrize("typed", ["n", "", END_OF_INPUT], ids=["no", "nothing", "^D"])
def test_anything_but_yes_sends_nothing_and_says_so(typed: str, tmp_path: Path) -> None:
    code, shown = at_a_terminal("call", "place_order", ORDER, data_dir=tmp_path, typed=[typed])
    assert code == 1, shown
    assert "order_refused" in shown
    assert "Traceback" not in shown


def test_breaking_off_sends_nothing(tmp_path: Path) -> None:
    code, shown = at_a_terminal("call", "place_order", ORDER, data_dir=tmp_path, typed=[INTERRUPT])
    assert code == 130, shown
    assert "accepted" not in shown
    assert "Traceback" not in shown


async def test_a_server_that_ends_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(InternalError, match="The server ended before it answered"):
        async with server_process():
            pass


def test_without_a_terminal_nobody_is_asked(tmp_path: Path) -> None:
    asked = run("call", "place_order", ORDER, "--json", data_dir=tmp_path)
    assert json.loads(asked.stdout)["blocks"]["order"]["status"] == "needs_confirmation"
    assert asked.stderr == ""
