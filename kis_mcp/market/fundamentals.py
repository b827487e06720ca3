"""What a company is worth, earns, owns and pays, as KIS tells it: parts of sections, read one by one and put together.

KIS has statements of Korean companies only; amounts are in 100 million won (억원) there, as KIS gives them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.catalog import Decoded, Record, number, text
from kis_mcp.market.exchanges import KOREA
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.quotables import OVERSEAS_STOCK, Quotable
from kis_mcp.market.quote import KRW_100_MILLION
from kis_mcp.market.rows import is_told

Section: TypeAlias = Literal["valuation", "statements", "ratios", "dividends", "estimates", "opinions"]
Period: TypeAlias = Literal["annual", "quarter"]

UNITS = (
    "Units: statements, estimates and ebitda in 100 million KRW; market_cap and what is per share in full; rates in %."
)
YEAR_TO_DATE = "Quarterly profits add up from the beginning of the year."

_PERIOD = "fiscal_period"
_YEAR = timedelta(days=366)
_TENTHS = Decimal(10)


@dataclass(frozen=True, slots=True)
class Part:
    """What one API tells of a section.

    Attributes:
        fields: Those that are kept; our name → the API's where they differ.
    """

    section: Section
    tool: str
    block: str
    fields: tuple[str, ...]
    names: Mapping[str, str]

    def rows(self, decoded: Decoded) -> list[Record]:
        block = decoded.blocks.get(self.block, [])
        rows = block if isinstance(block, list) else [block]
        return [{name: row.get(self.names.get(name, name)) for name in self.fields} for row in rows]


def _part(section: Section, tool: str, block: str, fields: str, **names: str) -> Part:
    return Part(section, tool, block, tuple(fields.split()), names)


_VALUATION = (
    "price market_cap per pbr eps bps listed_shares high_52_week low_52_week industry foreign_exhaustion_rate currency"
)
_KNOWN = ("price", "listed_shares", "market_cap")
_BY_PERIOD = (
    _part(
        "statements",
        "domestic_stock_finance_income_statement",
        "periods",
        "fiscal_period revenue cost_of_sales gross_profit operating_profit net_income",
    ),
    _part(
        "statements",
        "domestic_stock_finance_balance_sheet",
        "periods",
        "fiscal_period current_assets total_assets current_liabilities total_liabilities total_equity",
    ),
    _part(
        "ratios",
        "domestic_stock_finance_financial_ratio",
        "periods",
        "fiscal_period roe eps bps revenue_growth_rate operating_profit_growth_rate net_income_growth_rate debt_ratio"
        " reserve_ratio",
    ),
    _part(
        "ratios",
        "domestic_stock_finance_profit_ratio",
        "periods",
        "fiscal_period roa net_profit_margin_rate gross_profit_margin_rate",
    ),
    _part(
        "ratios",
        "domestic_stock_finance_stability_ratio",
        "periods",
        "fiscal_period borrowing_dependence_rate current_ratio quick_ratio",
    ),
    _part(
        "ratios",
        "domestic_stock_finance_growth_ratio",
        "periods",
        "fiscal_period equity_growth_rate total_asset_growth_rate",
    ),
    # Without the payout, which KIS' document says to ignore.
    _part("ratios", "domestic_stock_finance_other_major_ratios", "periods", "fiscal_period ebitda ev_to_ebitda eva"),
)
_KOREAN = (
    _part("valuation", "domestic_stock_inquire_price", "price", _VALUATION, industry="industry_name"),
    *_BY_PERIOD,
    _part(
        "dividends",
        "domestic_stock_ksdinfo_dividend",
        "dividends",
        "record_date type per_share dividend_rate stock_dividend_rate payment_date",
        type="dividend_type",
        per_share="dividend_per_share",
        payment_date="dividend_payment_date",
    ),
    _part("estimates", "domestic_stock_estimate_perform", "periods", "fiscal_month"),
    _part(
        "opinions",
        "domestic_stock_invest_opinion",
        "opinions",
        "date broker opinion previous_opinion target_price",
        date="trade_date",
        broker="member_name",
        opinion="investment_opinion",
        previous_opinion="previous_investment_opinion",
    ),
)
_ABROAD = (
    _part("valuation", "overseas_stock_price_detail", "price", _VALUATION, industry="industry_name"),
    _part(
        "dividends",
        "overseas_stock_rights_by_ice",
        "events",
        "type announced_on ex_date record_date payment_date",
        type="right_type_name",
        announced_on="announcement_date",
        ex_date="ex_dividend_date",
    ),
)
_ESTIMATES: Mapping[str, tuple[str, Decimal]] = {
    "revenue": ("income_estimates", Decimal(1)),
    "operating_profit": ("income_estimates", Decimal(1)),
    "net_income": ("income_estimates", Decimal(1)),
    "per": ("indicators", _TENTHS),
    "roe": ("indicators", _TENTHS),
    "debt_ratio": ("indicators", _TENTHS),
}
"""What is kept of KIS' estimates → the block that has it, and what it is divided by. KIS documents the unit of its EPS
otherwise than the values are, so that it is left out."""

_COUNTRIES = {"US": "us", "CN": "china", "HK": "hong_kong", "JP": "japan", "VN": "vietnam"}


def has_company(subject: Instrument | Quotable) -> bool:
    """Whether KIS may have fundamentals of it: a stock, of any country."""
    return isinstance(subject, Instrument) or subject.tool == OVERSEAS_STOCK


def parts_of(subject: Instrument | Quotable, sections: Sequence[Section]) -> list[Part]:
    """What is read for these sections; nothing for those that KIS does not have abroad."""
    return [each for each in (_KOREAN if subject.market == KOREA else _ABROAD) if each.section in sections]


async def read_part(
    kis: Kis, part: Part, subject: Instrument | Quotable, *, period: Period, limit: int, today: date
) -> Sequence[Record]:
    """The rows of a part, newest first.

    Raises:
        KisMcpError: By KIS' answer.
    """
    arguments: dict[str, object] = {"symbol": subject.symbol}
    if part in _BY_PERIOD:
        arguments["period"] = period
    if part.section == "dividends":
        arguments |= {"start_date": today - _YEAR * limit, "end_date": today + _YEAR / 2}
    if subject.market != KOREA:
        place = {"country": _COUNTRIES[subject.market]} if part.section == "dividends" else {}
        arguments |= place or {"exchange": subject.exchange}
    decoded = await kis.rows(part.tool, arguments)
    if part.section == "estimates":
        return _estimates(decoded)
    rows = part.rows(decoded)
    if part.section == "valuation":
        return [_valuation(row, subject) for row in rows[:1] if is_told(row, _KNOWN)]
    newest = sorted(rows, key=lambda row: str(row.get("date") or row.get(_PERIOD) or row.get("record_date") or ""))
    return newest[::-1][: max(limit, 5) if part.section in ("dividends", "opinions") else limit]


def join_rows(parts: Sequence[Sequence[Record]]) -> list[Record]:
    """The rows of a section's parts, those of one fiscal period as one."""
    if not any(_PERIOD in row for rows in parts for row in rows):
        return [row for rows in parts for row in rows]
    periods: dict[str, Record] = {}
    for rows in parts:
        for row in rows:
            periods.setdefault(str(row[_PERIOD]), {}).update(row)
    return [periods[period] for period in sorted(periods, reverse=True)]


def _valuation(row: Record, subject: Instrument | Quotable) -> Record:
    cap = number(row, "market_cap")
    full = cap * KRW_100_MILLION if cap is not None and subject.market == KOREA else cap
    return {
        "symbol": subject.symbol,
        "name": subject.name,
        **row,
        "market_cap": full,
        "currency": text(row, "currency") or subject.currency,
    }


def _estimates(decoded: Decoded) -> list[Record]:
    """KIS' table of five fiscal months, of which the last are estimates, turned on its side."""
    found: list[Record] = []
    for place, row in enumerate(decoded.rows("periods"), start=1):
        month = text(row, "fiscal_month") or ""
        values = {
            name: value / divisor
            for name, (block, divisor) in _ESTIMATES.items()
            if (value := _value(decoded, block, name, place)) is not None
        }
        found.append({_PERIOD: month.rstrip("E").replace(".", "-"), "estimated": month.endswith("E"), **values})
    return found[::-1]


def _value(decoded: Decoded, block: str, item: str, place: int) -> Decimal | None:
    rows = (row for row in decoded.rows(block) if row.get("item") == item)
    return next((number(row, f"estimate_{place}") for row in rows), None)
