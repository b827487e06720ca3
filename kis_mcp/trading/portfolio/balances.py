"""What each account and market is worth: cash, holdings and profit."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kis_mcp.catalog.decode import Record
from kis_mcp.catalog.fields import number, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.portfolio.amounts import rate, total
from kis_mcp.trading.portfolio.exchange_rates import EVERYTHING_ABROAD, PRESENT_BALANCE
from kis_mcp.trading.portfolio.holding_lists import markets_with_holdings
from kis_mcp.trading.portfolio.holdings import Holding, read_holdings
from kis_mcp.trading.venues.exchanges import COUNTRIES, STOCK_MARKETS

_NOTHING: Record = {}
_CURRENCIES: Mapping[str, str] = dict(COUNTRIES.values())
_ALWAYS_SHOWN = ("US", "USD")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One market's part of the accounts, in ``currency``; what KIS does not tell is None.

    Attributes:
        cash: Of Korean stocks what is left when every trade so far has settled; abroad what has settled.
        withdrawable_cash: What can be taken out today.
        stock_value: Holdings at current prices.
        total_value: Cash and holdings; of contracts what the account is worth.
        purchase_amount: What the holdings cost.
        profit, profit_rate: Of the holdings, not realized; the rate in percent of what they cost.
    """

    market: str
    currency: str
    cash: Decimal | None
    withdrawable_cash: Decimal | None
    stock_value: Decimal | None
    total_value: Decimal | None
    purchase_amount: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None


@dataclass(slots=True)
class Balances:
    """Rows by market and currency.

    Attributes:
        notes: What is missing or unknown.
        complete: Whether everything could be read.
    """

    rows: list[Balance] = field(default_factory=list[Balance])
    notes: list[str] = field(default_factory=list[str])
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Cash:
    """Money in one currency: what has settled, and what can be taken out today."""

    settled: Decimal | None
    withdrawable: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summary:
    """KIS' own sums of an account, in won; ``names`` maps facts of a `Balance` to fields."""

    tool: str
    block: str
    names: Mapping[str, str]


_SUMMARIES: Mapping[str, _Summary] = {
    "KR": _Summary(
        tool="domestic_stock_inquire_balance",
        block="summary",
        names={
            "cash": "provisional_settlement_amount",
            "stock_value": "securities_valuation_amount",
            "total_value": "total_valuation_amount",
            "purchase_amount": "purchase_amount_total",
            "profit": "valuation_profit_loss_total",
        },
    ),
    "domestic_futureoption": _Summary(
        tool="domestic_fo_inquire_balance",
        block="summary",
        names={
            "cash": "total_deposit",
            "withdrawable_cash": "total_withdrawable_amount",
            "total_value": "estimated_deposit_asset_amount",
            "profit": "valuation_profit_loss_sum",
        },
    ),
    "overseas_futureoption": _Summary(
        tool="overseas_fo_inquire_deposit",
        block="deposit",
        names={
            "cash": "deposit_balance",
            "withdrawable_cash": "withdrawable_amount",
            "total_value": "total_asset_valuation_amount",
            "profit": "derivative_valuation_profit_loss",
        },
    ),
}
"""Market → what KIS adds up itself; every other market is added up from its holdings."""


async def read_balances(kis: KisReads, markets: Collection[str] | None = None) -> Balances:
    """Cash, holdings and profit of these markets; without markets, of all in which there is something.

    Raises:
        KisMcpError: Nothing could be read.
    """
    found, failures = Balances(), list[KisMcpError]()
    for market, summary in _SUMMARIES.items():
        if market in markets if markets is not None else is_offered(kis, summary.tool):
            try:
                found.rows.append(await _read_summary(kis, market, summary))
            except KisMcpError as error:
                _log.warning("The balance of %s could not be read: %s", market, error)
                failures.append(error)
                found.notes.append(f"The balance of {market} could not be read: {error.what}")
    others = [market for market in markets or markets_with_holdings(kis) if market not in _SUMMARIES]
    if others:
        try:
            await _add_other_markets(kis, others, found, is_named=markets is not None)
        except KisMcpError as error:
            _log.warning("The balance of %s could not be read: %s", ", ".join(others), error)
            failures.append(error)
            found.notes.append(f"The balance of {', '.join(others)} could not be read: {error.what}")
    if failures and not found.rows:
        raise failures[0]
    found.complete = found.complete and not failures
    return found


async def read_balance(kis: KisReads, market: str) -> Balance:
    """Cash, holdings and profit of one market.

    Raises:
        KisMcpError: KIS fails, or says no.
    """
    return next(row for row in (await read_balances(kis, [market])).rows if row.market == market)


async def read_cash_abroad(kis: KisReads) -> Mapping[str, Cash]:
    """Cash by foreign currency, as far as KIS tells."""
    if not is_offered(kis, PRESENT_BALANCE):
        return {}
    page = await kis.rows(PRESENT_BALANCE, EVERYTHING_ABROAD)
    return {
        currency: Cash(number(row, "fx_deposit"), number(row, "fx_withdrawable_amount"))
        for row in page.rows("cash")
        if (currency := text(row, "currency"))
    }


async def _read_summary(kis: KisReads, market: str, summary: _Summary) -> Balance:
    block = (await kis.rows(summary.tool, {})).blocks.get(summary.block, _NOTHING)
    row = block if isinstance(block, dict) else next(iter(block), _NOTHING)
    amounts = {fact: number(row, name) for fact, name in summary.names.items()}
    cost, profit = amounts.get("purchase_amount"), amounts.get("profit")
    return Balance(
        market=market,
        currency="KRW",
        cash=amounts.get("cash"),
        withdrawable_cash=amounts.get("withdrawable_cash"),
        stock_value=amounts.get("stock_value"),
        total_value=amounts.get("total_value"),
        purchase_amount=cost,
        profit=profit,
        profit_rate=rate(profit, cost),
    )


async def _add_other_markets(kis: KisReads, markets: Collection[str], found: Balances, *, is_named: bool) -> None:
    """The markets that KIS does not add up: from their holdings, and abroad with the cash in their currency.

    Args:
        is_named: Whether each of them is wanted, if it is empty too.
    """
    held = await read_holdings(kis, markets)
    found.notes += held.notes
    found.complete = found.complete and held.complete
    cash = await _try_read_cash_abroad(kis)
    groups: dict[tuple[str, str], list[Holding]] = {
        (market, currency): []
        for market, currency in _CURRENCIES.items()
        if market in markets
        and (is_named or (market, currency) == _ALWAYS_SHOWN or (currency in cash and cash[currency].settled))
    }
    for holding in held.positions:
        groups.setdefault((holding.market, holding.currency), []).append(holding)
    if unvalued := [holding.symbol for holding in held.positions if holding.value is None]:
        found.notes.append(f"KIS tells no current value of {', '.join(unvalued)}, so the sums with it are left out.")
    without_cash = list[str]()
    for (market, currency), holdings in groups.items():
        mine = cash.get(currency) if _CURRENCIES.get(market) == currency else None
        found.rows.append(_add_up(market, currency, holdings, mine))
        if market in STOCK_MARKETS and (mine is None or mine.settled is None):
            without_cash.append(currency)
    if without_cash:
        names = ", ".join(dict.fromkeys(without_cash))
        found.notes.append(f"KIS tells no cash in {names}, so there cash and total_value are left out.")


async def _try_read_cash_abroad(kis: KisReads) -> Mapping[str, Cash]:
    try:
        return await read_cash_abroad(kis)
    except KisMcpError as error:
        _log.warning("The cash abroad could not be read: %s", error)
        return {}


def _add_up(market: str, currency: str, held: Sequence[Holding], cash: Cash | None) -> Balance:
    value = total(holding.value for holding in held)
    cost, profit = total(holding.purchase_amount for holding in held), total(holding.profit for holding in held)
    settled = cash.settled if cash else None
    return Balance(
        market=market,
        currency=currency,
        cash=settled,
        withdrawable_cash=cash.withdrawable if cash else None,
        stock_value=value,
        total_value=total([settled, value]),
        purchase_amount=cost,
        profit=profit,
        profit_rate=rate(profit, cost),
    )
