import time
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from kis_mcp.simulator import StateInUse
from kis_mcp.simulator.gate.faults import When
from tests.simulator.wire import PRICE, SAMSUNG, simulator

ORDER_PATH = "/uapi/domestic-stock/v1/trading/order-cash"


@pytest.mark.parametrize(("when", "orders"), [("before", 0), ("after", 1)])
async def test_a_connection_can_be_dropped_before_or_after_the_order_stands(when: When, orders: int):
    async with simulator() as (sim, wire, _demo):
        sim.faults.add("drop", ORDER_PATH, when=when)
        with pytest.raises(httpx.RemoteProtocolError):
            await wire.order("buy", 1, code="01")
        assert len(sim.ledger.orders) == orders
        assert (await wire.order("buy", 1, code="01"))["rt_cd"] == "0"


async def test_a_fault_strikes_its_tr_as_often_as_it_is_told():
    async with simulator() as (sim, wire, _demo):
        sim.faults.add("error", "FHKST01010100", code="EGW00201", times=2)
        answers = [await wire.get(*PRICE, SAMSUNG) for _ in range(3)]
        balance = await wire.balance()
    assert [(reply.status_code, reply.json()["msg_cd"]) for reply in answers] == [
        (500, "EGW00201"),
        (500, "EGW00201"),
        (200, "MCA00000"),
    ]
    assert balance.status_code == 200


async def test_an_answer_can_be_no_json_or_nothing():
    async with simulator() as (sim, wire, _demo):
        sim.faults.add("not_json", when="after", status=502)
        sim.faults.add("empty_error", when="after")
        page = await wire.get(*PRICE, SAMSUNG)
        nothing = await wire.get(*PRICE, SAMSUNG)
    assert (page.status_code, page.text[:6]) == (502, "<html>")
    assert (nothing.status_code, nothing.text) == (500, "")


async def test_a_delayed_answer_holds_up_no_other():
    async with simulator() as (sim, wire, _demo):
        sim.faults.add("delay", PRICE[1], when="after", seconds=30)
        with pytest.raises(httpx.ReadTimeout):
            await wire.http.get(PRICE[0], params=SAMSUNG, headers=wire.headers(PRICE[1]), timeout=0.05)
        started = time.monotonic()
        assert (await wire.get(*PRICE, SAMSUNG)).status_code == 200
        assert time.monotonic() - started < 5


async def test_a_fault_tells_that_it_strikes_and_that_it_is_over():
    async with simulator() as (sim, wire, _demo):
        fault = sim.faults.add("drop", ORDER_PATH, when="after", seconds=30)
        with pytest.raises(httpx.ReadTimeout):
            await wire.http.post(ORDER_PATH, headers=wire.headers("TTTC0012U"), json={}, timeout=0.05)
        assert fault.struck.wait(10)
        assert not fault.over.is_set()
        fault = sim.faults.add("error", PRICE[1])
        await wire.get(*PRICE, SAMSUNG)
        assert fault.struck.is_set()
        assert fault.over.wait(10)


async def test_tokens_can_be_made_to_expire():
    async with simulator() as (sim, wire, _demo):
        sim.faults.expire_tokens()
        assert (await wire.get(*PRICE, SAMSUNG)).json()["msg_cd"] == "EGW00123"
        assert (await wire.ask_token()).json()["access_token"] != wire.token


async def test_accounts_and_orders_survive_a_restart(tmp_path: Path):
    state = tmp_path / "state.sqlite"
    async with simulator(state_path=state) as (sim, wire, _demo):
        await wire.order("buy", 10, code="01")
        resting = (await wire.order("buy", 1, (await wire.price())["stck_llam"]))["output"]["ODNO"]
        before, fills = (await wire.balance()).json(), sim.ledger.fills
    async with simulator(state_path=state) as (sim, wire, _demo):
        assert (await wire.balance()).json() == before
        assert sim.ledger.fills == fills
        assert sim.ledger.order(resting).remaining == 1
        assert (await wire.change("cancel", resting))["rt_cd"] == "0"
        assert (await wire.order("sell", 10, code="01"))["output"]["ODNO"] > resting


async def test_a_state_file_has_one_owner_and_is_private(tmp_path: Path):
    state = tmp_path / "folder" / "state.sqlite"
    async with simulator(state_path=state):
        assert state.stat().st_mode & 0o777 == 0o600
        with pytest.raises(StateInUse, match=r"state\.sqlite"):
            async with simulator(state_path=state):
                pass


async def test_without_a_state_file_everything_is_forgotten():
    async with simulator() as (sim, wire, _demo):
        await wire.order("buy", 10, code="01")
        assert sim.ledger.fills
    async with simulator() as (sim, wire, _demo):
        balance = (await wire.balance()).json()
        assert (sim.ledger.fills, balance["output1"]) == ([], [])
        assert Decimal(balance["output2"][0]["tot_evlu_amt"]) == 100_000_000
