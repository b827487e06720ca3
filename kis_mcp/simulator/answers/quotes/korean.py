"""What the exchange says of a Korean share or fund: auctions, interruptions, warnings, what was split off today."""

from collections.abc import Mapping
from decimal import Decimal

from kis_mcp.simulator.answers.quotes.subject import Fact, Subject, direction
from kis_mcp.simulator.market.auctions import amount
from kis_mcp.simulator.market.interruptions import has_interruptions
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.rights import rights

_WARNINGS = {"caution": "투자주의", "warning": "투자경고"}
_STATUS = {"caution": "investment_caution", "warning": "investment_warning"}
_WEAK = "administrative_issue"
_EX_NAMES = {"dividend": "배당락", "bonus_issue": "권리락", "paid_in_issue": "권리락"}
_SPLIT_NAMES = {"split": "액면분할", "reverse_split": "액면병합"}


def _at_home(fact: Fact) -> Fact:
    """The same, and nothing of what Korea's stock exchange does not trade."""
    return lambda subject: fact(subject) if has_interruptions(subject.instrument) else None


def _never(_: Subject) -> bool:
    """What the market model has of no stock."""
    return False


def _today(subject: Subject, names: Mapping[str, str]) -> str:
    """The name of what takes something from the price today; blank where nothing does."""
    day = subject.quote.day
    found = (names.get(right.kind, "") for right in rights(subject.market.seed, subject.instrument, day, day))
    return next(filter(None, found), "")


def _expected(subject: Subject) -> tuple[Decimal, Decimal]:
    """What the day's first trade was expected to cost at the end of its auction, and the change that this is."""
    price = subject.instrument.price(subject.opening.result.price)
    return price, price - subject.quote.previous_close


def _reached(subject: Subject) -> str:
    """KIS' 1 while the price is the highest of a year, 2 while it is the lowest, else nothing."""
    if subject.quote.price == subject.highest[0]:
        return "1"
    return "2" if subject.quote.price == subject.lowest[0] else ""


_SESSION: Mapping[str, Fact] = {
    "vi_active": lambda s: s.interruption is not None,
    "temporarily_halted": lambda s: s.interruption is not None,
    "after_hours_vi_active": lambda s: False,  # noqa: ARG005
    "new_high_low_code": _reached,
    "quote_session": lambda s: "intraday_expected" if s.interruption else "regular",
    "expected_price": lambda s: _expected(s)[0],
    "expected_change": lambda s: _expected(s)[1],
    "expected_change_rate": lambda s: percent(_expected(s)[1], s.quote.previous_close),
    "expected_price_direction": lambda s: direction(_expected(s)[1]),
    "expected_volume": lambda s: s.opening.result.volume,
    "expected_turnover": lambda s: amount(s.opening),
    "extended_hours_total_ask_quantity": lambda s: s.after_hours.asks_left,
    "extended_hours_total_bid_quantity": lambda s: s.after_hours.bids_left,
}
_STATES: Mapping[str, Fact] = {
    "stock_status": lambda s: _STATUS.get(s.market_warning, "credit_available") if not s.is_administrative else _WEAK,
    "market_warning": lambda s: s.market_warning,
    "market_warning_name": lambda s: _WARNINGS.get(s.market_warning, ""),
    "market_action_name": lambda s: "관리종목" if s.is_administrative else _WARNINGS.get(s.market_warning, ""),
    "investment_caution": lambda s: s.market_warning == "caution",
    "abnormal_surge": lambda s: s.market_warning == "warning",
    "administrative_issue": lambda s: s.is_administrative,
    "administrative_issue_name": lambda s: "관리종목" if s.is_administrative else "",
    "credit_available": lambda s: not s.is_administrative,
    "short_term_overheated": _never,
    "liquidation_trading": _never,
    "trading_halted": _never,
    "unfaithful_disclosure": _never,
    "opening_auction_extended": _never,
    "closing_auction_extended": _never,
    "ex_right_type_name": lambda s: _today(s, _EX_NAMES),
    "par_value_change_type_name": lambda s: _today(s, _SPLIT_NAMES),
    "revaluation_reason_name": lambda s: _today(s, {"capital_reduction": "자본감소"}),
}
KOREAN: Mapping[str, Fact] = {name: _at_home(fact) for name, fact in {**_SESSION, **_STATES}.items()}
"""By readable name."""
