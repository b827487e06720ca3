"""The core tools about all accounts together: their worth, profit and loss, and exposure."""

from datetime import timedelta
from typing import Any

from kis_mcp.catalog import Page
from kis_mcp.server.tools.call import Call, facts, page_of, rows_of
from kis_mcp.trading.portfolio import (
    ExchangeRates,
    notes_on_coverage,
    read_account_summary,
    read_exposure,
    read_profit_and_loss,
)

_DAYS_BEFORE = timedelta(days=29)
_MOST_ROWS = 200


async def get_account_summary(call: Call) -> Page:
    reads = await call.reads()
    found = await read_account_summary(reads)
    return page_of(
        reads,
        notes=[*found.notes, *notes_on_coverage(reads)],
        complete=found.complete,
        total={"currency": "KRW", **facts(found.total)},
        markets=[facts(row) for row in found.markets],
        rates=_rates(found.rates),
    )


async def get_exposure(call: Call) -> Page:
    reads = await call.reads()
    found = await read_exposure(reads)
    return page_of(
        reads,
        notes=[*found.summary.notes, *notes_on_coverage(reads)],
        complete=found.summary.complete,
        total={"currency": "KRW", **facts(found.summary.total)},
        instruments=[facts(row) for row in found.instruments],
        markets=[facts(row) for row in found.markets],
        currencies=[facts(row) for row in found.currencies],
        rates=_rates(found.summary.rates),
    )


async def get_profit_and_loss(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    now = reads.clock()
    end = values.get("end_date") or now.date()
    start = values.get("start_date") or end - _DAYS_BEFORE
    found = await read_profit_and_loss(reads, start, end, symbol=values.get("symbol"), now=now)
    sales, rows = found.realized, rows_of(call.api, "unrealized", found.held)
    in_won = [found.rates.won(holding.profit, holding.currency) for holding in found.held]
    cut = [f"Only the latest {_MOST_ROWS} of {len(sales)} rows are shown; days and totals count them all."]
    return page_of(
        reads,
        notes=[*found.notes, *(cut if len(sales) > _MOST_ROWS else []), *notes_on_coverage(reads)],
        complete=found.complete and len(sales) <= _MOST_ROWS,
        realized=[facts(sale) for sale in sales[:_MOST_ROWS]],
        unrealized=[row if won is None else {**row, "profit_krw": won} for row, won in zip(rows, in_won, strict=True)],
        days=[facts(day) for day in found.days],
        totals=[facts(row) for row in found.totals],
        rates=_rates(found.rates),
    )


def _rates(rates: ExchangeRates) -> list[dict[str, Any]]:
    return [facts(rate) for rate in rates.by_currency.values()]
