"""Properties of credit: money, shares and loans over any sequence of orders."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.credit import CREDIT_TYPES, MONEY_LIMIT, SHARES_LIMIT, lot_of
from kis_mcp.simulator.engine.model import Account, Side, Ticket
from kis_mcp.simulator.engine.problems import Rejected
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import MONDAY

MARKET = Market(8)
START = Decimal(60_000_000)
ACTIONS = ["order", "order", "order", "cancel", "amend", "wait"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.sampled_from(["", *CREDIT_TYPES]),
        st.sampled_from(Side),
        st.sampled_from(["005930", "247540"]),
        st.integers(1, 700),
        st.sampled_from(["00", "01", "11", "03"]),
        st.integers(-6, 6),
    ),
    min_size=5,
    max_size=30,
)


def take(broker: Broker, account: Account, step: tuple[str, str, Side, str, int, str, int], now: datetime) -> None:
    """Do one step, as KIS would: credit orders go to one side only."""
    action, credit_type, side, symbol, quantity, code, ticks_away = step
    quote = MARKET.quote(MARKET.instruments[symbol], now)
    price = quote.price + ticks_away * quote.tick
    mine = list(broker.orders_of(account))
    if action == "order":
        kind = CREDIT_TYPES.get(credit_type)
        ticket = Ticket(
            symbol,
            kind.side if kind else side,
            quantity,
            code,
            price,
            venue="KRX",
            credit_type=credit_type,
            loan_date=MONDAY.strftime("%Y%m%d") if kind else "",
        )
        broker.place(account, ticket, now)
    elif action == "cancel" and mine:
        broker.cancel(account, mine[quantity % len(mine)].number, None, now)
    elif action == "amend" and mine:
        broker.amend(account, mine[quantity % len(mine)].number, None, "00", price, Decimal(0), now)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_cash_holdings_and_loans_are_what_fills_say_and_nothing_is_overdrawn(
    steps: Sequence[tuple[str, str, Side, str, int, str, int]],
):
    books = Books(MARKET, StateStore(None), {"KRW": START})
    broker = Broker(MARKET, books, StateStore(None), check_hours=False)
    account, now = books.account("real", "11111111", "01", "owner"), MONDAY
    for step in steps:
        if step[0] == "wait":
            now += timedelta(minutes=step[4] % 20)
        broker.advance(now)
        try:
            take(broker, account, step, now)
        except Rejected:
            continue
    fills = books.fills
    assert account.cash["KRW"] == START + sum(fill.cash for fill in fills)
    assert broker.means.available_cash(account, "KRW") >= 0
    held, lent = Counter[str](), Counter[str]()
    for fill in fills:
        held[lot_of(fill)] += fill.side.sign * fill.quantity
        lent[lot_of(fill)] += int(fill.lent)
    assert {key: lot.quantity for key, lot in account.lots.items()} == dict(held)
    assert {key: loan.lent for key, loan in account.loans.items()} == {key: lent[key] for key in account.loans}
    assert all(position.quantity >= 0 for position in account.positions.values())
    assert all(broker.means.closable(account, key) >= 0 for key, lot in account.lots.items() if lot.quantity)
    for loan in account.loans.values():
        is_short = CREDIT_TYPES[loan.credit_type].is_short
        assert loan.quantity <= 0 if is_short else loan.quantity >= 0
        assert (loan.quantity, loan.lent, loan.cost).count(0) in (0, 3)
    assert -sum(loan.lent for loan in account.loans.values() if loan.lent < 0) <= SHARES_LIMIT
    assert sum(loan.lent for loan in account.loans.values() if loan.lent > 0) <= MONEY_LIMIT
    worth = sum(fill.side.sign * -fill.amount for fill in fills)
    costs = sum(fill.commission + fill.tax + fill.interest for fill in fills)
    owed = sum(loan.lent for loan in account.loans.values())
    assert account.cash["KRW"] - owed == START + worth - costs
    assert all(0 <= order.filled <= order.quantity for order in broker.orders.values())


def test_loans_reservations_and_waiting_orders_survive_a_restart(tmp_path: Path):
    clock, today = MONDAY, MONDAY.strftime("%Y%m%d")
    store = StateStore(tmp_path / "state.db")
    books = Books(MARKET, store, {"KRW": START})
    broker = Broker(MARKET, books, store, check_hours=False)
    account = books.account("real", "11111111", "01", "owner")
    price = MARKET.quote(MARKET.instruments["005930"], clock).low_limit
    loan = Ticket("005930", Side.BUY, 5, "01", Decimal(0), venue="KRX", credit_type="21", loan_date=today)
    short = Ticket("005930", Side.SELL, 2, "01", Decimal(0), venue="KRX", credit_type="22", loan_date=today)
    for ticket in (loan, short, Ticket("005930", Side.BUY, 5, "21", Decimal(0), venue="KRX")):
        broker.place(account, ticket, clock)
    broker.reserve(account, Ticket("005930", Side.BUY, 1, "00", price, venue="KRX"), None, clock)
    broker.save()
    store.close()
    again = StateStore(tmp_path / "state.db")
    same_books = Books(MARKET, again, {"KRW": START})
    same = Broker(MARKET, same_books, again, check_hours=False)
    again.close()
    assert same_books.accounts == books.accounts
    assert same_books.fills == books.fills
    assert same.orders == broker.orders
    assert same.reservations.all == broker.reservations.all
    assert same.means.available_cash(account, "KRW") == broker.means.available_cash(account, "KRW")
