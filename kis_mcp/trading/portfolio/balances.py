"""What each account and market is worth: cash, holdings and profit."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kis_mcp.catalog import Record, number, text
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads, is_offered
from kis_mcp.trading.portfolio.amounts import difference, known_total, rate, total
from kis_mcp.trading.portfolio.exchange_rates import EVERYTHING_ABROAD, PRESENT_BALANCE
from kis_mcp.trading.portfolio.holding_lists import markets_with_holdings
from kis_mcp.trading.portfolio.holdings import Holding, Holdings, read_holdings
from kis_mcp.trading.venues import COUNTRIES

_NOTHING: Record = {}
_CURRENCIES: Mapping[str, str] = dict(COUNTRIES.values())
_HOMES: Mapping[str, str] = {currency: country for country, currency in _CURRENCIES.items()}
_ALWAYS_SHOWN = ("US", "USD")
_ELSEWHERE = "overseas"
"""The market of money and holdings of other countries."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One market's part of the accounts, in ``currency``; what KIS does not tell is None.

    Attributes:
        cash: What is left when every trade so far has settled; of contracts the deposit.
        unsettled: What of the cash has not settled; below zero for purchases.
        withdrawable_cash: What can be taken out today.
        stock_value: Holdings at current prices, as far as they have one.
        total_value: Cash and holdings; of contracts what the account is worth, with the result of what is open.
        margin: What of a deposit contracts bind.
        loans: What is owed for stocks; total_value is before it is paid back.
        purchase_amount: What the holdings cost.
        profit, profit_rate: Of the holdings, not realized; the rate in percent of what they cost.
    """

    market: str
    currency: str
    cash: Decimal | None
    unsettled: Decimal | None = None
    withdrawable_cash: Decimal | None
    stock_value: Decimal | None
    total_value: Decimal | None
    margin: Decimal | None = None
    loans: Decimal | None = None
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
    """Money in one currency.

    Attributes:
        settled: Today's trades are not in it yet.
        unsettled: What the day's sales bring and its purchases cost; None where KIS does not tell.
        withdrawable: What can be taken out today.
    """

    settled: Decimal | None
    unsettled: Decimal | None
    withdrawable: Decimal | None

    @property
    def is_there(self) -> bool:
        return bool(self.settled or self.unsettled)

    @property
    def executed(self) -> Decimal | None:
        """What goes with the holdings as they are, which count today's trades; without those where KIS tells none."""
        return None if self.settled is None else self.settled + (self.unsettled or 0)


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
            "settled": "total_deposit",
            "loans": "total_loan_amount",
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
            "margin": "total_margin",
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
            "margin": "customer_margin",
            "profit": "derivative_valuation_profit_loss",
        },
    ),
}
"""Market → what KIS adds up itself; every other market is added up from its holdings."""


async def read_balances(
    kis: KisReads, markets: Collection[str] | None = None, *, held: Holdings | None = None
) -> Balances:
    """Cash, holdings and profit of these markets; without markets, of all in which there is something.

    Args:
        held: What is held in all markets, where that is known.

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
            await _add_other_markets(kis, others, found, held, is_named=markets is not None)
        except KisMcpError as error:
            _log.warning("The balance of %s could not be read: %s", ", ".join(others), error)
            failures.append(error)
            found.notes.append(f"The balance of {', '.join(others)} could not be read: {error.what}")
    if failures and not found.rows:
        raise failures[0]
    found.complete = found.complete and not failures
    return found


async def read_cash_abroad(kis: KisReads) -> Mapping[str, Cash]:
    """Cash by foreign currency, as far as KIS tells."""
    if not is_offered(kis, PRESENT_BALANCE):
        return {}
    page = await kis.rows(PRESENT_BALANCE, EVERYTHING_ABROAD)
    return {
        currency: Cash(
            settled=number(row, "fx_deposit"),
            unsettled=difference(number(row, "fx_sell_amount_total"), number(row, "fx_buy_amount_total")),
            withdrawable=number(row, "fx_withdrawable_amount"),
        )
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
        unsettled=difference(amounts.get("cash"), amounts.get("settled")),
        withdrawable_cash=amounts.get("withdrawable_cash"),
        stock_value=amounts.get("stock_value"),
        total_value=amounts.get("total_value"),
        margin=amounts.get("margin"),
        loans=amounts.get("loans") or None,
        purchase_amount=cost,
        profit=profit,
        profit_rate=rate(profit, cost),
    )


async def _add_other_markets(
    kis: KisReads, markets: Collection[str], found: Balances, held: Holdings | None, *, is_named: bool
) -> None:
    """The markets that KIS does not add up: from their holdings, and abroad with the cash in their currency.

    Args:
        is_named: Whether each of them is wanted, if it is empty too.
    """
    held = held or await read_holdings(kis, markets)
    cash, problems = await try_read_cash_abroad(kis)
    found.notes += [*held.notes, *problems]
    found.complete = found.complete and held.complete and not problems
    positions = [holding for holding in held.positions if holding.market in markets]
    groups: dict[tuple[str, str], list[Holding]] = {
        (market, currency): []
        for market, currency in _CURRENCIES.items()
        if market in markets
        and (is_named or (market, currency) == _ALWAYS_SHOWN or (currency in cash and cash[currency].is_there))
    }
    if not is_named:
        groups |= {(_ELSEWHERE, currency): [] for currency, money in cash.items() if _is_homeless(currency, money)}
    for holding in positions:
        groups.setdefault((holding.market, holding.currency), []).append(holding)
    if unvalued := [holding.symbol for holding in positions if holding.value is None or holding.profit is None]:
        found.notes.append(f"KIS tells no current value or profit of {', '.join(unvalued)}: not in the sums.")
    for (market, currency), holdings in groups.items():
        mine = cash.get(currency) if _HOMES.get(currency, _ELSEWHERE) == market else None
        found.rows.append(_add_up(market, currency, holdings, mine))
    found.notes += _notes_on_cash(found.rows, cash)


def _is_homeless(currency: str, money: Cash) -> bool:
    """Whether it is money in a currency that none of the stock markets has."""
    return currency not in _HOMES and currency != "KRW" and money.is_there


def _notes_on_cash(rows: Sequence[Balance], cash: Mapping[str, Cash]) -> list[str]:
    abroad = [row for row in rows if row.market in (*_CURRENCIES, _ELSEWHERE)]
    notes = list[str]()
    if without := dict.fromkeys(row.currency for row in abroad if row.cash is None):
        notes.append(f"KIS tells no cash in {', '.join(without)}, so there cash and total_value are left out.")
    money = {row.currency: cash[row.currency] for row in abroad if row.cash is not None and row.currency in cash}
    if untold := [currency for currency, one in money.items() if one.unsettled is None]:
        notes.append(f"KIS does not tell the day's trades in {', '.join(untold)}: cash is without them.")
    return notes


async def try_read_cash_abroad(kis: KisReads) -> tuple[Mapping[str, Cash], list[str]]:
    """As `read_cash_abroad`; where KIS fails none is known, and a note says so."""
    try:
        return await read_cash_abroad(kis), []
    except KisMcpError as error:
        _log.warning("The cash abroad could not be read: %s", error)
        return {}, [f"The cash abroad could not be read: {error.what}"]


def _add_up(market: str, currency: str, held: Sequence[Holding], cash: Cash | None) -> Balance:
    value = known_total(holding.value for holding in held)
    measured = [holding for holding in held if holding.profit is not None and holding.purchase_amount is not None]
    executed = cash.executed if cash else None
    return Balance(
        market=market,
        currency=currency,
        cash=executed,
        unsettled=cash.unsettled if cash else None,
        withdrawable_cash=cash.withdrawable if cash else None,
        stock_value=value,
        total_value=total([executed, value]),
        purchase_amount=known_total(holding.purchase_amount for holding in held),
        profit=known_total(holding.profit for holding in held),
        profit_rate=rate(
            total(holding.profit for holding in measured), total(holding.purchase_amount for holding in measured)
        ),
    )
