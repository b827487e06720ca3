"""How much is at stake where: the holdings and cash of all accounts by instrument, market and currency."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.portfolio.account_summary import AccountSummary, MarketWorth, read_account_summary
from kis_mcp.trading.portfolio.amounts import known_total
from kis_mcp.trading.portfolio.holdings import Holding, read_holdings
from kis_mcp.trading.venues import CONTRACT_MARKETS

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentExposure:
    """One instrument in one account, as in `Holding`.

    Attributes:
        value_krw: Its worth, below zero for a short position; None where it has none or there is no exchange rate.
        notional_krw: What a future stands for, which is no worth.
        share: Of the worth of all accounts, in percent; a short position has one too.
    """

    account: str
    market: str
    symbol: str
    name: str | None
    currency: str
    quantity: Decimal | None
    value: Decimal | None
    value_krw: Decimal | None
    share: Decimal | None
    notional: Decimal | None
    notional_krw: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketExposure:
    """The holdings of one market: those that have a worth."""

    market: str
    value_krw: Decimal | None
    share: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyExposure:
    """Everything in one currency.

    Attributes:
        value: Of the holdings, without contracts.
        cash: When all trades have settled.
        futures_deposit: What the futures accounts are worth, contracts included.
        total_krw, share: Of all of these, loans taken off.
    """

    currency: str
    value: Decimal | None
    value_krw: Decimal | None
    cash: Decimal | None
    cash_krw: Decimal | None
    futures_deposit: Decimal | None
    total_krw: Decimal | None
    share: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Rows by instrument, market and currency; each share is of the summary's total."""

    instruments: list[InstrumentExposure]
    markets: list[MarketExposure]
    currencies: list[CurrencyExposure]
    summary: AccountSummary


async def read_exposure(kis: KisReads) -> Exposure:
    """The exposure now.

    Raises:
        KisMcpError: No list of holdings or no balance could be read.
    """
    found = await read_holdings(kis)
    summary = await read_account_summary(kis, found)
    held = sorted(found.positions, key=lambda one: -abs(_won(summary, one) or Decimal(0)))
    worths = _grouped(summary.markets, lambda worth: worth.currency)
    by_currency = _grouped(held, lambda one: one.currency)
    return Exposure(
        instruments=[_instrument(summary, holding) for holding in held],
        markets=[
            _market(summary, market, group) for market, group in sorted(_grouped(held, lambda one: one.market).items())
        ],
        currencies=[
            _currency(summary, currency, by_currency.get(currency, []), worths.get(currency, []))
            for currency in sorted(by_currency.keys() | worths.keys())
        ],
        summary=summary,
    )


def _instrument(summary: AccountSummary, holding: Holding) -> InstrumentExposure:
    value_krw = _won(summary, holding)
    return InstrumentExposure(
        account=holding.account,
        market=holding.market,
        symbol=holding.symbol,
        name=holding.name,
        currency=holding.currency,
        quantity=holding.quantity,
        value=holding.value,
        value_krw=value_krw,
        share=summary.share_of(None if value_krw is None else abs(value_krw)),
        notional=holding.notional,
        notional_krw=summary.rates.won(holding.notional, holding.currency),
    )


def _market(summary: AccountSummary, market: str, held: Sequence[Holding]) -> MarketExposure:
    worth = [won for one in held if (won := _won(summary, one)) is not None]
    return MarketExposure(
        market=market,
        value_krw=sum(worth, Decimal(0)) if worth else None,
        share=summary.share_of(sum(map(abs, worth), Decimal(0)) if worth else None),
    )


def _currency(
    summary: AccountSummary, currency: str, held: Sequence[Holding], worths: Sequence[MarketWorth]
) -> CurrencyExposure:
    def add(*parts: str) -> Decimal | None:
        amounts: list[Decimal] = [
            amount for one in worths for part in parts if (amount := getattr(one, part)) is not None
        ]
        return sum(amounts, Decimal(0)) if amounts else None

    value = known_total(one.value for one in held if one.market not in CONTRACT_MARKETS)
    cash, total_krw = add("settled_cash", "unsettled"), add("total_krw")
    return CurrencyExposure(
        currency=currency,
        value=value,
        value_krw=summary.rates.won(value, currency),
        cash=cash,
        cash_krw=summary.rates.won(cash, currency),
        futures_deposit=add("free_futures_deposit", "margin"),
        total_krw=total_krw,
        share=summary.share_of(total_krw),
    )


def _won(summary: AccountSummary, holding: Holding) -> Decimal | None:
    return summary.rates.won(holding.value, holding.currency)


def _grouped(rows: Iterable[_T], key: Callable[[_T], str]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
