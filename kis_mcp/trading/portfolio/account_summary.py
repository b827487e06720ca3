"""What all accounts together are worth in won, and which parts that has."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from kis_mcp.catalog import rounded
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.portfolio.amounts import difference
from kis_mcp.trading.portfolio.balances import Balance, read_balances
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates, try_read_exchange_rates
from kis_mcp.trading.portfolio.holdings import Holdings, example_of, read_holdings
from kis_mcp.trading.venues import CONTRACT_MARKETS

_PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What makes up a worth: all of them add up to it. What KIS does not tell, and what is not there, is None.

    Attributes:
        settled_cash: Without what has not settled.
        unsettled: What sales are still to bring, less what purchases are still to cost. With it the settled cash is
            what `Balance` and `CurrencyExposure` call cash.
        securities: Stocks, funds and bonds at current prices.
        free_futures_deposit: What the futures accounts are worth, open results and options included, less their margin.
        margin: What open contracts bind of that worth.
        loans: What is owed for stocks, below zero.
    """

    settled_cash: Decimal | None = None
    unsettled: Decimal | None = None
    securities: Decimal | None = None
    free_futures_deposit: Decimal | None = None
    margin: Decimal | None = None
    loans: Decimal | None = None

    @property
    def amounts(self) -> list[Decimal | None]:
        return [getattr(self, part.name) for part in fields(Parts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketWorth(Parts):
    """One market's part of the accounts, in ``currency``.

    Attributes:
        total: Of its known parts.
        total_krw: None where the exchange rate is not known.
        share: Of the total of all, in percent.
    """

    market: str
    currency: str
    total: Decimal | None
    total_krw: Decimal | None
    share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total(Parts):
    """The sum of all markets, in won, of what is known and has an exchange rate."""

    total: Decimal


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """What the accounts are worth.

    Attributes:
        notes: What is missing or unknown.
        complete: Whether the total is that of everything.
    """

    total: Total
    markets: list[MarketWorth]
    rates: ExchangeRates
    notes: list[str]
    complete: bool

    def share_of(self, amount_krw: Decimal | None) -> Decimal | None:
        """An amount in percent of the total; None where there is nothing to compare."""
        return share(amount_krw, self.total.total)


def share(amount_krw: Decimal | None, of: Decimal) -> Decimal | None:
    """An amount in percent of a whole, which has to be more than nothing."""
    return rounded(amount_krw / of * 100, _PERCENT) if amount_krw is not None and of > 0 else None


async def read_account_summary(kis: KisReads, held: Holdings | None = None) -> AccountSummary:
    """The worth of all accounts now.

    Args:
        held: What is held in all markets, where that is known.

    Raises:
        KisMcpError: No holdings or no balance could be read.
    """
    held = held or await read_holdings(kis)
    balances = await read_balances(kis, held=held)
    parts = [(row, _parts(row)) for row in balances.rows]
    foreign = {row.currency for row, one in parts if any(one.amounts)} - {"KRW"}
    foreign |= {holding.currency for holding in held.lots} - {"KRW"}
    rates, problems = (
        await try_read_exchange_rates(kis, example_of(held.positions)) if foreign else (ExchangeRates({}), [])
    )
    notes = [*held.notes, *balances.notes, *problems]
    if missing := rates.missing(foreign):
        notes.append(f"KIS tells no exchange rate for {', '.join(missing)}: those amounts are in no sum in won.")
    if unvalued := [one.symbol for one in held.positions if one.value is None and not one.is_future]:
        notes.append(f"KIS tells no current value of {', '.join(unvalued)}: they count for nothing here.")
    if unknown := [row.market for row, one in parts if _lacks(row, one)]:
        notes.append(f"The total is without what KIS does not tell of {', '.join(dict.fromkeys(unknown))}.")
    total = _total(rates, parts)
    return AccountSummary(
        total=total,
        markets=[_worth(rates, row, one, total.total) for row, one in parts],
        rates=rates,
        notes=list(dict.fromkeys(notes)),
        complete=held.complete and balances.complete and not (problems or missing or unvalued or unknown),
    )


def _parts(row: Balance) -> Parts:
    if row.market in CONTRACT_MARKETS:
        return Parts(free_futures_deposit=difference(row.total_value, row.margin or Decimal(0)), margin=row.margin)
    return Parts(
        settled_cash=difference(row.cash, row.unsettled or Decimal(0)),
        unsettled=row.unsettled,
        securities=row.stock_value,
        loans=None if row.loans is None else -row.loans,
    )


def _lacks(row: Balance, parts: Parts) -> bool:
    """Whether KIS should tell something that it does not; of bonds there is no cash."""
    if row.market in CONTRACT_MARKETS:
        return parts.free_futures_deposit is None
    return parts.securities is None or (parts.settled_cash is None and row.market != "domestic_bond")


def _worth(rates: ExchangeRates, row: Balance, parts: Parts, whole: Decimal) -> MarketWorth:
    known = [amount for amount in parts.amounts if amount is not None]
    total = sum(known, Decimal(0)) if known else None
    total_krw = rates.won(total, row.currency)
    return MarketWorth(
        market=row.market,
        currency=row.currency,
        **_by_name(parts),
        total=total,
        total_krw=total_krw,
        share=share(total_krw, whole),
    )


def _total(rates: ExchangeRates, parts: Iterable[tuple[Balance, Parts]]) -> Total:
    found = dict[str, Decimal]()
    for row, one in parts:
        for name, amount in _by_name(one).items():
            if (won := rates.won(amount, row.currency)) is not None:
                found[name] = found.get(name, Decimal(0)) + won
    return Total(**found, total=sum(found.values(), Decimal(0)))


def _by_name(parts: Parts) -> dict[str, Decimal | None]:
    return {part.name: getattr(parts, part.name) for part in fields(Parts)}
