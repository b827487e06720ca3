"""What an account can afford: cash, shares and credit that no open order has taken."""

from collections.abc import Callable
from decimal import Decimal

from kis_mcp.simulator.engine.costs import commission, margin, needed_cash, short_margin, tax
from kis_mcp.simulator.engine.credit import CREDIT_TYPES, OWN_SHARE, CreditType, exchanged, lent, lot_key, lot_of
from kis_mcp.simulator.engine.model import ZERO, Account, Manner, Order, Position, Side
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.states import is_administrative


class Means:
    """What is bound in every account.

    Args:
        market: What prices are.
        open_orders: An account's orders that rest.
    """

    def __init__(self, market: Market, open_orders: Callable[[Account], list[Order]]) -> None:
        self._market = market
        self._open_orders = open_orders

    def held_cash(self, account: Account, currency: str, *new: Order) -> Decimal:
        """Cash that open orders, and new ones, have taken; what closes a position needs none.

        To buy borrowed shares back takes what neither the proceeds of their sale nor the collateral covers.
        """
        closable = {(key, lot.closing_side): abs(lot.quantity) for key, lot in account.lots.items()}
        held = ZERO
        for order in (*self._open_orders(account), *new):
            instrument, lot = self._market.instruments[order.symbol], lot_of(order)
            if instrument.currency == currency:
                closing = min(order.remaining, closable.get((lot, order.side), 0))
                closable[lot, order.side] = closable.get((lot, order.side), 0) - closing
                opening = order.remaining - closing
                held += self._opening_need(instrument, order, opening) if opening else ZERO
                held += self._repaying_need(account, instrument, order, closing) if closing else ZERO
        return held

    def bound_cash(self, account: Account, currency: str) -> Decimal:
        """Cash that open positions bind: contracts' margin and short sales' collateral."""
        listed, bound = self._market.instruments, ZERO
        for symbol, position in account.positions.items():
            instrument = listed[symbol]
            if instrument.margin_rate and instrument.currency == currency:
                bound += margin(instrument, abs(position.cost)) + short_margin(
                    self._market, instrument, position.quantity
                )
        shorts = (loan.cost for loan in account.loans.values() if listed[loan.symbol].currency == currency)
        return bound - OWN_SHARE * sum((cost for cost in shorts if cost < 0), ZERO)

    def opening_need(self, instrument: Instrument, side: Side, price: Decimal, quantity: int) -> Decimal:
        """What opening a position without credit takes at most, costs included."""
        risk = short_margin(self._market, instrument, side.sign * quantity)
        return needed_cash(instrument, price, quantity) + risk

    def available_cash(self, account: Account, currency: str) -> Decimal:
        """Cash for new orders."""
        free = account.cash.get(currency, ZERO) - self.bound_cash(account, currency)
        return free - self.held_cash(account, currency)

    def closable(self, account: Account, lot: str) -> int:
        """Shares or contracts of a position or a loan that no open order closes."""
        position = account.lots.get(lot, Position())
        open_orders = (order for order in self._open_orders(account) if lot_of(order) == lot)
        return abs(position.quantity) - sum(o.remaining for o in open_orders if o.side is position.closing_side)

    def repayable(self, account: Account, symbol: str, kind: CreditType) -> int:
        """Shares of all loans of one kind that no open order closes."""
        loans = (loan for loan in account.loans.values() if loan.quantity)
        mine = (loan for loan in loans if (loan.symbol, loan.credit_type) == (symbol, kind.opened_as))
        return sum(self.closable(account, lot_key(symbol, kind.code, loan.loan_date)) for loan in mine)

    def credit_left(self, account: Account, kind: CreditType, *new: Order) -> Decimal:
        """What the lender still gives, open orders and new ones counted: won, or won's worth of shares."""
        loans = (loan.lent for loan in account.loans.values() if (loan.lent < 0) is kind.is_short)
        left = kind.limit - abs(sum(loans, ZERO))
        for order in (*self._open_orders(account), *new):
            its = CREDIT_TYPES.get(order.credit_type)
            if its and its.opens and its.is_short is kind.is_short:
                left -= abs(lent(its, self._price(order) * order.remaining))
        return left

    def openable(self, account: Account, instrument: Instrument, kind: CreditType, price: Decimal) -> int:
        """Shares at a price that cash and credit are enough for."""
        cash = max(self.available_cash(account, instrument.currency), ZERO)
        left = max(self.credit_left(account, kind), ZERO)
        most = int(min(cash / _own_part(instrument, kind, price * 1000), left / abs(lent(kind, price * 1000))) * 1000)
        while most and (_own_part(instrument, kind, price * most) > cash or abs(lent(kind, price * most)) > left):
            most -= 1
        return most

    def check(self, account: Account, order: Order) -> None:
        """Whether the account has what an order takes; what is margined may be sold short.

        Raises:
            Rejected: It has not.
        """
        instrument, kind = self._market.instruments[order.symbol], CREDIT_TYPES.get(order.credit_type)
        closes = not kind.opens if kind else order.side is Side.SELL and not instrument.margin_rate
        if closes:
            left = self.closable(account, lot_of(order))
            if left < order.quantity:
                raise Rejected(Problem.TOO_MANY_SHARES if left > 0 else Problem.NO_HOLDINGS)
        if kind and kind.opens and (is_administrative(instrument) or self.credit_left(account, kind, order) < 0):
            raise Rejected(Problem.NO_CREDIT)
        currency = instrument.currency
        need = self.held_cash(account, currency, order) - self.held_cash(account, currency)
        if need and need > self.available_cash(account, currency):
            raise Rejected(Problem.NO_CASH)

    def _opening_need(self, instrument: Instrument, order: Order, quantity: int) -> Decimal:
        price, kind = self._price(order), CREDIT_TYPES.get(order.credit_type)
        if kind is None:
            return self.opening_need(instrument, order.side, price, quantity)
        return _own_part(instrument, kind, price * quantity)

    def _repaying_need(self, account: Account, instrument: Instrument, order: Order, quantity: int) -> Decimal:
        loan, kind = account.loans.get(lot_of(order)), CREDIT_TYPES.get(order.credit_type)
        if loan is None or kind is None or not kind.is_short:
            return ZERO
        amount = self._price(order) * quantity
        proceeds, interest = exchanged(kind, loan, amount, quantity, order.day)
        return max(amount + commission(instrument, amount) + interest - proceeds * (1 + OWN_SHARE), ZERO)

    def _price(self, order: Order) -> Decimal:
        """What a share of an order costs at most; what may fill above its limit, as a short sale, counts as dearest."""
        kind, instrument = CREDIT_TYPES.get(order.credit_type), self._market.instruments[order.symbol]
        is_short = kind is not None and kind.opens and kind.is_short
        if order.limit is not None and not is_short and order.manner not in (Manner.MIDPOINT, Manner.CLOSING):
            return order.limit
        return instrument.price(self._market.limits(instrument, order.day)[1])


def _own_part(instrument: Instrument, kind: CreditType, amount: Decimal) -> Decimal:
    """What a customer pays or puts up to open a loan, costs included."""
    own = amount * OWN_SHARE if kind.is_short else amount - lent(kind, amount)
    return own + commission(instrument, amount) + tax(instrument, kind.side, amount)
