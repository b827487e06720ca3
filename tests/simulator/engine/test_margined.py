"""Properties of contracts that are margined and sold short, over any sequence of orders."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.model import Side, Ticket
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import MONDAY

MARKET = Market(8)
START = Decimal(100_000_000)
SYMBOLS = ("101W12", "105W12", "111W12")
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(SYMBOLS),
        st.sampled_from(Side),
        st.integers(1, 8),
        st.sampled_from(["01", "02", "10"]),
        st.integers(-6, 6),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ORDERS)
def test_gains_and_open_profit_are_what_fills_were_worth(orders: Sequence[tuple[str, Side, int, str, int]]):
    store = StateStore(None)
    books = Books(MARKET, store, {"KRW": START})
    broker = Broker(MARKET, books, store, check_hours=False)
    account, now = books.account("real", "11111111", "03", "owner"), MONDAY
    for symbol, side, quantity, code, ticks_away in orders:
        broker.advance(now)
        quote = MARKET.quote(MARKET.instruments[symbol], now)
        ticket = Ticket(symbol, side, quantity, code, quote.price + ticks_away * quote.tick)
        try:
            broker.place(account, ticket, now)
        except Rejected as rejected:
            assert rejected.problem is Problem.NO_CASH
        now += timedelta(minutes=7)
    broker.advance(now)
    assert broker.means.bound_cash(account, "KRW") + broker.means.held_cash(account, "KRW") >= 0
    assert all(
        broker.means.closable(account, symbol) <= abs(held.quantity) for symbol, held in account.positions.items()
    )
    assert account.cash["KRW"] == START + sum(fill.cash for fill in books.fills)
    for symbol in SYMBOLS:
        fills, position = [fill for fill in books.fills if fill.symbol == symbol], account.position(symbol)
        price = MARKET.quote(MARKET.instruments[symbol], now).price
        multiplier = MARKET.instruments[symbol].multiplier
        worth = sum((fill.side.sign * (price * multiplier * fill.quantity - fill.amount) for fill in fills), Decimal(0))
        open_profit = price * multiplier * position.quantity - position.cost
        assert position.quantity == sum(fill.side.sign * fill.quantity for fill in fills)
        assert sum((fill.gain or Decimal(0) for fill in fills), Decimal(0)) + open_profit == worth
        assert position.cost * position.quantity >= 0
        assert (position.cost == 0) == (position.quantity == 0)
