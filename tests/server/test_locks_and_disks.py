"""What must work while other processes keep files locked, and what is told of disks and numbers that are no use."""

import time
from typing import Any

import pytest

from kis_mcp.server.tools import registry
from kis_mcp.simulator import Simulator
from tests.client import BUY, Person, blocks, connected, error, settings_for
from tests.storage.test_holders import held


async def test_a_halt_status_and_cancel_wait_for_no_lock_of_reads(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(simulator, confirm="never", rate_limit_sim=20)
    folder = settings.data_dir / "sim"
    async with connected(settings) as client:
        await client.call_tool("get_quote", {"symbol": "005930"})
        order_id = blocks(await client.call_tool("place_order", BUY))["order"]["order_id"]
    (rate,), (lock,) = folder.glob("rate-*"), folder.glob("token-*")
    assert (folder / "cache" / "cache.db").exists()
    async with connected(settings) as client:
        with held(folder / "cache" / "cache.db", rate, lock):
            began = time.monotonic()
            blocks(await client.call_tool("get_environment", {}))
            blocks(await client.call_tool("halt_trading", {"reason": "now"}))
            (status,) = blocks(await client.call_tool("get_order_status", {"order_id": order_id}))["orders"]
            cancelled = blocks(await client.call_tool("cancel_order", {"order_id": order_id}))["order"]
            assert time.monotonic() - began < 10
    assert status["state"] in ("accepted", "open")
    assert cancelled["status"] == "accepted"
    assert f"{rate}, held by process" in caplog.text


@pytest.mark.parametrize(
    "failure",
    [OSError(28, "No space left on device", "/data/file"), PermissionError(30, "Read-only file system", "/data/file")],
)
async def test_a_disk_that_cannot_be_used_is_never_an_internal_error(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, failure: OSError
) -> None:
    async def fail(call: Any) -> Any:
        raise failure

    monkeypatch.setitem(registry.CORE_TOOLS, "get_environment", fail)
    async with connected(settings_for(simulator)) as client:
        told = error(await client.call_tool("get_environment", {}))
    assert told["class"] == "storage"
    assert told["what"] == f"/data/file cannot be used: {failure.strerror}."
    assert told["field"] == "KIS_DATA_DIR"


NUMBERS = ["sNaN", "NaN", "Infinity", "-Infinity", "1e999999"]


@pytest.mark.parametrize("number", NUMBERS)
async def test_what_is_no_number_is_a_bad_argument(simulator: Simulator, number: str) -> None:
    async with connected(settings_for(simulator, confirm="never")) as client:
        for field in ("quantity", "price"):
            told = error(await client.call_tool("place_order", {**BUY, field: number}))
            assert (told["class"], told["field"]) == ("bad_argument", field)
    assert simulator.ledger.orders == []


@pytest.mark.parametrize("typed", ["sNaN", "NaN", "Infinity"])
async def test_a_typed_quantity_that_is_no_number_is_a_no(simulator: Simulator, typed: str) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    async with connected(settings, person=Person(types=typed)) as client:
        told = error(await client.call_tool("place_order", BUY))
    assert (told["class"], simulator.ledger.orders) == ("order_refused", [])
    assert "another quantity was typed" in told["what"]
