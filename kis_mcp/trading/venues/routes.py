"""Market and session → the KIS APIs that take its orders."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from kis_mcp.errors import BadArgument

OrderSession: TypeAlias = Literal["regular", "daytime", "night", "reserved"]
"""Regular is the exchange's own day, with what comes before and after it where the API takes that. Daytime is the
market for US stocks in Korea's day, night that for KRX contracts. A reserved order is kept by KIS until it opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the orders of one market and session go.

    Attributes:
        new: The API for new orders.
        sell: That for sales, where it is another.
        credit: That for orders on credit, where it is another.
        modify: That for changes; None where KIS takes none.
        cancel: That for cancels.
        fixed: The arguments that say this session, wherever an API has them.
        names: Our argument → the APIs' own, where they differ.
        whole_only: Whether a change concerns all that is open, and says how much that is.
    """

    new: str
    sell: str | None = None
    credit: str | None = None
    modify: str | None
    cancel: str
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    whole_only: bool = False


_ABROAD = Route(
    new="overseas_stock_order", modify="overseas_stock_order_rvsecncl", cancel="overseas_stock_order_rvsecncl"
)
_ASIA_RESERVED = Route(new="overseas_stock_order_resv", modify=None, cancel="overseas_stock_order_resv")
_ASIA = ("HK", "CN", "JP", "VN")

_ROUTES: Mapping[tuple[str, str], Route] = {
    ("KR", "regular"): Route(
        new="domestic_stock_order_cash",
        credit="domestic_stock_order_credit",
        modify="domestic_stock_order_rvsecncl",
        cancel="domestic_stock_order_rvsecncl",
    ),
    ("KR", "reserved"): Route(
        new="domestic_stock_order_resv",
        modify="domestic_stock_order_resv_rvsecncl",
        cancel="domestic_stock_order_resv_rvsecncl",
        names={"credit_type": "position_type"},
    ),
    ("US", "regular"): _ABROAD,
    ("US", "daytime"): Route(
        new="overseas_stock_daytime_order",
        modify="overseas_stock_daytime_order_rvsecncl",
        cancel="overseas_stock_daytime_order_rvsecncl",
    ),
    ("US", "reserved"): Route(new="overseas_stock_order_resv", modify=None, cancel="overseas_stock_order_resv_ccnl"),
    **{(market, "regular"): _ABROAD for market in _ASIA},
    **{(market, "reserved"): _ASIA_RESERVED for market in _ASIA},
    ("domestic_futureoption", "regular"): Route(
        new="domestic_fo_order",
        modify="domestic_fo_order_rvsecncl",
        cancel="domestic_fo_order_rvsecncl",
        fixed={"session": "day"},
    ),
    ("domestic_futureoption", "night"): Route(
        new="domestic_fo_order",
        modify="domestic_fo_order_rvsecncl",
        cancel="domestic_fo_order_rvsecncl",
        fixed={"session": "night"},
        whole_only=True,
    ),
    ("overseas_futureoption", "regular"): Route(
        new="overseas_fo_order", modify="overseas_fo_order_rvsecncl", cancel="overseas_fo_order_rvsecncl"
    ),
    ("domestic_bond", "regular"): Route(
        new="domestic_bond_buy",
        sell="domestic_bond_sell",
        modify="domestic_bond_order_rvsecncl",
        cancel="domestic_bond_order_rvsecncl",
    ),
}


def route_of(market: str, session: str) -> Route:
    """Where the orders of this market and session go.

    Raises:
        BadArgument: The market has no such session.
    """
    route = _ROUTES.get((market, session))
    if route is None:
        sessions = [known for name, known in _ROUTES if name == market]
        raise BadArgument(
            f"There is no {session} session for orders in market {market.lower()}.",
            remedy=f"Leave session out{''.join(f', or use {word}' for word in sessions if word != 'regular')}.",
            field="session",
        )
    return route


def markets_with(session: str) -> Collection[str]:
    """The markets that have this session."""
    return [market for market, known in _ROUTES if known == session]
