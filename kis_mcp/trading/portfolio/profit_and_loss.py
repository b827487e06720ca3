"""Profit and loss of all accounts: realized in a period, and not realized of what is held, by day and currency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import is_same_symbol
from kis_mcp.trading.portfolio.amounts import known_total
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates, try_read_exchange_rates
from kis_mcp.trading.portfolio.holdings import Holding, example_of, read_holdings
from kis_mcp.trading.portfolio.profit import RealizedProfit, read_realized_profit


@dataclass(frozen=True, slots=True)
class DayProfit:
    """What the sales of one day brought, in won, as far as that is known."""

    date: date
    realized_krw: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyProfit:
    """The sums of one currency, of what is known."""

    currency: str
    realized: Decimal | None
    unrealized: Decimal | None
    realized_krw: Decimal | None
    unrealized_krw: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitAndLoss:
    """Profit and loss.

    Attributes:
        realized: Latest first.
        days: Without what KIS tells of a whole period only.
        notes: What is missing or unknown.
        complete: Whether everything could be read and is in the sums.
    """

    realized: Sequence[RealizedProfit]
    held: Sequence[Holding]
    days: Sequence[DayProfit]
    totals: Sequence[CurrencyProfit]
    rates: ExchangeRates
    notes: list[str]
    complete: bool


async def read_profit_and_loss(
    kis: KisReads, start: date, end: date, *, symbol: str | None = None, now: datetime
) -> ProfitAndLoss:
    """The profit and loss of these days, and of what is held now.

    Args:
        symbol: Only this instrument.

    Raises:
        KisMcpError: No holdings, or no realized profit, could be read.
    """
    found = await read_holdings(kis)
    held = found.positions
    foreign = {holding.currency for holding in held} - {"KRW"}
    rates, problems = await try_read_exchange_rates(kis, example_of(held)) if foreign else (ExchangeRates({}), [])
    realized = await read_realized_profit(kis, start, end, held=held, rates=rates, now=now)
    held = [holding for holding in held if is_same_symbol(holding.symbol, symbol)]
    sales = [sale for sale in realized.sales if is_same_symbol(sale.symbol, symbol)]
    gaps = list(_gaps(sales, held, rates))
    return ProfitAndLoss(
        realized=sales,
        held=held,
        days=_days(sales),
        totals=[_total(currency, sales, held, rates) for currency in sorted({row.currency for row in (*sales, *held)})],
        rates=rates,
        notes=[*realized.notes, *found.notes, *problems, *gaps],
        complete=found.complete and realized.complete and not problems and not gaps,
    )


def _gaps(sales: Sequence[RealizedProfit], held: Sequence[Holding], rates: ExchangeRates) -> Iterable[str]:
    """What no sum has in it."""
    if missing := rates.missing(holding.currency for holding in held):
        yield f"KIS tells no exchange rate for {', '.join(missing)}: not in won, and in no sum."
    if unknown := dict.fromkeys(holding.symbol for holding in held if holding.profit is None):
        yield f"KIS tells no profit of {', '.join(unknown)}, which is held: in no sum."
    if unknown := dict.fromkeys(sale.symbol for sale in sales if sale.profit is None):
        yield f"KIS tells no profit of sales of {', '.join(unknown)}: in no sum."
    if unknown := dict.fromkeys(sale.symbol for sale in sales if sale.profit is not None and sale.profit_krw is None):
        yield f"KIS tells the profit of sales of {', '.join(unknown)} not in won: in no sum in won."
    if whole := dict.fromkeys(sale.symbol for sale in sales if sale.date is None):
        yield f"KIS tells the realized profit of {', '.join(whole)} only for the whole period: not in the days."


def _days(sales: Iterable[RealizedProfit]) -> list[DayProfit]:
    days: defaultdict[date, list[Decimal | None]] = defaultdict(list)
    for sale in sales:
        if sale.date is not None:
            days[sale.date].append(sale.profit_krw)
    return [DayProfit(day, known_total(amounts)) for day, amounts in days.items()]


def _total(
    currency: str, sales: Sequence[RealizedProfit], held: Sequence[Holding], rates: ExchangeRates
) -> CurrencyProfit:
    sold = [sale for sale in sales if sale.currency == currency]
    kept = [holding for holding in held if holding.currency == currency]
    return CurrencyProfit(
        currency=currency,
        realized=known_total(sale.profit for sale in sold),
        unrealized=known_total(holding.profit for holding in kept),
        realized_krw=known_total(sale.profit_krw for sale in sold),
        unrealized_krw=known_total(rates.won(holding.profit, currency) for holding in kept),
    )
