"""A backtest as one HTML file: it loads nothing and runs nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Final

from kis_mcp.strategies.backtest.result import BacktestResult, Trade
from kis_mcp.strategies.backtest.statistics import Drawdown, Statistics

MOST_TRADES: Final = 1_000
"""More are counted, and not listed."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;color:#1b1f24;max-width:960px;margin:2em auto;padding:0 1em}"
    "svg{width:100%;height:auto;border:1px solid #e6e8eb;margin:.5em 0}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #e6e8eb;padding:.2em .6em;text-align:right}"
    "td:first-child,th:first-child{text-align:left}.warnings li{color:#8a4b00}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells.

    Attributes:
        title: The strategy's name.
        about: What was tested, in a line: symbols, days, interval.
        currency: Of all amounts.
        result, statistics: What was found.
        warnings: What speaks against trusting it.
        assumptions: How orders were filled and what they cost, a sentence each.
        picture: Of the account's value over time, as SVG.
    """

    title: str
    about: str
    currency: str
    result: BacktestResult
    statistics: Statistics
    warnings: Sequence[str]
    assumptions: Sequence[str]
    picture: str


@dataclass(frozen=True, slots=True)
class DayProfit:
    """What a day changed, as charts of profits take it."""

    date: date
    amount: Decimal


def profits_by_day(result: BacktestResult, cash: Decimal) -> list[DayProfit]:
    """How the value of an account that began with so much cash changed, day by day."""
    found, before = list[DayProfit](), cash
    for day, value in dict(zip((moment.date() for moment in result.times), result.equity, strict=True)).items():
        found.append(DayProfit(day, value - before))
        before = value
    return found


def write_report(report: Report) -> str:
    """The file's text."""
    title = escape(report.title)
    parts = (
        f"<h1>{title}</h1><p>{escape(report.about)}</p>",
        _list(report.warnings, "warnings"),
        report.picture,
        "<h2>Statistics</h2>",
        _table(("", report.currency), _rows_of(report.statistics)),
        "<h2>Assumptions</h2>",
        _list(report.assumptions, "assumptions"),
        f"<h2>Trades</h2>{_trades(report.result.trades)}",
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _rows_of(found: Statistics) -> Iterable[tuple[str, str]]:
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, Drawdown):
            yield "deepest drawdown, %", _text(value.percent)
            yield "from, to, made up", ", ".join(map(_text, (value.began_at, value.deepest_at, value.recovered_at)))
            yield "longest drawdown, days", _text(value.longest.days)
        else:
            yield field.name.replace("_percent", ", %").replace("_", " "), _text(value)


def _trades(trades: Sequence[Trade]) -> str:
    heads = ("symbol", "quantity", "entered", "at", "exited", "at", "profit", "costs", "bars", "why")
    rows = (
        (
            trade.symbol,
            *map(_text, (trade.quantity, trade.entered_at, trade.entry_price, trade.exited_at, trade.exit_price)),
            *map(_text, (trade.profit, trade.costs, trade.bars)),
            trade.exit_reason or "open",
        )
        for trade in trades[:MOST_TRADES]
    )
    more = f"<p>And {len(trades) - MOST_TRADES:,} more.</p>" if len(trades) > MOST_TRADES else ""
    return _table(heads, rows) + more


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _list(sentences: Iterable[str], name: str) -> str:
    return f'<ul class="{name}">{"".join(f"<li>{escape(each)}</li>" for each in sentences)}</ul>'


def _text(value: datetime | Decimal | float | str | None) -> str:
    match value:
        case None:
            return "—"
        case str():
            return value
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case int():
            return f"{value:,}"
        case _:
            return f"{value:,.2f}"
