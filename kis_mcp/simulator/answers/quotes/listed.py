"""What KRX' and KIS' lists say of a Korean share, fund or warrant, whatever its price."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from decimal import Decimal
from functools import cache

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import fund_terms, is_preferred, listings, warrant_terms

_HUNDRED_MILLION = 100_000_000
_GROUPS = {"stock": "ST", "etf": "EF", "etn": "EN", "warrant": "EW"}
_MARKETS = {"kospi": ("STK", "02"), "kosdaq": ("KSQ", "03")}
_NAMES = frozenset({"margin_rate", "isin", "security_group_code", "elw_issued", "full_name"})


def own_listing_facts(subject: Subject, names: AbstractSet[str]) -> Facts:
    """Where a record has fields for them; nothing of what is not on KRX."""
    instrument = subject.instrument
    if instrument.category != "domestic_stock" or not names & _NAMES:
        return {}
    market, exchange = _MARKETS[instrument.board]
    listing = listings().get(instrument.symbol)
    facts: dict[str, object] = {
        "full_name": instrument.name_ko,
        "full_english_name": instrument.name_en,
        "short_english_name": instrument.name_en,
        "market_id_code": market,
        "exchange_type_code": exchange,
        "security_group_code": _GROUPS[instrument.kind],
        "kospi200_member": listing is not None and "kospi200" in listing.groups,
        "today_close": subject.quote.previous_close,
        "close_change_date": subject.market.calendar(instrument).before(subject.quote.day),
        **_company(subject, in_won="isin" in names),
    }
    if listing is not None:
        facts |= {
            "isin": listing.isin,
            "margin_rate": Decimal(listing.margin_percent).quantize(Decimal("0.01")),
            "nxt_tradable": listing.trades_on_nxt,
            f"{instrument.board}_listing_date": listing.listed_since,
        }
    if terms := fund_terms().get(instrument.symbol):
        facts |= {
            "etf_creation_unit_quantity": terms.creation_unit or None,
            "etf_tracking_multiple": terms.multiple,
        }
    if instrument.kind == "warrant":
        facts[f"{instrument.board}_listing_date"] = warrant_terms()[instrument.symbol].listed_since
    return facts


def _company(subject: Subject, *, in_won: bool) -> Facts:
    """Of a share's company; nothing of a fund or warrant.

    Args:
        in_won: How the list of products writes the capital; quotations write hundred millions.
    """
    instrument = subject.instrument
    if subject.statement is None:
        return {"elw_issued": False, "stock_type_code": "000"}
    capital = int(subject.statement.capital)
    return {
        "elw_issued": _has_warrants(subject),
        "stock_type_code": "201" if is_preferred(instrument.symbol) else "101",
        "capital": capital * _HUNDRED_MILLION if in_won else capital,
        "fiscal_year_end_month": 12,
        "fiscal_year_end_month_day": "12",
        "index_industry_medium_code": sector_code(instrument.board, instrument.sector),
        "index_industry_medium_name": instrument.sector,
    }


@cache
def sector_code(board: str, sector: str) -> str:
    """KIS' code of the index of a market's sector; empty where there is none."""
    of_board = {"kospi": "0", "kosdaq": "1"}[board]
    return next((i.code for i in indices().values() if i.code[0] == of_board and i.name_ko == sector), "")


def _has_warrants(subject: Subject) -> bool:
    """Whether a warrant on it lives today."""
    market, day = subject.market, subject.quote.day
    symbols = _warrants_on().get(subject.instrument.symbol, ())
    return any(market.is_listed_on(market.instruments[symbol], day) for symbol in symbols)


@cache
def _warrants_on() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for terms in warrant_terms().values():
        found.setdefault(terms.underlying, []).append(terms.symbol)
    return found
