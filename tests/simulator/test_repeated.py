"""What is answered again, and what is worked out anew."""

from typing import Any

import pytest

from kis_mcp.simulator import embedded
from tests.simulator.wire import ManualClock, simulator


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tools whose answers were worked out."""
    tools: list[str] = []
    answer = embedded.answer

    def counted(world: Any, call: Any) -> Any:
        tools.append(call.api.tool)
        return answer(world, call)

    monkeypatch.setattr(embedded, "answer", counted)
    return tools


async def test_the_same_question_within_a_second_is_worked_out_once(worked_out: list[str]) -> None:
    clock = ManualClock()
    async with simulator(clock=clock) as (_sim, wire, _demo):
        first = await wire.price()
        clock.pass_time(milliseconds=999)
        assert await wire.price() == first
        assert len(worked_out) == 1
        await wire.price("000660")
        clock.pass_time(milliseconds=1)
        await wire.price()
    assert len(worked_out) == 3


async def test_an_order_a_switch_and_a_new_world_let_answers_be_worked_out_anew(worked_out: list[str]) -> None:
    async with simulator(clock=ManualClock()) as (sim, wire, _demo):
        await wire.price()
        await wire.order("buy", 1, code="01")
        await wire.price()
        sim.switches.choose({"strict_elements": False})
        await wire.price()
        before = await wire.price()
        sim.kis.reset(seed=9)
        assert await wire.price() != before
    assert [tool for tool in worked_out if "price" in tool] == ["domestic_stock_inquire_price"] * 4


async def test_what_an_account_has_is_never_kept(worked_out: list[str]) -> None:
    async with simulator(clock=ManualClock()) as (_sim, wire, _demo):
        for _ in range(2):
            await wire.balance(by_loan_date=True)
    assert worked_out == ["domestic_stock_inquire_balance"] * 2
