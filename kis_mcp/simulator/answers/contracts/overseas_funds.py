"""What an account has in futures and options abroad: in each country, and all in one currency."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.simulator.answers.portfolio import Portfolio
from kis_mcp.simulator.engine.costs import margin
from kis_mcp.simulator.engine.model import ZERO, Fill
from kis_mcp.simulator.market.places import Country, home_of
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

CATEGORY = "overseas_futureoption"
_CENT = Decimal("0.01")

CONVERTED = {"total_usd": "USD", "total_krw": "KRW", "KRW": "KRW"}
"""Words for a currency into which everything is converted; no contract is paid in won."""

Convert: TypeAlias = Callable[[Decimal, str], Decimal]
"""An amount and its currency → the amount that an answer shows."""


def portfolios(world: World, call: Call) -> list[Portfolio]:
    """What an account has in each country that trades such contracts."""
    account = world.account(call)
    countries: dict[Country, None] = dict.fromkeys(
        i.country for i in world.market.instruments.values() if i.category == CATEGORY
    )
    return [Portfolio(world, account, CATEGORY, call, country) for country in countries]


def money_in(world: World, call: Call) -> Convert:
    """Every currency's own amounts, one currency's alone, or all converted into dollars or won, as a call asks."""
    asked = call.arguments.get("currency", "total_usd")
    day = world.rates.today(call.now)

    def convert(amount: Decimal, currency: str) -> Decimal:
        if asked in ("all", currency):
            return amount.quantize(_CENT)
        if asked not in CONVERTED:
            return ZERO
        worth = world.rates.for_one(home_of(currency), day)
        into = world.rates.for_one(home_of(CONVERTED[asked]), day)
        return (amount * worth / into).quantize(_CENT)

    return convert


def fees(fills: Iterable[Fill], money: Convert) -> Decimal:
    return sum((money(fill.commission + fill.tax, fill.currency) for fill in fills), ZERO)


def is_future(world: World, fill: Fill) -> bool:
    return world.market.instruments[fill.symbol].kind == "future"


class Funds:
    """What an account has in the currencies of its contracts, in the one that a call asks for."""

    def __init__(self, world: World, call: Call) -> None:
        money = money_in(world, call)
        self.everywhere = portfolios(world, call)
        purses = {portfolio.currency: portfolio for portfolio in reversed(self.everywhere)}.values()
        self.cash = sum((money(purse.cash, purse.currency) for purse in purses), ZERO)
        self.bound = sum((money(purse.bound, purse.currency) for purse in purses), ZERO)
        self.margin = sum((money(purse.margin, purse.currency) for purse in purses), ZERO)
        self.free = sum((money(max(purse.available, ZERO), purse.currency) for purse in purses), ZERO)
        self.profit = sum((money(portfolio.profit, portfolio.currency) for portfolio in self.everywhere), ZERO)
        self.by_kind = {"future": ZERO, "bought": ZERO, "sold": ZERO}
        self.options = ZERO
        for holding in (holding for portfolio in self.everywhere for holding in portfolio.holdings):
            instrument, cost = holding.instrument, abs(holding.position.cost)
            side = "sold" if holding.position.quantity < 0 else "bought"
            kind = "future" if instrument.kind == "future" else side
            self.by_kind[kind] += money(margin(instrument, cost), instrument.currency)
            self.options += ZERO if kind == "future" else money(abs(holding.value), instrument.currency)

    @property
    def missing(self) -> Decimal:
        """What the account has to bring so that its positions' margin is covered."""
        return max(self.margin - self.cash - self.profit, ZERO)
