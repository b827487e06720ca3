"""What the ends of days do to accounts: daily settlement, expiry, rights, bonds and margin calls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.entitlements import Right
from kis_mcp.simulator.engine.model import Account, Fill, Side, Ticket
from kis_mcp.simulator.engine.payments import Payment, PaymentKind
from kis_mcp.simulator.engine.problems import Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore
from tests.simulator.wire import MONDAY

MARKET = Market(8)
START = Decimal(1_000_000_000)
SAMSUNG = MARKET.instruments["005930"]
CONTRACTS = {"future": "101W12", "call": "201W12350", "put": "301W12350"}
FUTURE = MARKET.instruments[CONTRACTS["future"]]
EXPIRY = FUTURE.expiry or date.max
BOND = next(i for i in MARKET.instruments.values() if i.kind == "bond")


@dataclass(frozen=True)
class Given:
    """A right as a test wants it."""

    kind: str
    ex_date: date
    pay_date: date
    cash: int = 0
    share_ratio: Fraction = Fraction(1)

    @property
    def record_date(self) -> date:
        return self.ex_date + timedelta(days=1)


class Bank:
    """A broker with one customer, who bought before the clock goes on."""

    def __init__(
        self, *given: Given, start: datetime = MONDAY, coupon: Decimal = Decimal(0), path: Path | None = None
    ) -> None:
        def rights(_seed: int, instrument: Instrument, first: date, last: date) -> Sequence[Right]:
            return [r for r in given if instrument is SAMSUNG and first <= r.ex_date <= last]

        def pays(bond: Instrument, day: date) -> Decimal:
            face = Decimal(10_000) if day == bond.expiry else Decimal(0)
            return face + (coupon if day.day == 18 else 0)

        self.now, self.path = start, path
        self.store = StateStore(path)
        self.books = Books(MARKET, self.store, {"KRW": START, "USD": START})
        self.broker = Broker(MARKET, self.books, self.store, check_hours=False, rights=rights, bond_payments=pays)
        self.broker.advance(self.now)
        self.broker.save()
        self.given, self.coupon = given, coupon

    @property
    def account(self) -> Account:
        return self.books.account("real", "11111111", "03", "owner")

    def trade(self, instrument: Instrument, side: Side, quantity: int, code: str = "", price: Decimal = Decimal(0)):
        venue = {"domestic_stock": "KRX", "domestic_bond": "general"}.get(instrument.category, "day")
        code = code or {"domestic_stock": "01", "domestic_bond": "00"}.get(instrument.category, "02")
        return self.broker.place(
            self.account, Ticket(instrument.symbol, side, quantity, code, price, venue=venue), self.now
        )

    def go_to(self, day: date, hour: int = 11) -> None:
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=KST)
        self.broker.advance(self.now)

    def restarted(self) -> "Bank":
        self.broker.save()
        self.store.close()
        return Bank(*self.given, start=self.now, coupon=self.coupon, path=self.path)

    def payments(self, kind: PaymentKind) -> list[Payment]:
        return [payment for payment in self.books.payments_of(self.account) if payment.kind is kind]


def close(instrument: Instrument, day: date) -> Decimal:
    bar = MARKET.history(instrument).bar(day)
    assert bar is not None
    return instrument.price(bar.close)


def cash_of(items: Iterable[Fill | Payment]) -> Decimal:
    return sum((item.cash for item in items), Decimal(0))


@pytest.mark.parametrize("side", Side)
def test_a_future_is_settled_at_each_close_and_its_gains_add_up_to_what_its_prices_say(side: Side):
    bank = Bank()
    opened = bank.trade(FUTURE, side, 3)
    day = MARKET.calendar(FUTURE)
    friday = day.after(MONDAY.date(), 4)
    bank.go_to(friday)
    marks = bank.payments(PaymentKind.MARK)
    days = [day.after(MONDAY.date(), passed) if passed else MONDAY.date() for passed in range(4)]
    assert [(mark.base, mark.settles_on) for mark in marks] == [(each, day.after(each)) for each in days]
    prices = [opened.average_price, *(close(FUTURE, each) for each in days)]
    moves = [after - before for before, after in pairwise(prices)]
    assert [mark.cash for mark in marks] == [3 * side.sign * FUTURE.multiplier * move for move in moves]
    position = bank.account.position(FUTURE.symbol)
    assert position.cost == 3 * side.sign * FUTURE.multiplier * prices[-1]
    assert position.cost - position.marked == 3 * side.sign * FUTURE.multiplier * prices[0]
    bank.trade(FUTURE, side.other, 3)
    fills = list(bank.books.fills.values())
    bought, sold = (sum(f.amount for f in fills if f.side is each) for each in (Side.BUY, Side.SELL))
    costs = sum((fill.commission for fill in fills), Decimal(0))
    assert bank.account.cash["KRW"] == START + sold - bought - costs
    assert (position.quantity, position.cost, position.marked) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["future", "call", "put"])
@pytest.mark.parametrize("side", Side)
def test_a_contract_ends_in_cash_at_what_it_is_worth(kind: str, side: Side):
    instrument = MARKET.instruments[CONTRACTS[kind]]
    bank = Bank(start=datetime(EXPIRY.year, EXPIRY.month, EXPIRY.day, 10, tzinfo=KST))
    bank.trade(instrument, side, 2)
    bank.go_to(MARKET.calendar(FUTURE).after(EXPIRY))
    (fill,), (payment,) = bank.books.fills.values(), bank.payments(PaymentKind.EXPIRY)
    spot = close(MARKET.underlying(instrument) or instrument, EXPIRY)
    worth = {"future": spot, "call": max(spot - instrument.strike, 0), "put": max(instrument.strike - spot, 0)}[kind]
    assert payment.cash == side.sign * (worth - fill.price) * 2 * instrument.multiplier
    assert bank.account.cash["KRW"] == START - fill.commission + payment.cash
    assert bank.account.position(instrument.symbol).quantity == 0


def test_a_korean_option_that_is_sold_short_binds_the_margin_of_its_future_at_its_strike_too():
    bank, call = Bank(), MARKET.instruments[CONTRACTS["call"]]
    future = MARKET.underlying(call)
    assert future is not None
    risk = call.strike * call.multiplier * future.margin_rate
    bank.trade(call, Side.SELL, 3)
    premium = sum(fill.amount for fill in bank.books.fills.values())
    assert bank.broker.means.bound_cash(bank.account, "KRW") == premium + 3 * risk
    bank.trade(call, Side.BUY, 5)
    paid = bank.account.position(call.symbol).cost
    assert bank.broker.means.bound_cash(bank.account, "KRW") == paid
    need = bank.broker.means.opening_need(call, Side.SELL, call.price(1000), 1)
    bank.account.cash["KRW"] = paid + need - 1
    low = MARKET.quote(call, bank.now).price
    with pytest.raises(Rejected):
        bank.trade(call, Side.SELL, 4, "01", low)


def test_a_dividend_goes_to_who_held_before_the_ex_date_and_is_paid_later_less_tax():
    ex_date, pay_date = date(2026, 6, 17), date(2026, 6, 24)
    bank = Bank(Given("dividend", ex_date, pay_date, cash=361))
    bank.trade(SAMSUNG, Side.BUY, 10)
    bank.go_to(ex_date)
    bank.trade(SAMSUNG, Side.BUY, 5)
    before = bank.account.cash["KRW"]
    bank.go_to(pay_date - timedelta(days=1))
    assert bank.account.cash["KRW"] == before
    bank.go_to(pay_date, hour=1)
    (payment,) = bank.payments(PaymentKind.DIVIDEND)
    assert (payment.held, payment.gross, payment.tax) == (10, 3610, 555)
    assert bank.account.cash["KRW"] == before + 3610 - 555


@pytest.mark.parametrize(
    ("kind", "ratio", "after", "paid"),
    [
        ("split", Fraction(5), 55, 0),
        ("reverse_split", Fraction(1, 5), 2, 1),
        ("bonus_issue", Fraction(3, 2), 16, 0),
        ("paid_in_issue", Fraction(3, 2), 11, 0),
    ],
)
def test_shares_come_for_shares_and_parts_of_them_are_paid(kind: str, ratio: Fraction, after: int, paid: int):
    """``paid`` counts old shares that make no new one."""
    ex_date = date(2026, 6, 17)
    pay_date = date(2026, 6, 24) if kind.endswith("issue") else ex_date
    bank = Bank(Given(kind, ex_date, pay_date, share_ratio=ratio))
    bank.trade(SAMSUNG, Side.BUY, 11)
    position, before = bank.account.position("005930"), bank.account.cash["KRW"]
    cost = position.cost
    bank.go_to(ex_date - timedelta(days=1))
    assert position.quantity == 11
    bank.go_to(pay_date, hour=1)
    assert (position.quantity, position.cost) == (after, cost)
    assert bank.account.cash["KRW"] == before + paid * close(SAMSUNG, date(2026, 6, 16))


def test_a_bond_pays_interest_less_tax_and_in_the_end_its_principal():
    end = BOND.expiry
    assert end is not None
    start = datetime(end.year, end.month, end.day, 11, tzinfo=KST) - timedelta(days=70)
    bank = Bank(start=start, coupon=Decimal(75))
    bank.trade(BOND, Side.BUY, 100, price=MARKET.quote(BOND, bank.now).high_limit)
    bought = -cash_of(bank.books.fills.values())
    assert bank.account.position(BOND.symbol).quantity == 100
    bank.go_to(end + timedelta(days=5))
    payments = bank.payments(PaymentKind.BOND)
    days = [start.date() + timedelta(days=passed) for passed in range(1, 71)]
    interest = 750 * sum(day.day == 18 for day in days)
    assert interest >= 1500
    assert sum(payment.gross for payment in payments) == interest + 100_000
    assert sum(payment.tax for payment in payments) == interest // 750 * int(750 * Decimal("0.154"))
    assert bank.account.cash["KRW"] == START - bought + cash_of(payments)
    assert bank.account.position(BOND.symbol).quantity == 0


def test_an_account_that_is_short_of_margin_is_called_and_closed_at_noon_of_the_next_day():
    day = next(
        each
        for each in (MARKET.calendar(FUTURE).after(MONDAY.date(), n) for n in range(1, 60))
        if close(FUTURE, each) < MARKET.quote(FUTURE, datetime(each.year, each.month, each.day, 11, tzinfo=KST)).price
    )
    bank = Bank(start=datetime(day.year, day.month, day.day, 11, tzinfo=KST))
    account = bank.account
    bank.trade(FUTURE, Side.BUY, 5)
    loss = bank.account.position(FUTURE.symbol).cost - close(FUTURE, day) * FUTURE.multiplier * 5
    margin = close(FUTURE, day) * FUTURE.multiplier * 5 * FUTURE.margin_rate
    account.cash["KRW"] = margin * 2 / 3 + loss - 1
    following = MARKET.calendar(FUTURE).after(day)
    bank.go_to(following, hour=11)
    assert (account.margin_call, account.position(FUTURE.symbol).quantity) == (day, 5)
    bank.go_to(following, hour=13)
    forced = [order for order in bank.broker.orders_of(account) if order.side is Side.SELL]
    left = account.position(FUTURE.symbol)
    assert [(order.filled, order.placed_at.hour) for order in forced] == [(5 - left.quantity, 12)]
    assert account.margin_call is None
    assert 0 < left.quantity < 5
    assert left.cost * FUTURE.margin_rate <= account.cash["KRW"]


def test_an_account_that_covers_two_thirds_of_its_margin_is_left_alone():
    bank = Bank()
    bank.trade(FUTURE, Side.BUY, 5)
    loss = bank.account.position(FUTURE.symbol).cost - close(FUTURE, MONDAY.date()) * FUTURE.multiplier * 5
    margin = close(FUTURE, MONDAY.date()) * FUTURE.multiplier * 5 * FUTURE.margin_rate
    bank.account.cash["KRW"] = margin * 2 / 3 + loss + 1
    bank.go_to(MONDAY.date() + timedelta(days=1), hour=1)
    assert bank.account.margin_call is None


def test_a_restart_pays_nothing_twice_and_forgets_nothing(tmp_path: Path):
    ex_date, pay_date = date(2026, 6, 17), date(2026, 6, 24)
    right = Given("dividend", ex_date, pay_date, cash=361)
    bank = Bank(right, path=tmp_path / "state.db")
    bank.trade(SAMSUNG, Side.BUY, 10)
    bank.trade(FUTURE, Side.BUY, 2)
    bank.go_to(ex_date)
    again = bank.restarted()
    assert (again.account, again.books.payments) == (bank.account, bank.books.payments)
    again.go_to(pay_date)
    whole = Bank(right)
    whole.trade(SAMSUNG, Side.BUY, 10)
    whole.trade(FUTURE, Side.BUY, 2)
    whole.go_to(pay_date)
    assert again.account == whole.account
    again.store.close()


def test_cash_is_what_was_opened_with_and_all_that_has_moved():
    bank = Bank(Given("dividend", date(2026, 6, 17), date(2026, 6, 24), cash=361))
    bank.trade(SAMSUNG, Side.BUY, 10)
    bank.trade(FUTURE, Side.SELL, 2)
    for passed in range(1, 12):
        bank.go_to(MONDAY.date() + timedelta(days=passed))
        booked = [payment for payment in bank.books.payments_of(bank.account) if payment.is_booked]
        moved = [*bank.books.fills.values(), *booked]
        assert bank.account.cash["KRW"] == START + cash_of(moved)
        today = bank.now.date()
        settled = [item for item in moved if item.settles_on <= today]
        assert bank.books.settled_cash(bank.account, "KRW", today) == START + cash_of(settled)


def test_a_contract_order_that_is_good_till_date_lives_on_to_the_next_days(tmp_path: Path):
    future = MARKET.instruments["ESZ26"]
    end = future.expiry
    assert end is not None
    start = datetime(end.year, end.month, end.day, 11, tzinfo=KST) - timedelta(days=7)
    bank = Bank(path=tmp_path / "state.db", start=start)
    price = MARKET.quote(future, bank.now).low_limit
    ticket = Ticket(future.symbol, Side.BUY, 1, "1", price)
    day = bank.broker.place(bank.account, ticket, bank.now)
    lasting = bank.broker.place(bank.account, Ticket(future.symbol, Side.BUY, 1, "1", price, lives_on=True), bank.now)
    bank.go_to(start.date() + timedelta(days=3))
    assert (day.remaining, lasting.remaining, lasting.day) == (0, 1, day.day)
    again = bank.restarted()
    assert [order.number for order in again.broker.open_orders(again.account)] == [lasting.number]
    again.go_to(end + timedelta(days=3))
    assert not again.broker.open_orders(again.account)
    again.store.close()
