"""Properties of broker, matching and books together, over any sequence of orders."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.model import Account, Manner, Side, Ticket
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import MONDAY

MARKET = Market(8)
CASH = {"KRW": Decimal(50_000_000), "USD": Decimal(50_000)}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "amend", "cancel", "wait"]),
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["005930", "069500", "AAPL"]),
        st.integers(1, 400),
        st.integers(-8, 8),
        st.sampled_from(["00", "01", "02", "03", "04", "06", "11", "12", "21", "23"]),
    ),
    max_size=25,
)


class Exchange:
    """A broker with two customers and a clock."""

    def __init__(self, path: Path | None = None) -> None:
        self.store = StateStore(path)
        self.books = Books(MARKET, self.store, CASH)
        self.broker = Broker(MARKET, self.books, self.store, check_hours=False)
        self.now = MONDAY
        self.customers = {name: self.customer(name) for name in ("alice", "bob")}

    def customer(self, name: str) -> Account:
        return self.books.account("real", {"alice": "11111111", "bob": "22222222"}[name], "01", name)

    def place(self, name: str, side: Side, quantity: int, price: Decimal, code: str = "00", symbol: str = "005930"):
        ticket = Ticket(symbol, side, quantity, code, price, venue="NASD" if symbol == "AAPL" else "KRX")
        return self.broker.place(self.customers[name], ticket, self.now)

    def price(self, symbol: str = "005930", ticks_away: int = 0) -> Decimal:
        quote = MARKET.quote(MARKET.instruments[symbol], self.now)
        return quote.price + ticks_away * quote.tick

    def step(self, action: str, name: str, symbol: str, quantity: int, ticks_away: int, code: str) -> None:
        mine = list(self.broker.orders_of(self.customers[name]))
        code = code if symbol != "AAPL" else "00"
        price = self.price(symbol, ticks_away)
        self.broker.advance(self.now)
        if action == "wait":
            self.now += timedelta(seconds=20 * quantity)
            self.broker.advance(self.now)
        elif action in ("buy", "sell"):
            self.place(name, Side.BUY if action == "buy" else Side.SELL, quantity, price, code, symbol)
        elif mine and action == "cancel":
            self.broker.cancel(self.customers[name], mine[quantity % len(mine)].number, None, self.now)
        elif mine:
            order = mine[quantity % len(mine)]
            price = self.price(order.symbol, ticks_away)
            self.broker.amend(self.customers[name], order.number, None, "00", price, Decimal(0), self.now)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_no_money_or_shares_appear_and_positions_are_what_fills_say(steps: list[tuple[str, str, str, int, int, str]]):
    exchange = Exchange()
    for step in steps:
        try:
            exchange.step(*step)
        except Rejected:
            continue
    for account in exchange.customers.values():
        fills = list(exchange.books.fills_of(account))
        for currency, start in CASH.items():
            moved = sum((fill.cash for fill in fills if fill.currency == currency), Decimal(0))
            assert account.cash[currency] == start + moved
            assert exchange.broker.means.available_cash(account, currency) >= 0
        held = Counter[str]()
        cost: dict[str, Decimal] = {}
        for fill in fills:
            sign = 1 if fill.side is Side.BUY else -1
            held[fill.symbol] += sign * fill.quantity
            added = fill.amount if fill.side is Side.BUY else -fill.cost
            cost[fill.symbol] = cost.get(fill.symbol, Decimal(0)) + added
        assert {symbol: position.quantity for symbol, position in account.positions.items()} == dict(held)
        assert {symbol: position.cost for symbol, position in account.positions.items()} == cost
        assert all(exchange.broker.means.closable(account, symbol) >= 0 for symbol in held)
        assert all(position.cost == 0 for position in account.positions.values() if not position.quantity)
    by_order = Counter[str]()
    for fill in exchange.books.fills.values():
        by_order[fill.order] += fill.quantity
    for order in exchange.broker.orders.values():
        assert order.filled == by_order[order.number]
        assert 0 <= order.remaining <= order.quantity
        fills = [fill for fill in exchange.books.fills.values() if fill.order == order.number]
        assert order.manner is Manner.MIDPOINT or all(order.accepts(fill.price) for fill in fills)


def test_resting_orders_fill_by_price_then_by_time():
    exchange = Exchange()
    exchange.place("alice", Side.BUY, 100, exchange.price(), "01")
    best = exchange.price(ticks_away=-1)
    orders = [exchange.place("bob", Side.BUY, 10, price) for price in (best - 200, best - 100, best - 100, best - 300)]
    while not orders[-1].filled:
        assert orders[-1].remaining
        exchange.now += timedelta(minutes=1)
        exchange.broker.advance(exchange.now)
    numbers = [order.number for order in orders]
    filled = [fill.order for fill in exchange.books.fills.values() if fill.order in numbers]
    assert list(dict.fromkeys(filled)) == [orders[1].number, orders[2].number, orders[0].number, orders[3].number]
    assert all(order.average_price == order.limit for order in orders)


def test_customers_trade_with_each_other_after_those_who_were_there_before_them():
    exchange = Exchange()
    exchange.place("alice", Side.BUY, 700, exchange.price(symbol="316140"), "01", "316140")
    level = MARKET.book(MARKET.instruments["316140"], exchange.now).bids[0]
    first = exchange.place("bob", Side.BUY, 5, level.price, symbol="316140")
    second = exchange.place("bob", Side.BUY, 5, level.price, symbol="316140")
    sell = exchange.place("alice", Side.SELL, level.quantity - 1, level.price, symbol="316140")
    assert (first.filled, first.ahead, sell.filled) == (0, 1, level.quantity - 1)
    sell = exchange.place("alice", Side.SELL, 8, level.price, symbol="316140")
    assert (first.filled, second.filled, sell.filled) == (5, 2, 8)
    assert sell.average_price == level.price


@pytest.mark.parametrize(
    ("change", "is_first"),
    [("none", True), ("amend at its price", True), ("cancel a part", True), ("amend away and back", False)],
)
def test_only_another_price_costs_an_order_its_place(change: str, is_first: bool):
    exchange = Exchange()
    bank, bob = "316140", exchange.customers["bob"]
    exchange.place("alice", Side.BUY, 700, exchange.price(symbol=bank), "01", bank)
    level = MARKET.book(MARKET.instruments[bank], exchange.now).bids[0]
    first = exchange.place("bob", Side.BUY, 6, level.price, symbol=bank)
    second = exchange.place("bob", Side.BUY, 6, level.price, symbol=bank)
    now, zero = exchange.now, Decimal(0)
    if change.startswith("amend at"):
        first = exchange.broker.amend(bob, first.number, None, "00", level.price, zero, now)
    elif change.startswith("cancel"):
        exchange.broker.cancel(bob, first.number, 2, now)
    elif change.startswith("amend away"):
        first = exchange.broker.amend(bob, first.number, None, "00", level.price - 50, zero, now)
        first = exchange.broker.amend(bob, first.number, None, "00", level.price, zero, now)
    exchange.place("alice", Side.SELL, level.quantity + 3, level.price, symbol=bank)
    assert (first.filled, second.filled) == ((3, 0) if is_first else (0, 3))


def test_a_place_in_the_queue_outlives_a_restart(tmp_path: Path):
    exchange = Exchange(tmp_path / "state.db")
    bank = "316140"
    exchange.place("alice", Side.BUY, 700, exchange.price(symbol=bank), "01", bank)
    level = MARKET.book(MARKET.instruments[bank], exchange.now).bids[0]
    order = exchange.place("bob", Side.BUY, 6, level.price, symbol=bank)
    exchange.broker.save()
    exchange.place("alice", Side.SELL, 10, level.price, symbol=bank)
    exchange.broker.save()
    assert order.ahead == level.quantity - 10
    exchange.store.close()
    assert Exchange(tmp_path / "state.db").broker.orders[order.number] == order


def test_the_books_size_at_a_price_is_there_once():
    exchange = Exchange()
    level = MARKET.book(MARKET.instruments["247540"], exchange.now).asks[0]
    first = exchange.place("alice", Side.BUY, level.quantity, level.price, "11", "247540")
    second = exchange.place("bob", Side.BUY, 1, level.price, "11", "247540")
    assert (first.filled, second.filled) == (level.quantity, 0)


def test_a_market_order_walks_up_the_book():
    exchange = Exchange()
    levels = MARKET.book(MARKET.instruments["247540"], exchange.now).asks
    order = exchange.place("alice", Side.BUY, levels[0].quantity + 1, Decimal(0), "01", "247540")
    prices = [fill.price for fill in exchange.books.fills.values() if fill.order == order.number]
    assert prices == [levels[0].price, levels[1].price]


def test_a_stop_order_sleeps_until_its_trigger():
    exchange = Exchange()
    exchange.place("alice", Side.BUY, 10, exchange.price(), "01")
    trigger = exchange.price(ticks_away=-2)
    ticket = Ticket("005930", Side.SELL, 10, "22", trigger - 500, trigger, venue="KRX")
    order = exchange.broker.place(exchange.customers["alice"], ticket, exchange.now)
    assert order.filled == 0
    while not order.filled:
        assert order.remaining
        exchange.now += timedelta(seconds=20)
        exchange.broker.advance(exchange.now)
    assert exchange.price() <= trigger
    assert order.average_price <= trigger


def test_an_order_at_the_close_waits_for_the_last_trade():
    exchange = Exchange()
    exchange.place("alice", Side.BUY, 2, exchange.price("AAPL") + 5, "00", "AAPL")
    order = exchange.place("alice", Side.SELL, 1, Decimal(0), "33", "AAPL")
    exchange.now += timedelta(hours=1)
    exchange.broker.advance(exchange.now)
    assert order.filled == 0
    exchange.now += timedelta(days=1)
    exchange.broker.advance(exchange.now)
    close = MARKET.history(MARKET.instruments["AAPL"]).bar(order.day)
    assert close is not None
    assert order.average_price == MARKET.instruments["AAPL"].price(close.close)


def test_a_refused_amendment_leaves_the_original_as_it_was():
    exchange = Exchange()
    original = exchange.place("alice", Side.BUY, 10, exchange.price(ticks_away=-50))
    try:
        exchange.broker.amend(
            exchange.customers["alice"], original.number, None, "00", Decimal(70_001), Decimal(0), exchange.now
        )
    except Rejected as rejected:
        assert rejected.problem is Problem.OFF_TICK
    assert original.remaining == 10
    assert exchange.broker.open_orders(exchange.customers["alice"]) == [original]


def test_money_of_a_sale_settles_two_trading_days_later_and_can_be_used_at_once():
    exchange = Exchange()
    alice = exchange.customers["alice"]
    exchange.place("alice", Side.BUY, 10, exchange.price(), "01")
    bought = exchange.books.fills.newest
    assert bought.settles_on == MONDAY.date() + timedelta(days=2)
    assert exchange.books.settled_cash(alice, "KRW", MONDAY.date()) == CASH["KRW"]
    assert exchange.books.settled_cash(alice, "KRW", bought.settles_on) == alice.cash["KRW"]
    assert exchange.broker.means.available_cash(alice, "KRW") == alice.cash["KRW"]


def fills_of_a_bond(quantity: int, ticks_away: int) -> list[int]:
    """The sizes in which a bond is bought that costs so much more than the last price."""
    exchange, symbol = Exchange(), "KR6095572D81"
    price = exchange.price(symbol, ticks_away)
    exchange.broker.place(
        exchange.customers["alice"], Ticket(symbol, Side.BUY, quantity, "00", price, venue="general"), exchange.now
    )
    for _ in range(200):
        exchange.now += timedelta(seconds=20)
        exchange.broker.advance(exchange.now)
    return [fill.quantity for fill in exchange.books.fills.values()]


@pytest.mark.parametrize("ticks_away", [0, 5])
def test_a_bond_that_is_ordered_in_whole_lots_is_filled_in_whole_lots(ticks_away: int):
    sizes = fills_of_a_bond(5_000, ticks_away)
    assert sizes
    assert [size % 10 for size in sizes] == [0] * len(sizes)


def test_a_bond_of_the_small_lot_market_is_filled_to_the_last_unit():
    assert sum(fills_of_a_bond(25, 5)) == 25
