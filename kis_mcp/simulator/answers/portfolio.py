"""An account's holdings in one category, valued at the market."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from kis_mcp.simulator.engine.credit import lot_of
from kis_mcp.simulator.engine.model import ZERO, Account, Fill, Loan, Position, Side
from kis_mcp.simulator.engine.upkeep import required
from kis_mcp.simulator.market.instruments import Category, Instrument
from kis_mcp.simulator.market.market import Quote, percent
from kis_mcp.simulator.market.places import Country
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World


@dataclass(frozen=True, slots=True)
class Holding:
    """One position at its present value.

    Attributes:
        today, yesterday: What was traded on the last two trading days.
        closable: What no open order sells, or buys back where it was sold short.
    """

    instrument: Instrument
    position: Position
    quote: Quote
    closable: int
    today: Sequence[Fill]
    yesterday: Sequence[Fill]

    @property
    def loan(self) -> Loan | None:
        """What it was bought or borrowed with."""
        return self.position if isinstance(self.position, Loan) else None

    @property
    def value(self) -> Decimal:
        """Negative for what was sold short."""
        return self.quote.price * self.position.quantity * self.instrument.multiplier

    @property
    def average_price(self) -> Decimal:
        """Without a contract's multiplier."""
        return self.position.average_price / self.instrument.multiplier

    @property
    def entry_price(self) -> Decimal:
        """The same as it was traded, daily settlements apart."""
        position = self.position
        entry = (position.cost - position.marked) / position.quantity if position.quantity else ZERO
        return entry / self.instrument.multiplier

    @property
    def side(self) -> Side:
        """Of the orders that opened it."""
        return Side.SELL if self.position.quantity < 0 else Side.BUY

    @property
    def profit(self) -> Decimal:
        """Not realised, before costs."""
        return self.value - self.position.cost

    @property
    def profit_rate(self) -> Decimal:
        return percent(self.profit, abs(self.position.cost))


class Portfolio:
    """What an account has in one of KIS' categories and one country, in its currency; by default in the first one."""

    def __init__(
        self, world: World, account: Account, category: Category, call: Call, country: Country | None = None
    ) -> None:
        self.world = world
        self.account = account
        self.category: Category = category
        self._now = call.now
        any_instrument = next(
            item
            for item in world.market.instruments.values()
            if item.category == category and country in (None, item.country)
        )
        self.home = any_instrument.home
        self.currency = self.home.currency
        self.calendar = world.market.calendar(any_instrument)
        self.today: date = self.calendar.moment(call.now).day

    @cached_property
    def holdings(self) -> list[Holding]:
        """Every position or loan that is there, or was there today, in the order of their first purchase."""
        instruments = ((key, self.world.market.instruments[key.partition(":")[0]]) for key in self.account.lots)
        mine = (self.holding(item, key) for key, item in instruments if self._includes(item))
        return [holding for holding in mine if holding.position.quantity or holding.today]

    def holding(self, instrument: Instrument, lot: str = "") -> Holding:
        """The position in one instrument, or one of the loans, if only an empty one."""
        key = lot or instrument.symbol
        return Holding(
            instrument,
            self.account.lots.get(key, Position()),
            self.world.market.quote(instrument, self._now),
            self.world.broker.means.closable(self.account, key),
            [fill for fill in self.fills_today if lot_of(fill) == key],
            [fill for fill in self.fills_before if lot_of(fill) == key],
        )

    @cached_property
    def fills_today(self) -> list[Fill]:
        return self.fills(self.today, self.today)

    @cached_property
    def fills_before(self) -> list[Fill]:
        """Those of the trading day before."""
        before = self.calendar.before(self.today)
        return self.fills(before, before)

    @property
    def unsettled(self) -> list[Fill]:
        """Those whose money and shares are still to change hands."""
        return [fill for fill in self.fills(date.min, date.max) if fill.settles_on > self.today]

    def fills(self, start: date, end: date) -> list[Fill]:
        """Its fills between two trading days, oldest first."""
        fills = self.world.books.fills_of(self.account, start=start, end=end)
        listed = self.world.market.instruments
        return [fill for fill in fills if self._includes(listed[fill.symbol])]

    def _includes(self, instrument: Instrument) -> bool:
        return instrument.category == self.category and instrument.home is self.home

    @property
    def cost(self) -> Decimal:
        return sum((holding.position.cost for holding in self.holdings), ZERO)

    @property
    def value(self) -> Decimal:
        return sum((holding.value for holding in self.holdings), ZERO)

    @property
    def profit(self) -> Decimal:
        return self.value - self.cost

    @cached_property
    def quoted_rate(self) -> Decimal:
        """Today's won for as many units of its currency as KIS quotes the rate for."""
        return self.world.rates.quoted(self.home, self.world.rates.today(self._now))

    @property
    def rate(self) -> Decimal:
        """Today's won for one unit of its currency."""
        return self.quoted_rate / self.home.quoted_for

    def in_won(self, amount: Decimal) -> Decimal:
        """An amount of its currency, to the won."""
        return self.world.rates.in_won(self.home, amount, self.world.rates.today(self._now))

    @property
    def cash(self) -> Decimal:
        """With everything settled."""
        return self.account.cash.get(self.currency, ZERO)

    @property
    def cash_before_today(self) -> Decimal:
        """The same without the day's trades."""
        return self.cash - total(self.fills_today, "cash")

    @property
    def available(self) -> Decimal:
        """Cash for new orders."""
        return self.world.broker.means.available_cash(self.account, self.currency)

    @property
    def margin(self) -> Decimal:
        """Cash that open positions bind."""
        return self.world.broker.means.bound_cash(self.account, self.currency)

    @property
    def required(self) -> tuple[Decimal, Decimal]:
        """The margin of Korean contracts at the present prices, and the won that is there for it."""
        market = self.world.market
        return required(market, self.account, lambda instrument: market.quote(instrument, self._now).price)

    @property
    def bound(self) -> Decimal:
        """Cash that open positions and open orders bind."""
        return self.cash - self.available

    def settled(self, days_ahead: int) -> Decimal:
        """Cash as it will stand some trading days from today."""
        on = self.calendar.after(self.today, days_ahead) if days_ahead else self.today
        return self.world.books.settled_cash(self.account, self.currency, on)


def bought(fills: Sequence[Fill]) -> int:
    """Shares bought."""
    return sum(fill.quantity for fill in fills if fill.side is Side.BUY)


def sold(fills: Sequence[Fill]) -> int:
    """Shares sold."""
    return sum(fill.quantity for fill in fills if fill.side is Side.SELL)


def buy_amount(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.amount for fill in fills if fill.side is Side.BUY), ZERO)


def sell_amount(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.amount for fill in fills if fill.side is Side.SELL), ZERO)


def paid(fills: Sequence[Fill]) -> Decimal:
    """What the buys took from the cash, costs included."""
    return -total([fill for fill in fills if fill.side is Side.BUY], "cash")


def received(fills: Sequence[Fill]) -> Decimal:
    """What the sells brought to the cash, costs taken off."""
    return total([fill for fill in fills if fill.side is Side.SELL], "cash")


def costs(fills: Sequence[Fill]) -> Decimal:
    """Commissions and taxes."""
    return sum((fill.commission + fill.tax for fill in fills), ZERO)


def realised(fills: Sequence[Fill]) -> Decimal:
    """Profit of the sells, or of the contracts closed, after costs."""
    return sum((fill.profit for fill in fills), ZERO)


def gains(fills: Sequence[Fill]) -> Decimal:
    """What closing contracts realised, before costs."""
    return sum((fill.gain or ZERO for fill in fills), ZERO)


def total(fills: Sequence[Fill], name: str) -> Decimal:
    """The sum of one amount of each fill: commission, tax, amount, cost or cash."""
    return sum((getattr(fill, name) for fill in fills), ZERO)
