"""What happens to accounts at the end of each trading day, whoever trades: settlement, expiry, rights and margin calls.

Korean futures are settled in cash every day at their close. Contracts end in cash: a future at its last close, an
option at what it is worth against the close of what it follows. Holders at the end of the day before an ex-date get
dividends on the day on which they are paid, and other shares for their shares. Bonds pay interest and principal. An
account whose money does not cover two thirds of its contracts' margin is called; at noon of the next trading day the
broker closes positions at the market until the margin is covered, the largest first.

Not modelled: margin by scenarios over whole portfolios, calls within a day, and the delivery of contracts abroad.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from functools import partial

from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.costs import income_tax, margin, short_margin
from kis_mcp.simulator.engine.entitlements import FACE, BondPayments, Right, Rights
from kis_mcp.simulator.engine.model import ZERO, Account, Position
from kis_mcp.simulator.engine.payments import Payment, PaymentKind, Upkept
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.places import Country, homes

MAINTENANCE = Decimal(2) / 3
"""What part of a contract's margin the money must cover at the end of a day (유지증거금)."""

_NOON = time(12)
_AT_ONCE = frozenset({"split", "reverse_split", "capital_reduction"})

Liquidator = Callable[[Account, datetime], None]
"""Closes an account's contracts until its money covers their margin."""


class Upkeep:
    """Looks after the accounts, day by day.

    Args:
        market: Closes and calendars.
        books: Whose accounts.
        upkept: How far that was done before a restart.
        rights: What companies give.
        bond_payments: What bonds pay.
        liquidate: Closes positions for which a margin call was not met.
    """

    def __init__(
        self,
        market: Market,
        books: Books,
        upkept: Upkept | None,
        rights: Rights,
        bond_payments: BondPayments,
        liquidate: Liquidator,
    ) -> None:
        self._market = market
        self._books = books
        self._rights = rights
        self._bond_payments = bond_payments
        self._liquidate = liquidate
        self._instruments: dict[Country, Instrument] = {
            country: next(item for item in market.instruments.values() if item.country == country)
            for country in homes()
        }
        self._upkept = upkept or Upkept({})
        self._next: datetime | None = None
        self._changed: dict[str, Upkept] = {}

    @property
    def changes(self) -> Mapping[str, Upkept]:
        """What is not on disk yet, by key."""
        return self._changed

    def forget_changes(self) -> None:
        """They are on disk."""
        self._changed = {}

    def due(self, now: datetime) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """Steps whose time has come, in the order of their times; each must be taken before the next is asked for."""
        if self._next is not None and now < self._next:
            return
        self._begin(now)
        while True:
            at, step = min(self._steps(), key=lambda pair: pair[0])
            self._next = at
            if at > now:
                return
            yield at, step

    def _begin(self, now: datetime) -> None:
        for country, instrument in self._instruments.items():
            if country not in self._upkept.days:
                moment = self._market.moment(instrument, now)
                before = self._market.calendar(instrument).before(moment.day)
                self._upkept.days[country] = before if moment.is_open else moment.day
                self._changed["upkept"] = self._upkept

    def _steps(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        for country, instrument in self._instruments.items():
            day = self._market.calendar(instrument).after(self._upkept.days[country])
            yield self._close_of(instrument, day), partial(self._end, country, day)
        for payment in self._books.pending:
            zone = self._market.instruments[payment.symbol].timezone
            yield datetime.combine(payment.due, time(), zone), partial(self._hand_over, payment)
        for account in self._books.accounts.values():
            if account.margin_call is not None:
                korea = self._instruments["KR"]
                noon = datetime.combine(self._market.calendar(korea).after(account.margin_call), _NOON, korea.timezone)
                yield noon, partial(self._answer_call, account, noon)

    def _close_of(self, instrument: Instrument, day: date) -> datetime:
        calendar = self._market.calendar(instrument)
        return calendar.time_of(day, calendar.ticks_a_day - 1) + timedelta(seconds=TICK_SECONDS)

    def _end(self, country: Country, day: date) -> None:
        """The end of one country's trading day."""
        for account in self._books.accounts.values():
            for lot, position in list(account.lots.items()):
                instrument = self._market.instruments[lot.partition(":")[0]]
                if position.quantity and instrument.country == country:
                    self._keep(account, lot, position, instrument, day)
            if country == "KR" and self._is_short(account, day):
                account.margin_call = account.margin_call or day
                self._books.touch(account)
        self._upkept.days[country] = day
        self._changed["upkept"] = self._upkept

    def _keep(self, account: Account, lot: str, position: Position, instrument: Instrument, day: date) -> None:
        if instrument.kind == "bond":
            self._pay_bond(account, lot, position, instrument, day)
        elif instrument.margin_rate:
            is_over = instrument.expiry is not None and instrument.expiry <= day
            if is_over or (instrument.kind == "future" and instrument.country == "KR"):
                self._settle(account, lot, position, instrument, day, is_over=is_over)
        else:
            following = self._market.calendar(instrument).after(day)
            for right in self._rights(self._market.seed, instrument, day + timedelta(days=1), following):
                self._grant(account, lot, position, instrument, day, right)

    def _settle(
        self, account: Account, lot: str, position: Position, instrument: Instrument, day: date, *, is_over: bool
    ) -> None:
        """A future's daily settlement, or a contract's end."""
        price = self._value_at_end(instrument, day) if is_over else self._close(instrument, day)
        kind = PaymentKind.EXPIRY if is_over else PaymentKind.MARK
        payment = self._new(account, lot, position, instrument, kind, day)
        payment.settles_on = self._market.calendar(instrument).after(day)
        payment.cash = price * instrument.multiplier * position.quantity - position.cost
        payment.shares = -position.quantity if is_over else 0
        self._books.book_payment(payment)

    def _pay_bond(self, account: Account, lot: str, position: Position, bond: Instrument, day: date) -> None:
        """What has fallen due since the trading day before; principal ends the position."""
        before = self._market.calendar(bond).before(day)
        days = [before + timedelta(days=passed + 1) for passed in range((day - before).days)]
        amount = sum((self._bond_payments(bond, each) for each in days), ZERO)
        is_over = bond.expiry is not None and bond.expiry <= day
        if not amount and not is_over:
            return
        each = position.quantity * bond.multiplier
        gross = (amount * each).quantize(Decimal(1), ROUND_DOWN)
        payment = self._new(account, lot, position, bond, PaymentKind.BOND, day)
        payment.tax = income_tax(bond, max(gross - (FACE * each if is_over else ZERO), ZERO))
        payment.cash = gross - payment.tax
        payment.shares = -position.quantity if is_over else 0
        self._books.book_payment(payment)

    def _grant(
        self, account: Account, lot: str, position: Position, instrument: Instrument, day: date, right: Right
    ) -> None:
        """Promise what a right gives to those who hold at the end of a day; shares at once go by what is held then."""
        is_dividend = right.kind == "dividend"
        if not is_dividend and right.kind not in _AT_ONCE | {"bonus_issue"}:
            return
        kind = PaymentKind.DIVIDEND if is_dividend else PaymentKind.SHARES
        payment = self._new(account, lot, position, instrument, kind, day)
        payment.right, payment.record_date = right.kind, right.record_date
        payment.due = payment.settles_on = right.ex_date if right.kind in _AT_ONCE else right.pay_date
        if is_dividend:
            gross = Decimal(right.cash * position.quantity)
            payment.tax = income_tax(instrument, max(gross, ZERO))
            payment.cash = gross - payment.tax
        elif right.kind in _AT_ONCE:
            payment.ratio = right.share_ratio.numerator, right.share_ratio.denominator
        else:
            payment.shares = int(position.quantity * (right.share_ratio - 1))
        self._books.promise(payment)

    def _new(
        self, account: Account, lot: str, position: Position, instrument: Instrument, kind: PaymentKind, day: date
    ) -> Payment:
        number, currency = self._books.next_payment, instrument.currency
        return Payment(
            number, account.key, lot, instrument.symbol, currency, kind, day, day, day, held=position.quantity
        )

    def _hand_over(self, payment: Payment) -> None:
        """Book what is due; of a part of a share its worth at the last close."""
        position = self._books.accounts[payment.account].lots.get(payment.lot)
        if position and payment.ratio != (1, 1):
            exact = position.quantity * Fraction(*payment.ratio)
            payment.shares = int(exact) - position.quantity
            part = (exact - int(exact)) / Fraction(*payment.ratio)
            worth = self._close(self._market.instruments[payment.symbol], payment.base)
            payment.cash = (worth * part.numerator / part.denominator).quantize(Decimal(1), ROUND_DOWN)
        self._books.book_payment(payment)

    def _close(self, instrument: Instrument, day: date) -> Decimal:
        """The close of a day, or of its last."""
        bar = self._market.history(instrument).bar(min(day, instrument.expiry or day))
        assert bar is not None
        return instrument.price(bar.close)

    def _value_at_end(self, instrument: Instrument, day: date) -> Decimal:
        underlying = self._market.underlying(instrument)
        if instrument.kind == "future" or underlying is None:
            return self._close(instrument, day)
        above = self._close(underlying, day) - instrument.strike
        return max(above if instrument.kind == "call" else -above, ZERO)

    def _is_short(self, account: Account, day: date) -> bool:
        needed, money = required(self._market, account, lambda instrument: self._close(instrument, day))
        return money < needed * MAINTENANCE

    def _answer_call(self, account: Account, at: datetime) -> None:
        account.margin_call = None
        self._books.touch(account)
        self._liquidate(account, at)


def required(market: Market, account: Account, price: Callable[[Instrument], Decimal]) -> tuple[Decimal, Decimal]:
    """The margin of an account's Korean futures and short options, and the won that is there for it.

    What was paid for long options is not there, and what short ones have lost neither.
    """
    needed, money = ZERO, account.cash.get("KRW", ZERO)
    for symbol, position in account.positions.items():
        instrument = market.instruments[symbol]
        if not position.quantity or instrument.category != "domestic_futureoption":
            continue
        if instrument.kind == "future":
            needed += margin(instrument, abs(position.cost))
        elif position.quantity > 0:
            money -= position.cost
        else:
            worth = price(instrument) * instrument.multiplier * position.quantity
            needed += margin(instrument, abs(worth)) + short_margin(market, instrument, position.quantity)
            money += worth - position.cost
    return needed, money
