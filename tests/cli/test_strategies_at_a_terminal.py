"""A mandate is agreed to by the person at the terminal: what they type is what counts."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from kis_mcp.confirm.pin import Pin
from kis_mcp.simulator import SimulatorOptions, run_simulator
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.trading.mandate import MandateRecord
from kis_mcp.wiring.brokerage import JOURNAL
from tests.cli.command import at_a_terminal
from tests.cli.test_call import END_OF_INPUT, REAL
from tests.server.tools.strategies.live import NEVER

pytestmark = pytest.mark.slow
"""Each starts two processes or more."""

NAME = NEVER["id"]
IN_ALL = 3_000_000


def document(folder: Path) -> str:
    path = folder / "strategy.json"
    path.write_text(json.dumps(NEVER), encoding="utf-8")
    return str(path)


def start(folder: Path, typed: list[str], **variables: str) -> tuple[int, str]:
    bounds = ("--most-in-all", str(IN_ALL))
    return at_a_terminal(
        "strategies", "start", document(folder), *bounds, data_dir=folder / "data", typed=typed, **variables
    )


async def on_record(folder: Path, environment: str) -> tuple[list[MandateRecord], list[Any]]:
    """Mandates that were agreed to, and runs."""
    journal = await SqlJournal.open(folder / "data" / environment / JOURNAL)
    try:
        agreed = [record for record in await journal.mandates(NAME) if record.is_agreed]
        return agreed, list(await SqlStrategyRecords(journal.database).runs(NAME))
    finally:
        await journal.aclose()


async def test_a_question_that_is_broken_off_agrees_to_nothing(tmp_path: Path) -> None:
    code, shown = await anyio.to_thread.run_sync(start, tmp_path, [END_OF_INPUT])
    assert code == 1, shown
    assert "Traceback" not in shown
    assert await on_record(tmp_path, "sim") == ([], [])


@pytest.mark.parametrize(
    ("typed", "runs"),
    [(["y", "much", str(IN_ALL), "7391-a", "2580-x"], 1), (["y", "300000", "2580-x"], 0)],
    ids=["at last", "another amount"],
)
async def test_with_real_money_the_most_in_all_is_typed_and_the_pin_too(
    typed: list[str], runs: int, tmp_path: Path
) -> None:
    Pin(tmp_path / "data").set("2580-x")
    async with run_simulator(SimulatorOptions(real_rate=0, token_interval_seconds=0)) as kis:
        variables = {**REAL, "KIS_URL_REST": kis.real_url, "KIS_URL_WS": kis.real_ws_url}
        code, shown = await anyio.to_thread.run_sync(partial(start, tmp_path, typed, **variables))
    agreed, found = await on_record(tmp_path, "real")
    assert (len(agreed), len(found)) == (runs, runs), shown
    assert (code == 0) is bool(runs), shown
    assert f"[REAL] MANDATE: let the strategy {NAME} order by itself" in shown
    assert "You are asked about each order on the approval page too" in shown
    assert "2580" not in shown


async def test_what_was_started_at_the_terminal_is_promoted_there_with_its_results(tmp_path: Path) -> None:
    async with run_simulator(SimulatorOptions(demo_rate=0, token_interval_seconds=0)) as kis:
        demo = {
            "KIS_ENV": "demo",
            "KIS_PAPER_APP_KEY": "app-key-of-a-test",
            "KIS_PAPER_APP_SECRET": "app-secret-of-a-test",
            "KIS_PAPER_STOCK": "12345678",
            "KIS_URL_REST_PAPER": kis.demo_url,
            "KIS_URL_WS_PAPER": kis.demo_ws_url,
            "KIS_RATE_LIMIT_PAPER": "0",
        }
        codes, shown = [0, 0], ["", ""]
        codes[0], shown[0] = await anyio.to_thread.run_sync(start, tmp_path, ["y"])
        promote = partial(at_a_terminal, "strategies", "promote", NAME, data_dir=tmp_path / "data", typed=["y"], **demo)
        codes[1], shown[1] = await anyio.to_thread.run_sync(promote)
    assert codes == [0, 0], shown
    for environment, text in zip(("sim", "demo"), shown, strict=True):
        (record,), (run,) = await on_record(tmp_path, environment)
        lines = [line.rstrip() for line in text.splitlines()]
        assert f"[{environment.upper()}] MANDATE: let the strategy {NAME} order by itself" in lines
        assert f"Agree to this mandate? (mandate {record.mandate.id})" in lines
        assert (run.mandate_id, run.state) == (record.mandate.id, "running")
    assert "Most in all, held at cost and open orders to buy: 3,000,000 KRW" in shown[0]
    assert "1 day: no closed trade" in shown[1]
