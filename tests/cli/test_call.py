"""Ordering from the shell: the person at the terminal is asked, and nobody else."""

import json
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from kis_mcp.cli.client import server_process
from kis_mcp.confirm.pin import Pin
from kis_mcp.errors import InternalError
from kis_mcp.simulator import run_simulator
from kis_mcp.simulator.options import SimulatorOptions
from tests.cli.command import INTERRUPT, at_a_terminal, run

ORDER = json.dumps({"symbol": "005930", "side": "buy", "quantity": 2, "order_type": "market"})
END_OF_INPUT = "\x04"


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
    assert "box" not in shown
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


REAL = {
    "KIS_ENV": "real",
    "KIS_APP_KEY": "app-key-of-a-test",
    "KIS_APP_SECRET": "app-secret-of-a-test",
    "KIS_ACCT_STOCK": "87654321",
    "KIS_ALLOW_REAL_ORDERS": "1",
    "KIS_MAX_ORDER_NOTIONAL": "100000000",
    "KIS_MAX_ORDER_QUANTITY": "100",
    "KIS_RATE_LIMIT": "0",
}
AGREES = ["y", "2"]


@pytest.mark.parametrize(
    ("pin", "typed", "orders"),
    [
        ("", AGREES, 1),
        ("2580-x", [*AGREES, "7391-a", "2580-x"], 1),
        ("2580-x", [*AGREES, "7391-a", "7391-b", "7391-c"], 0),
        ("2580-x", [*AGREES, END_OF_INPUT], 0),
        ("2580-x", ["n", "2"], 0),
    ],
    ids=["no PIN", "the PIN at last", "guesses", "^D", "no"],
)
async def test_a_real_order_needs_the_pin_where_one_is_set(
    pin: str, typed: list[str], orders: int, tmp_path: Path
) -> None:
    if pin:
        Pin(tmp_path).set(pin)
    async with run_simulator(SimulatorOptions(real_rate=0, token_interval_seconds=0)) as kis:
        variables = {**REAL, "KIS_URL_REST": kis.real_url}
        call = partial(at_a_terminal, "call", "place_order", ORDER, data_dir=tmp_path, typed=typed, **variables)
        code, shown = await anyio.to_thread.run_sync(call)
        assert len(kis.ledger.orders) == orders, shown
    assert (code == 0) is bool(orders), shown
    assert "[REAL] BUY 2 삼성전자" in shown
    assert "2580" not in shown
