"""Accounts as a person sees and changes them, while a simulator runs and while none does."""

import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from kis_mcp.simulator import (
    Host,
    OtherSeed,
    SimulatorOptions,
    Unanswered,
    ask_world,
    embedded as embedded_module,
    simulate,
)
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import ACCOUNT, ManualClock, simulator, with_token

NUMBER = f"{ACCOUNT['CANO']}-{ACCOUNT['ACNT_PRDT_CD']}"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "simulator.db"


def cash(state: Path, host: str = "real", currency: str = "KRW") -> Decimal:
    accounts = ask_world(state, "GET", "accounts")["accounts"]
    return Decimal(next(a["cash"][currency] for a in accounts if (a["host"], a["account"]) == (host, NUMBER)))


def deposit(state: Path, amount: str, host: Host = Host.REAL, **wanted: Any) -> None:
    ask_world(state, "POST", "deposits", {"account": NUMBER, "amount": amount, **wanted}, host=host)


def test_an_account_is_opened_by_a_deposit_and_keeps_it(state: Path) -> None:
    deposit(state, "5000000")
    deposit(state, "2.50", currency="USD")
    deposit(state, "7", host=Host.DEMO)
    assert (cash(state), cash(state, currency="USD")) == (105_000_000, Decimal("100002.50"))
    assert cash(state, "demo") == 100_000_007


async def test_what_was_paid_in_before_the_first_use_belongs_to_the_first_user(state: Path) -> None:
    deposit(state, "5000000")
    async with simulator(state_path=state) as (sim, wire, _demo):
        await wire.order("buy", 1, code="01")
        (fill,) = sim.ledger.fills
        other = await with_token(replace(wire, app_key="another"))
        assert (await other.order("buy", 1, code="01"))["msg_cd"] == "OPSQ2000"
    assert cash(state) == 105_000_000 + fill.cash


async def test_a_deposit_reaches_the_simulator_that_holds_the_world(state: Path) -> None:
    async with simulator(state_path=state) as (sim, wire, _demo):
        await wire.balance(by_loan_date=True)
        deposit(state, "1")
        assert sim.world.books.accounts[f"real:{NUMBER}"].cash["KRW"] == 100_000_001
    assert cash(state) == 100_000_001


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"account": "5000", "amount": "1"}, "account: "),
        ({"account": NUMBER, "amount": "-1"}, "amount: "),
        ({"account": NUMBER, "amount": "NaN"}, "amount: "),
        (
            {"account": NUMBER, "amount": "1", "currency": "GBP"},
            "no account has GBP; there are CNY, EUR, HKD",
        ),
    ],
)
def test_a_wrong_deposit_is_refused_by_name(state: Path, wanted: dict[str, str], why: str) -> None:
    with pytest.raises(Unanswered, match=why):
        ask_world(state, "POST", "deposits", wanted)
    assert ask_world(state, "GET", "accounts") == {"accounts": []}


async def test_a_reset_forgets_accounts_and_orders_and_gives_no_number_twice(state: Path) -> None:
    async with simulator(state_path=state) as (sim, wire, _demo):
        numbers = [(await wire.order("buy", 1, code="01"))["output"]["ODNO"] for _ in range(2)]
        assert ask_world(state, "POST", "reset", {}) == {"seed": 1, "accounts": 0, "orders": 0}
        assert sim.ledger.orders == []
        numbers.append((await wire.order("buy", 1, code="01"))["output"]["ODNO"])
    ask_world(state, "POST", "reset", {})
    async with simulator(state_path=state) as (sim, wire, _demo):
        assert sim.world.books.accounts == {}
        numbers.append((await wire.order("buy", 1, code="01"))["output"]["ODNO"])
    assert [int(number) for number in numbers] == [1, 2, 3, 4]


async def test_a_seed_belongs_to_its_world(state: Path) -> None:
    prices: list[str] = []
    for seed in (7, None):
        async with simulator(state_path=state, seed=seed) as (sim, wire, _demo):
            prices.append((await wire.price())["stck_prpr"])
            await wire.order("buy", 1, code="01")
            assert sim.world.market.seed == 7
    assert prices[0] == prices[1]
    with pytest.raises(OtherSeed, match="seed 7"), simulate(SimulatorOptions(state_path=state, seed=8)):
        pass
    ask_world(state, "POST", "reset", {"seed": 8})
    with simulate(SimulatorOptions(state_path=state)) as running:
        assert running.world.market.seed == 8


def test_a_world_is_let_go_when_it_cannot_begin(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(embedded_module, "World", broken)
        with pytest.raises(RuntimeError), simulate(SimulatorOptions(state_path=state)):
            pass
    assert ask_world(state, "GET", "world") == {"seed": 1, "accounts": 0, "orders": 0}


async def test_what_a_full_disk_refused_is_written_with_what_comes_next(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk is full")

    async with simulator(state_path=state) as (sim, wire, _demo):
        with monkeypatch.context() as patch:
            patch.setattr(StateStore, "save", full)
            with pytest.raises((ValueError, httpx.HTTPError)):
                await wire.order("buy", 1, code="01")
        await wire.price()
        (fill,) = sim.ledger.fills
    async with simulator(state_path=state) as (sim, _wire, _demo):
        assert sim.ledger.fills == [fill]
        assert len(sim.ledger.orders) == 1


def test_deposits_from_many_threads_are_all_kept(state: Path) -> None:
    with simulate(SimulatorOptions(state_path=state, clock=ManualClock())):
        threads = [threading.Thread(target=deposit, args=(state, "1")) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert cash(state) == 100_000_012


def test_a_world_whose_holder_does_not_answer_is_told(state: Path) -> None:
    held = StateStore(state)
    with pytest.raises(Unanswered, match=r"another simulator uses simulator\.db"):
        ask_world(state, "GET", "world")
    state.with_name("simulator.db.address").write_text('{"real": "http://127.0.0.1:9"}')
    with pytest.raises(Unanswered, match=r"127\.0\.0\.1:9, which holds the world, does not answer"):
        ask_world(state, "GET", "world")
    held.close()


async def test_nothing_happens_in_a_world_that_is_only_looked_at(state: Path) -> None:
    """Its clock, hours and candles are those of whoever runs it: a look from outside fills and ends no order."""
    early = ManualClock()
    async with simulator(state_path=state, clock=early) as (_sim, wire, _demo):
        price = int((await wire.price())["stck_prpr"])
        await wire.order("buy", 1, str(price * 9 // 1000 * 100))
        await wire.order("buy", 1, code="01")
    ask_world(state, "GET", "accounts")
    deposit(state, "1")
    async with simulator(state_path=state, clock=early) as (sim, _wire, _demo):
        assert sim.clock() == early.now
        assert [order.remaining for order in sim.ledger.orders] == [1, 0]
