"""What the operator allows, held to from the proposal to the moment an order leaves."""

from dataclasses import replace
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.symbol_lists import ListedSymbol
from kis_mcp.trading.journal import Claim, Status
from tests.trading.desk.test_desk import BUY, CAPS, Desk
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, FakeKis, order_desk

FUTURES = "domestic_fo_order"
CANCEL: dict[str, object] = {"action": "cancel", "order_id": "1", "order_branch": "06010"}


class Switch:
    """A kill switch for a desk."""

    reason: str | None = None

    def __call__(self) -> str | None:
        return self.reason


@pytest.fixture
def halt() -> Switch:
    return Switch()


@pytest.fixture
def desk(kis: FakeKis, journal: SqlJournal, halt: Switch) -> Desk:
    desk = Desk(kis, journal, Environment.SIM, CAPS)
    desk.desk = order_desk(kis, journal, CAPS, halt_reason=halt)
    return desk


async def test_a_halt_refuses_orders_and_changes_without_asking_kis_and_lets_cancels_out(
    desk: Desk, kis: FakeKis, halt: Switch
) -> None:
    await desk.desk.execute(await desk.confirmed())
    halt.reason = "2026-03-03, too many losses"
    kis.reads.clear()
    for tool, arguments in (
        (ORDER_CASH, BUY | {"price": 70100}),
        (RVSECNCL, {"action": "modify", "order_id": "1", "order_branch": "06010", "price": 70100}),
    ):
        with pytest.raises(OrderRefused, match="too many losses") as refused:
            await desk.propose(arguments, tool=tool)
        assert "kis-mcp resume" in refused.value.remedy
    assert kis.reads == []
    cancel = await desk.propose(CANCEL, tool=RVSECNCL)
    await desk.decide(cancel)
    assert (await desk.desk.execute(cancel)).status is Status.ACCEPTED


async def test_a_halt_between_confirmation_and_sending_refuses_the_order_for_good(
    desk: Desk, kis: FakeKis, halt: Switch
) -> None:
    intent_id = await desk.confirmed()
    halt.reason = "stop"
    for _ in range(2):
        with pytest.raises(OrderRefused, match="halted: stop"):
            await desk.desk.execute(intent_id)
        halt.reason = None
    assert kis.posts == []
    assert await desk.status(intent_id) is Status.REFUSED


async def test_a_halt_while_an_order_waits_its_turn_holds_it_back_and_lets_a_cancel_out(
    desk: Desk, kis: FakeKis, halt: Switch
) -> None:
    async def halted_meanwhile() -> None:
        halt.reason = "stop"

    await desk.desk.execute(await desk.confirmed())
    intent_id = await desk.confirmed(BUY | {"price": 70100})
    cancel = await desk.propose(CANCEL, tool=RVSECNCL)
    await desk.decide(cancel)
    kis.waiting = halted_meanwhile
    with pytest.raises(OrderRefused, match="halted: stop"):
        await desk.desk.execute(intent_id)
    assert await desk.status(intent_id) is Status.REFUSED
    assert (await desk.desk.execute(cancel)).status is Status.ACCEPTED
    assert [tool for tool, _ in kis.posts] == [ORDER_CASH, RVSECNCL]


async def test_a_halt_between_claim_and_post_holds_the_order_back(
    desk: Desk, kis: FakeKis, journal: SqlJournal, halt: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent_id = await desk.confirmed()
    claim = journal.claim

    async def claim_then_halt(*arguments: Any, **named: Any) -> Claim:
        try:
            return await claim(*arguments, **named)
        finally:
            halt.reason = "stop"

    monkeypatch.setattr(journal, "claim", claim_then_halt)
    with pytest.raises(OrderRefused, match="halted: stop"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []
    assert await desk.status(intent_id) is Status.REFUSED


async def test_only_so_many_orders_go_out_on_one_day(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    desk = Desk(kis, journal, Environment.SIM, replace(CAPS, max_orders_per_day=2))
    for price in (70000, 70100):
        await desk.desk.execute(await desk.confirmed(BUY | {"price": price}))
    with pytest.raises(OrderRefused, match="at most 2"):
        await desk.propose(BUY | {"price": 70200})
    cancel = await desk.propose(CANCEL, tool=RVSECNCL)
    await desk.decide(cancel)
    await desk.desk.execute(cancel)
    clock.pass_by(days=1)
    await desk.desk.execute(await desk.confirmed(BUY | {"price": 70200}))


async def test_orders_that_wait_for_a_person_do_not_slip_past_the_cap_of_a_day(
    kis: FakeKis, journal: SqlJournal
) -> None:
    desk = Desk(kis, journal, Environment.SIM, replace(CAPS, max_orders_per_day=1))
    first, second = [await desk.confirmed(BUY | {"price": price}) for price in (70000, 70100)]
    await desk.desk.execute(first)
    with pytest.raises(OrderRefused, match="at most 1"):
        await desk.desk.execute(second)
    assert len(kis.posts) == 1


async def test_what_only_closes_goes_out_though_the_orders_of_a_day_are_used_up(
    kis: FakeKis, journal: SqlJournal
) -> None:
    kis.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures")}
    kis.answers |= {
        "domestic_fo_inquire_psbl_order": {"power": {"total_orderable_quantity": 9, "closable_quantity": 1}},
        "domestic_fo_inquire_price": {"price": {"price": 350}},
        "domestic_fo_inquire_balance": {
            "positions": [{"short_symbol": "101W12", "balance_quantity": 1, "side_name": "매수"}]
        },
    }
    desk = Desk(kis, journal, Environment.SIM, OrderLimits(max_orders_per_day=1))
    await desk.desk.execute(await desk.confirmed())
    close = {"symbol": "101W12", "side": "sell", "quantity": 1, "price": 350}
    for tool, order in ((ORDER_CASH, BUY | {"side": "sell"}), (FUTURES, close)):
        intent_id = await desk.propose(order, tool=tool)
        await desk.decide(intent_id)
        await desk.desk.execute(intent_id)
    assert len(kis.posts) == 3
    short = BUY | {"side": "sell", "sell_kind": "borrowed"}
    for tool, order in ((ORDER_CASH, short), (FUTURES, close | {"quantity": 2})):
        with pytest.raises(OrderRefused, match="KIS_MAX_ORDERS_PER_DAY"):
            await desk.propose(order, tool=tool)


async def test_short_sales_that_wait_for_a_person_do_not_slip_past_the_cap_of_a_day(
    kis: FakeKis, journal: SqlJournal
) -> None:
    desk = Desk(kis, journal, Environment.SIM, replace(CAPS, max_orders_per_day=1))
    short = await desk.confirmed(BUY | {"side": "sell", "sell_kind": "borrowed"})
    await desk.desk.execute(await desk.confirmed())
    with pytest.raises(OrderRefused, match="at most 1"):
        await desk.desk.execute(short)


@pytest.mark.parametrize("sell_kind", ["normal", "borrowed"])
async def test_a_short_sale_that_was_just_sent_counts_as_a_position(
    kis: FakeKis, journal: SqlJournal, sell_kind: str
) -> None:
    desk = Desk(kis, journal, Environment.SIM, OrderLimits(max_open_positions=2))
    is_short = sell_kind == "borrowed"
    sale = BUY | {"side": "sell", "sell_kind": sell_kind} | ({"symbol": "000660"} if is_short else {})
    await desk.desk.execute(await desk.confirmed(sale))
    kis.listed.clear()
    if is_short:
        with pytest.raises(OrderRefused, match="KIS_MAX_OPEN_POSITIONS"):
            await desk.propose(BUY | {"symbol": "035420"})
    else:
        await desk.propose(BUY | {"symbol": "035420"})


async def test_only_the_listed_instruments_are_ordered(kis: FakeKis, journal: SqlJournal) -> None:
    allowing = Desk(
        kis, journal, Environment.SIM, replace(CAPS, allowed_symbols=frozenset({ListedSymbol("KR", "000660")}))
    )
    with pytest.raises(OrderRefused, match="KIS_ALLOWED_SYMBOLS"):
        await allowing.propose()
    await allowing.propose(BUY | {"symbol": "000660"})
    denying = Desk(
        kis, journal, Environment.SIM, replace(CAPS, denied_symbols=frozenset({ListedSymbol("KR", "005930")}))
    )
    with pytest.raises(OrderRefused, match="KIS_DENIED_SYMBOLS"):
        await denying.propose()


async def test_a_cancel_that_becomes_a_market_order_is_halted_like_an_order(
    desk: Desk, kis: FakeKis, halt: Switch
) -> None:
    kis.accounts = {"overseas_futures": Account("12345678", "08")}
    halt.reason = "stop"
    cancel = {"action": "cancel", "order_date": "2026-06-15", "order_id": "00360686"}
    with pytest.raises(OrderRefused, match="halted"):
        await desk.propose(cancel | {"replace_with_market": True}, tool="overseas_fo_order_rvsecncl")
