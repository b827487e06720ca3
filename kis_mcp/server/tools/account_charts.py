"""Pictures of the accounts: what is held, and what sales brought."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from kis_mcp.charts import (
    MOST_ROWS,
    DayAmount,
    Heading,
    HoldingRow,
    HoldingsChart,
    ProfitsChart,
    draw_holdings,
    draw_profits,
    money,
    signed,
)
from kis_mcp.server.tools.drawing import Canvas, Drawing
from kis_mcp.trading.portfolio import (
    notes_on_coverage,
    read_account_summary,
    read_holdings,
    read_profit_and_loss,
    total,
)

_ACCOUNTS = "전체 계좌"
_NO_WORTH_HISTORY = (
    "KIS tells no history of what an account was worth, so this is not its worth over time: it is the realized profit"
    " of each day and the sum of it. Open positions, deposits and withdrawals are not in it."
)


async def draw_positions(canvas: Canvas) -> Drawing:
    """Holdings by their share of everything, in won, with their profit; the smallest are put together."""
    reads = canvas.reads
    held = await read_holdings(reads)
    worth = await read_account_summary(reads, held)
    sum_of_all = worth.total.total
    rows: list[tuple[Decimal, HoldingRow]] = []
    for holding in held.positions:
        value = worth.rates.won(holding.value, holding.currency)
        profit = worth.rates.won(holding.profit, holding.currency)
        name = holding.name or holding.symbol
        row = HoldingRow(name, _share(value, sum_of_all), profit, holding.profit_rate)
        rows.append((abs(value or Decimal(0)), row))
    rows.sort(key=lambda one: -one[0])
    rest = {
        "현금": _known((worth.total.settled_cash, worth.total.unsettled)),
        "선물옵션 예탁": _known((worth.total.free_futures_deposit, worth.total.margin)),
        "대출": worth.total.loans,
    }
    shown = [
        *_fewer([row for _, row in rows], MOST_ROWS - len(rest)),
        *(HoldingRow(name, _share(part, sum_of_all), None, None) for name, part in rest.items() if part),
    ]
    profits = [row.profit for _, row in rows]
    profit = total(amount for amount in profits if amount is not None) if any(profits) else None
    heading = Heading(
        title="보유 종목",
        code=_ACCOUNTS,
        value=money(sum_of_all, "KRW", 0),
        change="" if profit is None else f"평가손익 {signed(profit)}원",
        trend=profit,
        about=f"{len(rows)}종목 · 총자산 대비 비중 · 수익률은 매수 통화 기준",
        source=canvas.source(),
    )
    summary = {"title": "보유 종목", "currency": "KRW", "count": len(rows), "total": sum_of_all, "profit": profit}
    summary = {name: value for name, value in summary.items() if value is not None}
    summary |= {"source": "KIS, as get_positions and get_account_summary tell it"}
    notes = [*worth.notes, *notes_on_coverage(reads)]
    if "symbol" in canvas.values:
        notes.append("The picture is of all holdings: symbol counts for nothing in it.")
    return Drawing(
        draw_holdings(HoldingsChart(heading, shown), canvas.palette), summary, notes, held.complete and worth.complete
    )


async def draw_equity(canvas: Canvas) -> Drawing:
    """The realized profit of the latest days, of one instrument or of all, and its sum."""
    reads, count, symbol = canvas.reads, canvas.values["limit"], canvas.values.get("symbol")
    now = reads.clock()
    end = now.date()
    start = end - timedelta(days=count - 1)
    found = await read_profit_and_loss(reads, start, end, symbol=symbol, now=now)
    amounts = {day.date: day.realized_krw for day in found.days if day.realized_krw is not None}
    days = [DayAmount(day, amounts.get(day, Decimal(0))) for day in _days(start, end, amounts)]
    brought = sum(amounts.values(), Decimal(0))
    heading = Heading(
        title="실현손익",
        code=f"{symbol} · {_ACCOUNTS}" if symbol else _ACCOUNTS,
        value=f"{signed(brought)}원",
        change=f"{len(amounts)}일 매도",
        trend=brought,
        about=f"{start} ~ {end} · 매도로 확정된 손익만 · 자산 총액 추이 아님",
        source=canvas.source(),
    )
    summary: dict[str, object] = {
        "title": "실현손익",
        **({"symbol": symbol} if symbol else {}),
        "currency": "KRW",
        "start": start,
        "end": end,
        "count": len(days),
        "profit": brought,
        "source": "KIS, as get_profit_and_loss tells it",
    }
    if amounts:
        best, worst = max(amounts, key=lambda day: amounts[day]), min(amounts, key=lambda day: amounts[day])
        summary |= {"high": amounts[best], "high_at": best, "low": amounts[worst], "low_at": worst}
    notes = [_NO_WORTH_HISTORY, *found.notes, *notes_on_coverage(reads)]
    return Drawing(draw_profits(ProfitsChart(heading, days), canvas.palette), summary, notes, found.complete)


def _share(value: Decimal | None, of: Decimal) -> Decimal | None:
    return value / of * 100 if value is not None and of > 0 else None


def _fewer(rows: Sequence[HoldingRow], most: int) -> list[HoldingRow]:
    """The first rows, and one for all others."""
    if len(rows) <= most:
        return list(rows)
    others = rows[most - 1 :]
    shares, profits = (_known(one.share for one in others), _known(one.profit for one in others))
    return [*rows[: most - 1], HoldingRow(f"그 밖의 {len(others)}종목", shares, profits, None)]


def _known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _days(start: date, end: date, amounts: Iterable[date]) -> list[date]:
    """The weekdays, and other days that brought something."""
    some = set(amounts)
    span = (start + timedelta(days=number) for number in range((end - start).days + 1))
    return [day for day in span if day.weekday() < 5 or day in some]
