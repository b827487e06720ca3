"""The core tools about all accounts together: profit and loss, and exposure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kis_mcp.catalog.apis import Page
from kis_mcp.server.tools.call import Call, facts, page
from kis_mcp.trading.order import is_same_symbol
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates, exchange_rates
from kis_mcp.trading.portfolio.exposure import exposure
from kis_mcp.trading.portfolio.holdings import Holding, example_of, holdings
from kis_mcp.trading.portfolio.profit import RealizedProfit, realized_profit

_DAYS_BEFORE = timedelta(days=29)
_MOST_ROWS = 200


async def get_exposure(call: Call) -> Page:
    call.values()
    reads = await call.reads()
    found = await exposure(reads)
    return page(
        reads.as_of,
        notes=found.notes,
        instruments=_filled(found.instruments),
        markets=_filled(found.markets),
        currencies=_filled(found.currencies),
        rates=_rates(found.rates),
    )


async def get_profit_and_loss(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    now = reads.clock()
    end = values.get("end_date") or now.date()
    start = values.get("start_date") or end - _DAYS_BEFORE
    symbol = values.get("symbol")
    held, notes = await holdings(reads)
    foreign = {holding.currency for holding in held} - {"KRW"}
    rates = await exchange_rates(reads, example_of(held)) if foreign else ExchangeRates({})
    realized = await realized_profit(reads, start, end, held=held, rates=rates, now=now)
    held = [holding for holding in held if is_same_symbol(holding.symbol, symbol)]
    sales = [sale for sale in realized.sales if is_same_symbol(sale.symbol, symbol)]
    if missing := rates.missing(holding.currency for holding in held):
        notes.append(f"KIS tells no exchange rate for {', '.join(missing)}: not in won, and in no sum.")
    if len(sales) > _MOST_ROWS:
        notes.append(f"Only the latest {_MOST_ROWS} of {len(sales)} rows are shown; days and totals count them all.")
    days: defaultdict[Any, list[Decimal | None]] = defaultdict(list)
    for sale in sales:
        days[sale.date].append(sale.profit_krw)
    return page(
        reads.as_of,
        notes=[*realized.notes, *notes],
        complete=len(sales) <= _MOST_ROWS,
        realized=[facts(sale) for sale in sales[:_MOST_ROWS]],
        unrealized=[
            {
                **facts(replace(holding, account="", exchange="", price=None)),
                "profit_krw": rates.won(holding.profit, holding.currency),
            }
            for holding in held
        ],
        days=_filled({"date": day, "realized_krw": _sum(amounts)} for day, amounts in days.items()),
        totals=_filled(_totals(sales, held, rates)),
        rates=_rates(rates),
    )


def _totals(
    sales: Sequence[RealizedProfit], held: Sequence[Holding], rates: ExchangeRates
) -> Iterable[Mapping[str, object]]:
    for currency in sorted({row.currency for row in (*sales, *held)}):
        sold = [sale for sale in sales if sale.currency == currency]
        kept = [holding for holding in held if holding.currency == currency]
        yield {
            "currency": currency,
            "realized": _sum(sale.profit for sale in sold),
            "unrealized": _sum(holding.profit for holding in kept),
            "realized_krw": _sum(sale.profit_krw for sale in sold),
            "unrealized_krw": _sum(rates.won(holding.profit, currency) for holding in kept),
        }


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None where an amount is not known: a sum without it would mislead."""
    known = list(amounts)
    return None if None in known else sum((amount for amount in known if amount is not None), Decimal(0))


def _rates(rates: ExchangeRates) -> list[dict[str, Any]]:
    return [facts(rate) for rate in rates.known.values()]


def _filled(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
