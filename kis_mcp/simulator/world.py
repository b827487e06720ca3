"""Everything behind the gateway: one market, and the customers who trade in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kis_mcp.simulator.engine.books import Books, WrongOwner
from kis_mcp.simulator.engine.broker import Broker
from kis_mcp.simulator.engine.events import OrderReporter
from kis_mcp.simulator.engine.model import Account, Order
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.ledger import Ledger
from kis_mcp.simulator.market.exchange_rates import ExchangeRates
from kis_mcp.simulator.market.indices import IndexMarket
from kis_mcp.simulator.market.instruments import Category, Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.own import OwnCandles
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.market.totals import Totals
from kis_mcp.simulator.market.trades import LargeTrades
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.state import StateStore
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.elements import wrong_account

_DAY_ELSEWHERE = timedelta(days=4)
"""How far an order's trading day may be from its day in Korea, over a weekend."""


@dataclass(frozen=True, slots=True)
class Founding:
    """What a world was made with.

    Attributes:
        numbered_from: Its first order's number: beyond all that were given before it was reset, so that no number
            means two orders.
    """

    seed: int = 1
    numbered_from: int = 1


class World:
    """One market with one broker, shared by both hosts; their accounts are apart."""

    def __init__(
        self,
        founding: Founding,
        options: SimulatorOptions,
        store: StateStore,
        own: Mapping[str, OwnCandles],
        report: OrderReporter = lambda _: None,
    ) -> None:
        self.founding = founding
        self.market = Market(founding.seed, keep_hours=options.market_hours, own=own)
        self.indices = IndexMarket(self.market)
        self.totals = Totals(self.market)
        self.large_trades = LargeTrades(self.market)
        cash = {home.currency: home.starting_cash for home in homes().values()}
        cash |= {"KRW": options.starting_krw, "USD": options.starting_usd}
        self.books = Books(self.market, store, cash)
        self.broker = Broker(
            self.market,
            self.books,
            store,
            check_hours=options.market_hours,
            numbered_from=founding.numbered_from,
            report=report,
        )
        self.ledger = Ledger(self.broker, self.books)
        self.rates = ExchangeRates(self.market)

    @property
    def next_number(self) -> int:
        """A number that no order and no reservation has had."""
        given = max(len(self.broker.orders), len(self.broker.reservations.all))
        return self.founding.numbered_from + given

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

        Those before the first day that is asked for are left out, where that is far back.

        Raises:
            Refusal: It belongs to another app key.
        """
        listed = self.market.instruments
        start = call.day("start_date")
        since = start - _DAY_ELSEWHERE if start else date.min
        return [o for o in self.broker.orders_of(self.account(call), since) if listed[o.symbol].category == category]

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
