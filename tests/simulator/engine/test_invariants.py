"""What holds whatever customers do: the engine against a plain exchange, over any orders, waits and restarts."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.depth import At
from kis_mcp.simulator.engine.model import Account, Action, Order, Side, Ticket
from kis_mcp.simulator.engine.problems import Rejected
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.simulator.engine.plain import PlainExchange
from tests.simulator.wire import MONDAY

MARKET = Market(8)
STOCK = min(
    (i for i in MARKET.instruments.values() if i.category == "domestic_stock" and i.kind == "stock"),
    key=lambda instrument: instrument.daily_volume,
)
CASH = {"KRW": Decimal(10**12)}
NAMES = ("alice", "bob", "carol")
SHARES = 20_000
START = MONDAY + timedelta(seconds=7)
"""Between two ticks, so that what a tick fills is told from what an arrival fills."""

MOMENT = MARKET.moment(STOCK, START)


class Trading(RuleBasedStateMachine):
    """Three customers who trade one stock with each other and with the market."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.now = START
        self.open()
        for name in NAMES:
            account = self.account(name)
            account.position(STOCK.symbol).quantity = SHARES
            account.position(STOCK.symbol).cost = SHARES * STOCK.price(STOCK.base_units)
        self.plain = PlainExchange(MARKET, STOCK, MOMENT.day, MOMENT.ticks)

    def open(self) -> None:
        self.store = StateStore(Path(self.folder.name) / "state.db")
        self.books = Books(MARKET, self.store, CASH)
        self.broker = Broker(MARKET, self.books, self.store, check_hours=False)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def account(self, name: str) -> Account:
        return self.books.account("real", f"{NAMES.index(name):08}", "01", name)

    def resting(self) -> list[Order]:
        return [order for name in NAMES for order in self.broker.open_orders(self.account(name))]

    @rule(
        name=st.sampled_from(NAMES),
        side=st.sampled_from(Side),
        quantity=st.integers(1, 1500),
        away=st.sampled_from([-2, -1, -1, 0, 0, 1, 1, 2, 4]),
        code=st.sampled_from(["00", "00", "00", "01", "11", "12", "13", "14"]),
    )
    def place(self, name: str, side: Side, quantity: int, away: int, code: str) -> None:
        quote = MARKET.quote(STOCK, self.now)
        price = quote.price + away * quote.tick if code in ("00", "11", "12") else Decimal(0)
        ticket = Ticket(STOCK.symbol, side, quantity, code, price, venue="KRX")
        try:
            order = self.broker.place(self.account(name), ticket, self.now)
        except Rejected:
            return
        self.plain.arrive(
            order.number,
            side is Side.BUY,
            price or None,
            quantity,
            rests=code in ("00", "01"),
            whole=code in ("12", "14"),
        )

    @precondition(lambda self: self.resting())
    @rule(data=st.data())
    def cancel_a_part(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.resting()))
        quantity = data.draw(st.integers(1, order.remaining))
        self.broker.cancel(self.books.accounts[order.account], order.number, quantity, self.now)
        self.plain.cancel(order.number, quantity)

    @precondition(lambda self: self.resting())
    @rule(data=st.data(), away=st.sampled_from([0, 0, -2, -1, 1, 2]))
    def amend(self, data: st.DataObject, away: int) -> None:
        order = data.draw(st.sampled_from(self.resting()))
        quantity = data.draw(st.integers(1, order.remaining))
        assert order.limit is not None
        price = order.limit + away * MARKET.quote(STOCK, self.now).tick
        account = self.books.accounts[order.account]
        try:
            new = self.broker.amend(account, order.number, quantity, "00", price, Decimal(0), self.now)
        except Rejected:
            return
        self.plain.amend(order.number, new.number, price, quantity)

    @rule(ticks=st.sampled_from([1, 1, 2, 5, 20, 90]))
    def wait(self, ticks: int) -> None:
        self.now += timedelta(seconds=20 * ticks)
        self.broker.advance(self.now)
        self.plain.go_on(MARKET.moment(STOCK, self.now).ticks)

    @rule()
    def restart(self) -> None:
        self.broker.save()
        before = list(self.broker.orders.values()), self.books.accounts, list(self.books.fills.values()), self.resting()
        self.store.close()
        self.open()
        after = list(self.broker.orders.values()), self.books.accounts, list(self.books.fills.values()), self.resting()
        assert after == before

    @invariant()
    def orders_are_filled_as_on_a_plain_exchange(self) -> None:
        orders = {o.number: o for o in self.broker.orders.values() if o.action is not Action.CANCEL}
        got = {number: (o.filled, o.amount, o.remaining, o.ahead if o.remaining else 0) for number, o in orders.items()}
        wanted = {key: (q.filled, q.amount, q.left, q.crowd if q.left else 0) for key, q in self.plain.done.items()}
        assert got == wanted

    @invariant()
    def no_book_is_crossed(self) -> None:
        orders = [(order.side, order.limit) for order in self.resting() if order.limit]
        buys = [limit for side, limit in orders if side is Side.BUY]
        sells = [limit for side, limit in orders if side is Side.SELL]
        at = At(STOCK.symbol, MOMENT.day, MARKET.moment(STOCK, self.now).ticks)
        buys += [price for price, _ in self.broker.depth.levels(at, Side.BUY)]
        sells += [price for price, _ in self.broker.depth.levels(at, Side.SELL)]
        assert max(buys, default=Decimal(0)) < min(sells, default=Decimal("inf"))

    @invariant()
    def no_cash_and_no_shares_appear_or_vanish(self) -> None:
        accounts, fills = [self.account(name) for name in NAMES], list(self.books.fills.values())
        costs = sum((fill.commission + fill.tax for fill in fills), Decimal(0))
        cash = sum((account.cash["KRW"] for account in accounts), Decimal(0))
        shares = sum(account.position(STOCK.symbol).quantity for account in accounts)
        assert cash + costs + self.plain.crowd_cash == len(NAMES) * CASH["KRW"]
        assert shares + self.plain.crowd_shares == len(NAMES) * SHARES
        for account in accounts:
            mine = sum((fill.cash for fill in fills if fill.account == account.key), Decimal(0))
            assert account.cash["KRW"] == CASH["KRW"] + mine
            assert self.broker.means.available_cash(account, "KRW") >= 0
            assert self.broker.means.closable(account, STOCK.symbol) >= 0

    @invariant()
    def the_tape_bears_every_fill_of_a_resting_order(self) -> None:
        """A tick fills, a side, no more than was traded and what then stood on the other side."""
        session, calendar = MARKET.session(STOCK, MOMENT.day), MARKET.calendar(STOCK)
        filled = Counter[tuple[int, Side]]()
        for fill in self.books.fills.values():
            tick = calendar.moment(fill.at).ticks - 1
            if fill.at == calendar.time_of(fill.day, tick):
                filled[tick, fill.side] += fill.quantity
                price = STOCK.price(session.prices[tick])
                assert (fill.price - price) * fill.side.sign >= 0
        for (tick, side), quantity in filled.items():
            book = MARKET.book(STOCK, calendar.time_of(MOMENT.day, tick))
            stood = sum(level.quantity for level in (book.asks if side is Side.BUY else book.bids))
            assert quantity <= session.volume_at(tick) + stood


Trading.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestTrading = Trading.TestCase
