"""A fund's net asset value: now, at any tick, and what it says of the price."""

from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from statistics import pstdev

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.listings import fund_terms, listings
from kis_mcp.simulator.market.market import percent

_CENT = Decimal("0.01")
_HUNDRED_MILLION = 100_000_000
_ERROR_DAYS = 60
"""Whose daily differences from what it follows make the tracking error."""

_NAMES = frozenset({"nav", "etf_tracking_multiple", "tracking_error_rate", "listing_date"})


def fund_facts(subject: Subject, names: AbstractSet[str]) -> Facts:
    """Of an ETF or ETN now, where a record has fields for them; nothing of what is none."""
    instrument = subject.instrument
    history = subject.market.fund(instrument) if instrument.symbol in fund_terms() and names & _NAMES else None
    if history is None:
        return {}
    nav, is_etn = nav_facts(subject, history), instrument.kind == "etn"
    value = Decimal(str(nav["nav"]))
    terms, index = fund_terms()[instrument.symbol], indices().get(fund_terms()[instrument.symbol].follows)
    worth = int(value * instrument.listed_shares) // _HUNDRED_MILLION
    facts: dict[str, object] = {
        **nav,
        **gap(subject.quote.price, value),
        "previous_nav": nav["nav_previous_close"],
        "tracking_error_rate": tracking_error(subject, history),
        "index_change_rate": followed_change_rate(subject, history),
        "etf_tracking_multiple": terms.multiple,
        "etf_circulating_shares": instrument.listed_shares,
        "etf_total_net_assets": worth,
        "etf_circulating_net_assets": worth,
        "etf_creation_unit_quantity": terms.creation_unit or None,
        "etf_target_index_code": terms.follows if index else "",
        "etf_representative_industry_name": index.name_ko if index else "",
        "member_name": terms.issuer if is_etn else "",
        "etf_component_count": component_count(subject),
        "listing_date": listings()[instrument.symbol].listed_since,
    }
    return facts


def component_count(subject: Subject) -> int | None:
    """Members of the index and the cash beside them; of funds that hold these shares themselves only."""
    terms = fund_terms()[subject.instrument.symbol]
    index = indices().get(terms.follows)
    return len(index.members) + 1 if index and terms.multiple == 1 and terms.creation_unit else None


def nav_facts(subject: Subject, history: FundHistory) -> Facts:
    """The net asset value now, and its day so far."""
    moment = subject.market.moment(subject.instrument, subject.now)
    levels = history.levels(moment.day, subject.market.calendar(subject.instrument).ticks_a_day)[: moment.ticks]
    opening, one, other, last = (
        history.nav(moment.day, level) for level in (levels[0], max(levels), min(levels), levels[-1])
    )
    return {
        **value_facts(last, history.nav_before(moment.day)),
        "nav_open": won(opening),
        "nav_high": won(max(one, other)),
        "nav_low": won(min(one, other)),
    }


def value_facts(nav: float, before: float) -> Facts:
    """A net asset value and its change from the close before."""
    change = won(nav) - won(before)
    return {
        "nav": won(nav),
        "nav_previous_close": won(before),
        "nav_change": change,
        "nav_direction": direction(change),
        "nav_change_rate": percent(change, won(before)),
    }


def gap(price: Decimal, nav: Decimal) -> Facts:
    """How far the price is from the net asset value."""
    return {"change_from_nav": price - nav, "divergence_rate": percent(price - nav, nav)}


def won(nav: float) -> Decimal:
    """As KIS shows it."""
    return Decimal(nav).quantize(_CENT)


def tracking_error(subject: Subject, history: FundHistory) -> Decimal:
    """How much the daily returns of the price and of the net asset value differ, in percent, over the last days."""
    bars = subject.market.history(subject.instrument).until(
        subject.market.calendar(subject.instrument).before(subject.quote.day), _ERROR_DAYS
    )
    prices = [bar.close for bar in bars]
    navs = [history.nav_before(_after(bar.day)) for bar in bars]
    differences = [
        (new / old - 1) - (nav / past - 1)
        for old, new, past, nav in zip(prices, prices[1:], navs, navs[1:], strict=False)
    ]
    return won(pstdev(differences) * 100) if len(differences) > 1 else Decimal(0)


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def followed_change_rate(subject: Subject, history: FundHistory) -> Decimal:
    """Of what it follows, in percent: its own return without its multiple."""
    moment = subject.market.moment(subject.instrument, subject.now)
    level = history.levels(moment.day, subject.market.calendar(subject.instrument).ticks_a_day)[moment.ticks - 1]
    return won((level / history.followed_before(moment.day) - 1) * 100)
