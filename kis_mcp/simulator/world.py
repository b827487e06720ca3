"""Everything behind the gateway: one market, and the customers who trade in it."""

from kis_mcp.simulator.engine.books import Books, WrongOwner
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.model import Account, Order
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.ledger import Ledger
from kis_mcp.simulator.market.exchange_rates import ExchangeRates
from kis_mcp.simulator.market.indices import IndexMarket
from kis_mcp.simulator.market.instruments import Category, Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.elements import wrong_account


class World:
    """One market with one broker, shared by both hosts; their accounts are apart."""

    def __init__(self, options: SimulatorOptions, store: StateStore) -> None:
        self.market = Market(options.seed, keep_hours=options.market_hours)
        self.indices = IndexMarket(self.market)
        cash = {home.currency: home.starting_cash for home in homes().values()}
        cash |= {"KRW": options.starting_krw, "USD": options.starting_usd}
        self.books = Books(self.market, store, cash)
        self.broker = Broker(self.market, self.books, store, check_hours=options.market_hours)
        self.ledger = Ledger(self.broker, self.books)
        self.rates = ExchangeRates(self.market)

    def account(self, call: Call) -> Account:
        """The account that a call names, opened at its first use.

        Raises:
            Refusal: It belongs to another app key.
        """
        number, product = call.text("CANO"), call.text("ACNT_PRDT_CD")
        try:
            return self.books.account(call.host, number, product, call.owner)
        except WrongOwner:
            raise wrong_account() from None

    def orders(self, call: Call, category: Category) -> list[Order]:
        """The orders in one of KIS' categories of the account that a call names, oldest first.

        Raises:
            Refusal: It belongs to another app key.
        """
        listed = self.market.instruments
        return [o for o in self.broker.orders_of(self.account(call)) if listed[o.symbol].category == category]

    def listed(self, call: Call, symbol: str) -> Instrument:
        """The instrument of a symbol, in the category of the API that is called.

        Raises:
            Rejected: There is none, or it is not listed on the day.
        """
        instrument = self.market.find(symbol)
        if instrument is None or instrument.category != call.api.category:
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        if not self.market.is_listed(instrument, call.now):
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        return instrument
