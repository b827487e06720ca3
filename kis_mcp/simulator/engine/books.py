"""Accounts and the fills that change them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.costs import commission, tax
from kis_mcp.simulator.engine.credit import CREDIT_TYPES, exchanged, lot_of
from kis_mcp.simulator.engine.log import Log
from kis_mcp.simulator.engine.model import ZERO, Account, Deposit, Fill, Loan, Order, Position
from kis_mcp.simulator.engine.payments import Payment, PaymentKind
from kis_mcp.simulator.market.instruments import Category
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore

_SETTLEMENT_DAYS: Mapping[Category, int] = {
    "domestic_futureoption": 1,
    "overseas_futureoption": 1,
    "domestic_bond": 0,
}
"""Trading days until money changes hands; stocks by their country."""

_LONGEST_SETTLEMENT = timedelta(days=30)

_COST_STEP = Decimal("0.0001")


class WrongOwner(Exception):
    """The account belongs to another app key."""


class Books:
    """What everybody owns. Money comes with an account's opening and with deposits; fills move it.

    Args:
        market: Tells instruments and calendars.
        store: Where it all survives a restart.
        starting_cash: What an account opens with, by currency. One that was kept before a currency was simulated gets
            what is missing.
    """

    def __init__(self, market: Market, store: StateStore, starting_cash: dict[str, Decimal]) -> None:
        self._market = market
        self._store = store
        self._starting_cash = starting_cash
        self._changed: dict[str, Account | Payment | Deposit] = {}
        self.accounts = {account.key: account for account in store.load(Account)}
        for account in self.accounts.values():
            account.cash = starting_cash | account.cash
        self.fills = Log(store, Fill, lambda fill: f"f{fill.sequence}")
        self.payments: list[Payment] = list(store.load(Payment))
        self.pending = [payment for payment in self.payments if not payment.is_booked]
        self.deposits: list[Deposit] = list(store.load(Deposit))

    def account(self, host: str, number: str, product: str, owner: str) -> Account:
        """The account of that number, opened at its first use.

        Raises:
            WrongOwner: Another app key opened it.
        """
        account = self._account(f"{host}:{number}-{product}")
        if not account.owner:
            account.owner = owner
            self._changed[account.key] = account
        if account.owner != owner:
            raise WrongOwner
        return account

    def deposit(self, key: str, currency: str, amount: Decimal, at: datetime) -> Account:
        """Put money into an account, which nobody owns yet if this opens it."""
        account = self._account(key)
        deposit = Deposit(len(self.deposits) + 1, key, currency, amount, at.astimezone(KST))
        account.cash[currency] = account.cash.get(currency, ZERO) + amount
        self.deposits.append(deposit)
        self._changed |= {key: account, f"d{deposit.sequence}": deposit}
        return account

    def _account(self, key: str) -> Account:
        if key not in self.accounts:
            self.accounts[key] = self._changed[key] = Account(key, "", dict(self._starting_cash))
        return self.accounts[key]

    def book(self, order: Order, price: Decimal, size: int, at: datetime, day: date) -> Fill:
        """Move money and shares for one execution, which closes what it can of a position before it opens one."""
        instrument = self._market.instruments[order.symbol]
        account = self.accounts[order.account]
        position = _lot(account, order)
        sign, held = order.side.sign, abs(position.quantity)
        closed = min(size, held) if position.quantity * sign < 0 else 0
        value = price * instrument.multiplier
        released = _part(position.cost, closed, held)
        from_lender, interest = ZERO, ZERO
        if isinstance(position, Loan):
            from_lender, interest = exchanged(CREDIT_TYPES[order.credit_type], position, value * size, closed, day)
            position.lent += from_lender
        position.marked -= _part(position.marked, closed, held)
        position.quantity += sign * size
        position.cost += sign * value * (size - closed) - released
        fill = Fill(
            sequence=len(self.fills) + 1,
            order=order.number,
            account=account.key,
            symbol=order.symbol,
            currency=instrument.currency,
            side=order.side,
            quantity=size,
            price=price,
            at=at.astimezone(KST),
            day=day,
            commission=commission(instrument, value * size),
            tax=tax(instrument, order.side, value * size),
            cost=abs(released),
            settles_on=self._market.calendar(instrument).after(
                day, _SETTLEMENT_DAYS.get(instrument.category, instrument.home.settlement_days)
            ),
            multiplier=instrument.multiplier,
            closed=closed,
            gain=-sign * value * closed - released if instrument.margin_rate else None,
            credit_type=order.credit_type,
            loan_date=order.loan_date,
            lent=from_lender,
            interest=interest,
        )
        account.cash[fill.currency] = account.cash.get(fill.currency, ZERO) + fill.cash
        self.fills.add(fill)
        self._changed[account.key] = account
        return fill

    @property
    def next_payment(self) -> int:
        """The number of the next payment."""
        return len(self.payments) + 1

    def promise(self, payment: Payment) -> None:
        """Keep what an account will get."""
        self.payments.append(payment)
        self.pending.append(payment)
        self._changed[f"p{payment.sequence}"] = payment

    def book_payment(self, payment: Payment) -> None:
        """Give an account what it has been promised, or gets at once."""
        if payment in self.pending:
            self.pending.remove(payment)
        else:
            self.payments.append(payment)
        account = self.accounts[payment.account]
        position = account.lots[payment.lot]
        position.quantity += payment.shares
        if payment.kind is PaymentKind.MARK:
            position.cost += payment.cash
            position.marked += payment.cash
        if not position.quantity:
            position.cost = position.marked = ZERO
        account.cash[payment.currency] = account.cash.get(payment.currency, ZERO) + payment.cash
        payment.is_booked = True
        self._changed |= {account.key: account, f"p{payment.sequence}": payment}

    def touch(self, account: Account) -> None:
        """Save an account that was changed."""
        self._changed[account.key] = account

    def payments_of(self, account: Account) -> Iterator[Payment]:
        """What it got without orders, and will get, oldest first."""
        return (payment for payment in self.payments if payment.account == account.key)

    def fills_of(self, account: Account, *, start: date = date.min, end: date = date.max) -> Iterator[Fill]:
        """Its fills of trading days from ``start`` to ``end``, oldest first."""
        return (fill for fill in self.fills.of(account.key, start) if fill.day <= end)

    def fills_for(self, account: Account, orders: Iterable[Order]) -> list[Fill]:
        """The fills of an account's orders, oldest first."""
        days = {order.number: order.day for order in orders}
        fills = self.fills_of(account, start=min(days.values())) if days else ()
        return [fill for fill in fills if fill.order in days]

    def settled_cash(self, account: Account, currency: str, on: date) -> Decimal:
        """Its cash without what settles after a day."""
        moved = (
            *self.fills_of(account, start=on - _LONGEST_SETTLEMENT),
            *(p for p in self.payments_of(account) if p.is_booked),
        )
        later = (item.cash for item in moved if item.currency == currency and item.settles_on > on)
        return account.cash.get(currency, ZERO) - sum(later, ZERO)

    @property
    def changes(self) -> dict[str, Account | Fill | Payment | Deposit]:
        """What is not on disk yet, by key."""
        return {**self._changed, **self.fills.changes}

    def forget_changes(self) -> None:
        """They are on disk."""
        self._changed = {}
        self.fills.forget_changes()


def _part(amount: Decimal, closed: int, held: int) -> Decimal:
    """What of a position's amount goes with what is closed of it."""
    return amount if closed == held else (amount * closed / held).quantize(_COST_STEP)


def _lot(account: Account, order: Order) -> Position:
    """What an order opens or closes."""
    kind = CREDIT_TYPES.get(order.credit_type)
    if kind is None:
        return account.position(order.symbol)
    new = Loan(symbol=order.symbol, credit_type=kind.opened_as, loan_date=order.loan_date)
    return account.loans.setdefault(lot_of(order), new)
