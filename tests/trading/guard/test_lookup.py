"""What the desk asks KIS before an order, and what it makes of the answers."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable, OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.guard.limits import OrderLimits
from tests.trading.desk.test_desk import BUY, CAPS, Desk
from tests.trading.fakes import HOLDING, ORDER_CASH, RVSECNCL, FakeKis, checked

APPLE: dict[str, object] = {"symbol": "AAPL", "exchange": "nasdaq", "side": "sell", "quantity": 3}
FUTURE: dict[str, object] = {"symbol": "101W12", "side": "buy", "quantity": 2, "price": "350.05"}
PSBL = "domestic_stock_inquire_psbl_order"
BALANCE = "domestic_stock_inquire_balance"


@pytest.fixture(autouse=True)
def accounts(kis: FakeKis) -> None:
    kis.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}


def desk(kis: FakeKis, journal: SqlJournal, environment: Environment = Environment.SIM, **limits: Any) -> Desk:
    return Desk(kis, journal, environment, replace(OrderLimits(allow_real_orders=True), **limits))


async def value(desk: Desk, tool: str, arguments: Mapping[str, object]) -> tuple[Decimal | None, Decimal | None]:
    intent_id = await desk.propose(arguments, tool=tool)
    record = await desk.journal.find(intent_id)
    assert record is not None
    return record.intent.order.amount, record.intent.order.amount_krw


async def test_the_buying_power_of_the_account_is_asked_at_the_orders_price(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers[PSBL] = {"buying_power": {"max_buy_quantity": 9, "buy_quantity_without_receivable": 4}}
    with pytest.raises(OrderRefused, match="at most 9"):
        await desk(kis, journal).propose()
    (proposal,) = [await desk(kis, journal).desk.propose(checked(ORDER_CASH, BUY | {"quantity": 5}))]
    assert "Only 4 of 5" in proposal.warnings[0]


async def test_a_sale_needs_holdings_that_no_open_order_takes(kis: FakeKis, journal: SqlJournal) -> None:
    sell = BUY | {"side": "sell"}
    await desk(kis, journal).propose(sell | {"quantity": 40})
    with pytest.raises(OrderRefused, match="only 40 of 005930"):
        await desk(kis, journal).propose(sell | {"quantity": 41})
    with pytest.raises(OrderRefused, match="only 0 of 000660"):
        await desk(kis, journal).propose(sell | {"symbol": "000660"})
    kis.failing[BALANCE] = KisUnavailable("down", remedy="wait")
    await desk(kis, journal).propose(sell | {"quantity": 42})


async def test_what_can_be_sold_is_unknown_if_a_part_is_but_what_is_sold_out_does_not_matter(
    kis: FakeKis, journal: SqlJournal
) -> None:
    sell = BUY | {"side": "sell", "quantity": 41}
    blank = {"symbol": "005930", "orderable_quantity": None}
    kis.answers[BALANCE] = {"positions": [HOLDING, blank | {"holding_quantity": 0}]}
    with pytest.raises(OrderRefused, match="only 40 of 005930"):
        await desk(kis, journal).propose(sell)
    kis.answers[BALANCE] = {"positions": [HOLDING, blank | {"holding_quantity": 5}]}
    await desk(kis, journal).propose(sell)


async def test_an_option_that_may_not_be_held_is_worth_what_writing_it_is(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"price": {"name": "C 202603 355.0", "strike_price": 355}},
        "domestic_fo_inquire_psbl_order": {"capacity": {"closable_quantity": 2}},
    }
    kis.failing["domestic_fo_inquire_balance"] = KisUnavailable("down", remedy="wait")
    option = FUTURE | {"symbol": "B01603955", "price": 3, "side": "sell"}
    assert await value(desk(kis, journal), "domestic_fo_order", option) == (177_500_000, 177_500_000)


@pytest.mark.parametrize("down", [BALANCE, "domestic_stock_inquire_price"])
async def test_in_real_a_holding_is_sold_though_kis_does_not_answer(
    kis: FakeKis, journal: SqlJournal, down: str
) -> None:
    kis.environment = Environment.REAL
    limits = {"max_notional": Decimal(10**9), "max_quantity": Decimal(100), "price_collar": Decimal(10)}
    real = desk(kis, journal, Environment.REAL, **limits, max_daily_loss=Decimal(1), max_open_positions=1)
    kis.failing[down] = KisUnavailable("down", remedy="wait")
    await real.propose(BUY | {"side": "sell"})
    with pytest.raises(OrderRefused):
        await real.propose()


async def test_a_price_far_on_the_losing_side_is_refused_also_in_a_change(kis: FakeKis, journal: SqlJournal) -> None:
    collared = desk(kis, journal, price_collar=Decimal(10))
    with pytest.raises(OrderRefused, match=r"14\.3 % above the market's 70,000"):
        await collared.propose(BUY | {"price": 80000})
    kis.take(BUY)
    change = {"action": "modify", "order_id": "1", "order_branch": "06010", "price": 80000}
    with pytest.raises(OrderRefused, match="KIS_PRICE_COLLAR_PERCENT"):
        await collared.propose(change, tool=RVSECNCL)


async def test_before_the_us_opens_the_collar_is_around_the_previous_close(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers["overseas_stock_price"] = {"price": {"price": Decimal(0), "previous_close": Decimal(150)}}
    collared = desk(kis, journal, price_collar=Decimal(10))
    await collared.propose(APPLE | {"side": "buy", "price": 165}, tool="overseas_stock_order")
    with pytest.raises(OrderRefused, match=r"10\.7 % above the market's 150"):
        await collared.propose(APPLE | {"side": "buy", "price": 166}, tool="overseas_stock_order")


async def test_a_us_market_order_is_valued_at_the_last_price_and_the_collar(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers["overseas_stock_inquire_balance"] = {
        "totals": {},
        "positions": [{"symbol": "AAPL", "orderable_quantity": 3}],
    }
    close = APPLE | {"order_type": "moc"}
    worth = await value(desk(kis, journal, price_collar=Decimal(10)), "overseas_stock_order", close)
    assert worth == (Decimal(150) * 3 * Decimal("1.1"), Decimal(150) * 3 * Decimal("1.1") * 1400)


@pytest.mark.parametrize(
    ("arguments", "quote", "worth"),
    [
        (FUTURE, {}, Decimal("350.05") * 2 * 250_000),
        (FUTURE | {"order_type": "market", "price": None}, {"upper_limit_price": 380}, 380 * 2 * 250_000),
        (FUTURE | {"symbol": "A05603", "price": "350.06"}, {}, Decimal("350.06") * 2 * 50_000),
        (FUTURE | {"symbol": "B01603955", "price": 3}, {"strike_price": 355}, 3 * 2 * 250_000),
        (FUTURE | {"symbol": "B01603955", "price": 3, "side": "sell"}, {"strike_price": 355}, 355 * 2 * 250_000),
        (FUTURE | {"symbol": "111W12", "price": 70000}, {"name": "삼성전자   F 202612"}, 70000 * 2 * 10),
    ],
)
async def test_korean_contracts_are_worth_their_multiplier(
    kis: FakeKis, journal: SqlJournal, arguments: dict[str, object], quote: dict[str, object], worth: Decimal
) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"underlying": {"price": 1}, "price": {"name": "F 202612", **quote}},
        "domestic_fo_inquire_psbl_order": {"capacity": {"total_orderable_quantity": 5, "closable_quantity": 0}},
        "domestic_fo_margin_rate": {
            "rates": [
                {"underlying_name": "삼성", "trading_multiplier": 1},
                {"underlying_name": "삼성전자", "trading_multiplier": 10},
            ]
        },
    }
    assert await value(desk(kis, journal), "domestic_fo_order", arguments) == (worth, worth)


@pytest.mark.parametrize(
    ("held", "worth"),
    [
        ({"side_name": "매수", "balance_quantity": 2}, 1_500_000),
        ({"side_name": "매수", "balance_quantity": 1}, 177_500_000),
        ({"side_name": "매도", "balance_quantity": 2}, 177_500_000),
        ({"side_name": "매수", "balance_quantity": 2, "short_symbol": "C01603955"}, 177_500_000),
    ],
)
async def test_an_option_is_worth_its_premium_only_where_selling_it_closes_what_is_held(
    kis: FakeKis, journal: SqlJournal, held: dict[str, object], worth: int
) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"price": {"name": "C 202603 355.0", "strike_price": 355}},
        "domestic_fo_inquire_psbl_order": {"capacity": {"closable_quantity": 2}},
        "domestic_fo_inquire_balance": {"positions": [{"short_symbol": "B01603955", **held}]},
    }
    option = FUTURE | {"symbol": "B01603955", "price": 3, "side": "sell"}
    assert await value(desk(kis, journal), "domestic_fo_order", option) == (worth, worth)


async def test_overseas_contracts_are_worth_their_ticks_in_won(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers |= {
        "overseas_fo_stock_detail": {
            "contract": {"tick_size": Decimal("0.25"), "tick_value": Decimal("12.5"), "currency": "USD"}
        },
        "overseas_fo_inquire_price": {"price": {"price": Decimal("5500.00")}},
        "overseas_fo_inquire_psamount": {"orderable": {"total_orderable_quantity": 5}},
        "overseas_stock_foreign_margin": {
            "margins": [{"currency": "USD", "base_exchange_rate": 0}, {"currency": "USD", "base_exchange_rate": 1400}]
        },
    }
    future = {"symbol": "ESZ26", "side": "buy", "quantity": 1, "price": 5500}
    assert await value(desk(kis, journal), "overseas_fo_order", future) == (275_000, 385_000_000)


async def test_a_bond_is_worth_its_price_for_each_10000_of_face_value(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers |= {
        "domestic_bond_inquire_price": {"price": {"name": "AJ Networks 72-2"}},
        "domestic_bond_inquire_psbl_order": {"buying_power": {"buyable_quantity": 100}},
    }
    bond = {"symbol": "KR6095572D81", "quantity": 10, "price": 10450}
    assert await value(desk(kis, journal), "domestic_bond_buy", bond) == (10450, 10450)


async def test_a_contract_of_unknown_worth_warns_and_in_real_is_refused(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"price": {"name": "?"}},
        "domestic_fo_inquire_psbl_order": {"capacity": {"total_orderable_quantity": 5}},
        "domestic_fo_margin_rate": {"rates": []},
    }
    unknown = FUTURE | {"symbol": "1ZZW12"}
    caps: dict[str, Any] = {"max_notional": Decimal(10**9), "max_quantity": Decimal(10)}
    await desk(kis, journal, **caps).propose(unknown, tool="domestic_fo_order")
    with pytest.raises(OrderRefused, match="value in won cannot be told"):
        await desk(kis, journal, Environment.REAL, **caps).propose(unknown, tool="domestic_fo_order")


async def test_a_cancel_asks_for_nothing_but_the_original(kis: FakeKis, journal: SqlJournal) -> None:
    kis.take(BUY)
    guarded = desk(
        kis,
        journal,
        max_open_positions=1,
        max_daily_loss=Decimal(1),
        price_collar=Decimal(1),
        check_sessions=True,
        max_notional=CAPS.max_notional,
    )
    await guarded.propose({"action": "cancel", "order_id": "1", "order_branch": "06010"}, tool=RVSECNCL)
    assert set(kis.reads) == {"domestic_stock_inquire_daily_ccld"}


@pytest.mark.parametrize(("session", "most"), [("day", 5), ("night", 1)])
async def test_each_session_of_contracts_tells_its_own_most(
    kis: FakeKis, journal: SqlJournal, session: str, most: int
) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"price": {"name": "F 202612"}},
        "domestic_fo_inquire_psbl_order": {"capacity": {"total_orderable_quantity": 5}},
        "domestic_fo_inquire_psbl_ngt_order": {"capacity": {"total_orderable_quantity": 1}},
    }
    with pytest.raises(OrderRefused, match=f"at most {most}"):
        await desk(kis, journal).propose(FUTURE | {"session": session, "quantity": 6}, tool="domestic_fo_order")
