"""A person who trades on the strategies' account beside them, in KIS' own app: the journal never hears of it."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Final

from kis_mcp.simulator import Simulator
from kis_mcp.simulator.engine.model import Account, Action, Order, Side, Ticket
from kis_mcp.simulator.engine.problems import Rejected
from kis_mcp.simulator.world import World

_AT_LIMIT: Final = "00"
_AT_MARKET: Final = "01"
_VENUE: Final = "KRX"
_FAR: Final = Decimal("0.9")
SHARES: Final = (1, 2, 4, 6, 8, 9, 10, 12, 13)
"""In one order: never as many as a strategy orders. By KIS' lists nobody can tell a person's order of the same content
and minute from the strategy's whose answer was lost."""


class Person:
    """Sells only what was bought by that hand.

    Args:
        number: Of the account.
        symbols: What is traded.

    Attributes:
        orders: The numbers of orders and cancels.
    """

    def __init__(self, simulator: Simulator, number: str, symbols: tuple[str, ...], chance: Random) -> None:
        self._simulator = simulator
        self._number = number
        self._symbols = symbols
        self._chance = chance
        self.orders: set[str] = set()

    def act(self) -> str:
        """Buy, sell or cancel something; what it was, or nothing."""
        return self._simulator.kis.read(self._act)

    def _act(self, world: World, now: datetime) -> str:
        account = next((one for one in world.books.accounts.values() if one.number == self._number), None)
        if account is None:
            return ""
        world.broker.advance(now)
        doing = self._chance.choice((self._buy, self._buy, self._rest, self._sell, self._sell, self._cancel))
        try:
            return doing(world, account, now)
        except Rejected as rejected:
            return f"rejected: {rejected.problem.name}"

    def _buy(self, world: World, account: Account, now: datetime) -> str:
        symbol = self._chance.choice(self._symbols)
        return self._place(
            world, account, Ticket(symbol, Side.BUY, self._shares(), _AT_MARKET, Decimal(0), venue=_VENUE), now, "buy"
        )

    def _rest(self, world: World, account: Account, now: datetime) -> str:
        symbol = self._chance.choice(self._symbols)
        instrument = world.market.instruments[symbol]
        units = int(world.market.quote(instrument, now).price * _FAR / instrument.price(1))
        price = instrument.price(units // instrument.tick(units) * instrument.tick(units))
        ticket = Ticket(symbol, Side.BUY, self._shares(), _AT_LIMIT, price, venue=_VENUE)
        return self._place(world, account, ticket, now, "buy far below")

    def _sell(self, world: World, account: Account, now: datetime) -> str:
        held: defaultdict[str, int] = defaultdict(int)
        for fill in world.books.fills.values():
            if fill.order in self.orders:
                held[fill.symbol] += fill.quantity if fill.side is Side.BUY else -fill.quantity
        for order in world.broker.open_orders(account):
            if order.number in self.orders and order.side is Side.SELL:
                held[order.symbol] -= order.remaining
        some = [symbol for symbol, shares in held.items() if shares > 0]
        if not some:
            return ""
        symbol = self._chance.choice(some)
        shares = self._chance.choice([each for each in SHARES if each <= held[symbol]])
        return self._place(
            world, account, Ticket(symbol, Side.SELL, shares, _AT_MARKET, Decimal(0), venue=_VENUE), now, "sell"
        )

    def _cancel(self, world: World, account: Account, now: datetime) -> str:
        """An order that stands, a strategy's too."""
        standing = [order for order in world.broker.open_orders(account) if order.action is Action.NEW]
        if not standing:
            return ""
        order = self._chance.choice(standing)
        cancel = world.broker.cancel(account, order.number, None, now)
        whose = "own" if order.number in self.orders else "a strategy's"
        self.orders.add(cancel.number)
        return f"cancel {whose}"

    def _place(self, world: World, account: Account, ticket: Ticket, now: datetime, what: str) -> str:
        order: Order = world.broker.place(account, ticket, now)
        self.orders.add(order.number)
        return what

    def _shares(self) -> int:
        return self._chance.choice(SHARES)
