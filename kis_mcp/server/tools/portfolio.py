"""The core tools about all accounts together: profit and loss, and exposure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kis_mcp.catalog.apis import Page
from kis_mcp.server.tools.call import Call, facts, page, rows_of
from kis_mcp.trading.order import is_same_symbol
from kis_mcp.trading.portfolio.amounts import total
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates, try_read_exchange_rates
from kis_mcp.trading.portfolio.exposure import read_exposure
from kis_mcp.trading.portfolio.holdings import Holding, example_of, read_holdings
from kis_mcp.trading.portfolio.profit import RealizedProfit, read_realized_profit

_DAYS_BEFORE = timedelta(days=29)
_MOST_ROWS = 200


async def get_exposure(call: Call) -> Page:
    call.values()
    reads = await call.reads()
    found = await read_exposure(reads)
    return page(
        reads.as_of,
        notes=found.notes,
        complete=found.complete,
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
    found = await read_holdings(reads)
    held = found.positions
    foreign = {holding.currency for holding in held} - {"KRW"}
    rates, problems = await try_read_exchange_rates(reads, example_of(held)) if foreign else (ExchangeRates({}), [])
    notes = [*found.notes, *problems]
    realized = await read_realized_profit(reads, start, end, held=held, rates=rates, now=now)
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
        complete=found.complete and not problems and len(sales) <= _MOST_ROWS,
        realized=[facts(sale) for sale in sales[:_MOST_ROWS]],
        unrealized=_filled(
            {**row, "profit_krw": rates.won(holding.profit, holding.currency)}
            for row, holding in zip(rows_of(call.api, "unrealized", held), held, strict=True)
        ),
        days=_filled({"date": day, "realized_krw": total(amounts)} for day, amounts in days.items()),
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
            "realized": total(sale.profit for sale in sold),
            "unrealized": total(holding.profit for holding in kept),
            "realized_krw": total(sale.profit_krw for sale in sold),
            "unrealized_krw": total(rates.won(holding.profit, currency) for holding in kept),
        }


def _rates(rates: ExchangeRates) -> list[dict[str, Any]]:
    return [facts(rate) for rate in rates.by_currency.values()]


def _filled(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
