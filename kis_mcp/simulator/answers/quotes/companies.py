"""Statements, ratios and dividends of Korean companies."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.answers.quotes.subjects import subject_of
from kis_mcp.simulator.market.companies import Statement, last_year
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import is_preferred
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.rights import dividend, par
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_YEARS = 5
_ROWS = 30


def statements(world: World, call: Call) -> Answer:
    """The last years of a company, newest first. The world knows whole years only."""
    subject = subject_of(world, call)
    if subject is None or subject.statement is None or call.arguments.get("period", "annual") != "annual":
        return {}
    newest = subject.statement.year
    return {"output": [year_facts(subject, year) for year in range(newest, newest - _YEARS, -1)]}


def dividends(world: World, call: Call) -> Answer:
    """Dividends by record date, newest first."""
    subject = subject_of(world, call)
    subjects = [subject] if subject else _companies(world, call)
    rows = [row for subject in subjects for row in _dividends(subject, call)]
    rows.sort(key=lambda row: str(row["record_date"]), reverse=True)
    return {"output1": rows}


def dividend_ranking(world: World, call: Call) -> Answer:
    """Dividends of the companies of a market, the highest against the share's price first."""
    universe, shares = call.arguments.get("universe", "all"), call.arguments.get("share_class", "all")
    boards = (universe,) if universe in ("kospi", "kosdaq") else ("kospi", "kosdaq")
    if call.arguments.get("dividend_kind") == "stock":
        return {}
    chosen = [
        subject
        for subject in _companies(world, call)
        if subject.instrument.board in boards
        and (universe != "kospi200" or subject.instrument in indices()["2001"].members)
        and (shares == "all" or is_preferred(subject.instrument.symbol) is (shares == "preferred"))
    ]
    rows = [row for subject in chosen for row in _dividends(subject, call)]
    rows.sort(key=lambda row: Decimal(str(row["dividend_rate"])), reverse=True)
    return {"output1": [{**row, "rank": rank} for rank, row in enumerate(rows[:_ROWS], start=1)]}


def year_facts(subject: Subject, year: int) -> Facts:
    """A year's statement with its ratios; amounts in hundred million won."""
    now, before = subject.statement_of(year), subject.statement_of(year - 1)
    amounts: Facts = {
        name: getattr(now, name)
        for name in (
            "revenue", "gross_profit", "operating_profit", "depreciation", "non_operating_income",
            "non_operating_expense", "ordinary_profit", "net_income", "current_assets", "total_assets",
            "current_liabilities", "total_liabilities", "capital", "capital_surplus", "retained_earnings",
            "total_equity", "eps", "bps", "ebitda",
        )
    }  # fmt: skip
    growth: Facts = {
        f"{name}_growth_rate": _growth(getattr(now, source), getattr(before, source))
        for name, source in (
            ("revenue", "revenue"),
            ("operating_profit", "operating_profit"),
            ("ordinary_profit", "ordinary_profit"),
            ("net_income", "net_income"),
            ("equity", "total_equity"),
            ("total_asset", "total_assets"),
        )
    }
    return {**amounts, **growth, **_ratios(now), "fiscal_period": date(year, 12, 31)}


def _ratios(year: Statement) -> Facts:
    return {
        "cost_of_sales": year.revenue - year.gross_profit,
        "selling_administrative_expense": year.gross_profit - year.operating_profit,
        "extraordinary_gain": Decimal(0),
        "extraordinary_loss": Decimal(0),
        "non_current_assets": year.total_assets - year.current_assets,
        "non_current_liabilities": year.total_liabilities - year.current_liabilities,
        "sps": year.per_share(year.revenue),
        "roe": percent(year.net_income, year.total_equity),
        "roa": percent(year.net_income, year.total_assets),
        "ordinary_profit_to_capital_rate": percent(year.ordinary_profit, year.total_assets),
        "net_profit_margin_rate": percent(year.net_income, year.revenue),
        "gross_profit_margin_rate": percent(year.gross_profit, year.revenue),
        "equity_ratio": percent(year.total_equity, year.total_assets),
        "debt_ratio": percent(year.total_liabilities, year.total_equity),
        "borrowing_dependence_rate": percent(year.borrowings, year.total_assets),
        "current_ratio": percent(year.current_assets, year.current_liabilities),
        "quick_ratio": percent(year.quick_assets, year.current_liabilities),
        "reserve_ratio": percent(year.retained_earnings + year.capital_surplus, year.capital),
        "capital_turnover_rate": percent(year.revenue, year.total_assets),
        "dividend_payout_ratio": percent(year.paid, year.net_income),
    }


def _growth(now: Decimal, before: Decimal) -> Decimal:
    return percent(now - before, before)


def _companies(world: World, call: Call) -> list[Subject]:
    listed = world.market.instruments.values()
    return [Subject(world.market, i, call.now) for i in listed if i.country == "KR" and i.kind == "stock"]


def _dividends(subject: Subject, call: Call) -> list[dict[str, object]]:
    """Those of whole years whose statements are known."""
    if subject.instrument.kind != "stock" or call.arguments.get("dividend_term", "all") == "interim":
        return []
    newest, rows = last_year(subject.quote.day), list[dict[str, object]]()
    for year in range(newest, newest - _YEARS, -1):
        right = dividend(subject.market.seed, subject.instrument, year)
        if right is None or not call.covers(right.record_date):
            continue
        (bar,) = subject.market.history(subject.instrument).until(right.record_date, 1)
        rows.append(
            {
                "record_date": right.record_date,
                "symbol": subject.instrument.symbol,
                "name": subject.instrument.name_ko,
                "dividend_type": "결산",
                "par_value": par(subject.instrument, right.record_date),
                "dividend_per_share": Decimal(right.cash),
                "dividend_rate": percent(Decimal(right.cash), subject.instrument.price(bar.close)),
                "stock_dividend_rate": Decimal(0),
                "dividend_payment_date": right.pay_date,
                "stock_type": "우선" if is_preferred(subject.instrument.symbol) else "보통",
            }
        )
    return rows


COMPANIES: Mapping[str, Callable[[World, Call], Answer]] = {
    **dict.fromkeys(
        (
            f"domestic_stock_finance_{name}"
            for name in (
                "income_statement",
                "balance_sheet",
                "financial_ratio",
                "profit_ratio",
                "stability_ratio",
                "growth_ratio",
                "other_major_ratios",
            )
        ),
        statements,
    ),
    "domestic_stock_ksdinfo_dividend": dividends,
    "domestic_stock_dividend_rate": dividend_ranking,
}
