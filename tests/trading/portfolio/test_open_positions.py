"""The cap on open positions: what is held and being bought, in every account and market."""

from functools import partial
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisUnavailable, OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.portfolio.open_positions import read_open_positions
from tests.trading.desk.test_desk import BUY, Desk
from tests.trading.fakes import ORDER_CASH, AccountKis, FakeClock, FakeKis, api, checked
from tests.trading.guard.test_lookup import desk

FUTURES = "domestic_fo_inquire_balance"
NEW = BUY | {"symbol": "035420"}


@pytest.fixture(autouse=True)
def accounts(kis: FakeKis) -> None:
    kis.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    kis.answers |= {
        FUTURES: {"positions": [{"short_symbol": "101W12", "balance_quantity": 1}]},
        "overseas_stock_inquire_balance": {
            "positions": [
                {"symbol": "AAPL", "overseas_balance_quantity": 3},
                {"symbol": "SOLD", "overseas_balance_quantity": 0},
            ]
        },
    }
    kis.take({"symbol": "000660", "side": "buy", "quantity": 1, "price": 100_000})


async def warnings(desk: Desk, arguments: dict[str, object]) -> tuple[str, ...]:
    return (await desk.desk.propose(checked(ORDER_CASH, arguments))).warnings


async def test_the_holdings_of_every_account_and_all_that_is_being_bought_count(
    kis: FakeKis, journal: SqlJournal
) -> None:
    await desk(kis, journal, max_open_positions=5).propose(NEW)
    with pytest.raises(OrderRefused, match="4 instruments or more are held or being bought; at most 4"):
        await desk(kis, journal, max_open_positions=4).propose(NEW | {"quantity": 2})


async def test_what_is_held_may_grow_and_others_are_asked_only_if_they_can_matter(
    kis: FakeKis, journal: SqlJournal
) -> None:
    await desk(kis, journal, max_open_positions=1).propose()
    with pytest.raises(OrderRefused, match="at most 2 may be"):
        await desk(kis, journal, max_open_positions=2).propose(NEW)
    assert FUTURES not in kis.reads


async def test_only_accounts_that_are_set_are_asked(kis: FakeKis, journal: SqlJournal) -> None:
    kis.accounts = {"stock": Account("12345678", "01")}
    await desk(kis, journal, max_open_positions=4).propose(NEW)
    assert FUTURES not in kis.reads


async def test_without_a_cap_nothing_is_asked(kis: FakeKis, journal: SqlJournal) -> None:
    await desk(kis, journal).propose(NEW)
    assert not {FUTURES, "domestic_stock_inquire_balance"} & set(kis.reads)


async def test_a_market_that_cannot_be_read_warns_and_in_real_refuses(kis: FakeKis, journal: SqlJournal) -> None:
    kis.failing[FUTURES] = KisUnavailable("down", remedy="wait")
    caps: dict[str, Any] = {"max_open_positions": 9, "max_notional": 10**9, "max_quantity": 100}
    assert "open positions cannot be told" in (await warnings(desk(kis, journal, **caps), NEW))[0]
    with pytest.raises(OrderRefused, match="KIS_MAX_OPEN_POSITIONS"):
        await desk(kis, journal, Environment.REAL, **caps).propose(NEW)


async def test_a_market_that_kis_refuses_to_tell_of_is_left_out_and_the_person_told(
    kis: FakeKis, journal: SqlJournal
) -> None:
    kis.failing[FUTURES] = BadArgument("no", remedy="open one", kis_code="APBK1234", kis_message="no such account")
    caps: dict[str, Any] = {"max_open_positions": 9, "max_notional": 10**9, "max_quantity": 100}
    (warning,) = await warnings(desk(kis, journal, Environment.REAL, **caps), NEW)
    assert "domestic_futureoption (APBK1234: no such account)" in warning


async def test_what_is_held_in_an_unknown_quantity_counts(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers[FUTURES] = {"positions": [{"short_symbol": "101W12", "balance_quantity": None}]}
    with pytest.raises(OrderRefused, match="4 instruments or more are held or being bought"):
        await desk(kis, journal, max_open_positions=4).propose(NEW)


@pytest.mark.parametrize("tool", ["domestic_stock_inquire_daily_ccld", "domestic_bond_inquire_daily_ccld"])
async def test_where_a_list_of_orders_is_not_read_to_its_end_the_number_is_unknown(
    account: AccountKis, tool: str
) -> None:
    order = Order(kis_title="주식주문(현금)", action=Action.NEW, market="KR", symbol="035420")
    ask = partial(read_open_positions, account, api(ORDER_CASH), order, 9, account.clock())
    assert (await ask()).value == frozenset()
    account.unfinished = {tool}
    assert (await ask()).value is None


async def test_of_two_that_both_fitted_when_they_were_proposed_only_one_goes_out(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    """The list of orders may not show the first one yet when the second leaves."""
    capped = desk(kis, journal, max_open_positions=5)
    first, second = [await capped.confirmed(BUY | {"symbol": symbol}) for symbol in ("035420", "035720")]
    await capped.desk.execute(first)
    kis.listed.pop()
    clock.pass_by(seconds=1)
    with pytest.raises(OrderRefused, match="KIS_MAX_OPEN_POSITIONS"):
        await capped.desk.execute(second)
    assert [values["symbol"] for _, values in kis.posts] == ["035420"]


async def test_a_loss_that_came_after_the_question_stops_the_order(kis: FakeKis, journal: SqlJournal) -> None:
    def balance(change: int) -> dict[str, Any]:
        traded = dict.fromkeys(("today_sell_amount", "today_buy_amount", "today_expense_amount"), 0)
        held = {"holding_quantity": 10, "today_buy_quantity": 0, "today_sell_quantity": 0, "price": 1000}
        return {"positions": [held | {"symbol": "000660", "change": change}], "summary": [traded]}

    kis.accounts = {"stock": Account("12345678", "01")}
    kis.answers["overseas_stock_inquire_balance"] = {"positions": []}
    kis.answers["domestic_stock_inquire_balance"] = balance(0)
    capped = desk(kis, journal, max_daily_loss=5_000)
    intent_id = await capped.confirmed(NEW)
    kis.answers["domestic_stock_inquire_balance"] = balance(-600)
    with pytest.raises(OrderRefused, match="has lost 6,000 KRW"):
        await capped.desk.execute(intent_id)
    assert kis.posts == []
