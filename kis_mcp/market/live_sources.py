"""Which websocket API tells what somebody wants to watch, and with which arguments."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kis_mcp.catalog import AccountKind
from kis_mcp.errors import BadArgument
from kis_mcp.market.contracts import krx_contract_kind
from kis_mcp.market.events import EventKind
from kis_mcp.market.exchanges import KOREA

KRX_CONTRACTS, OVERSEAS_CONTRACTS, BONDS = "domestic_futureoption", "overseas_futureoption", "domestic_bond"

_ELW = re.compile(r"5[0-9][0-9A-Z]{4}")
_ASIA = ("HK", "CN", "JP", "VN")
_DAYTIME = "_day"


@dataclass(frozen=True, slots=True, order=True)
class Interest:
    """What somebody wants to watch.

    Attributes:
        symbol: As KIS writes it; "" for orders of any instrument.
        kind: What of it.
        market: As in `Event`; "" for orders in any market.
        exchange: The table's word; "" for the usual one.
    """

    symbol: str
    kind: EventKind
    market: str = ""
    exchange: str = ""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A websocket API and its arguments."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class _Notices:
    """An API that tells what becomes of the person's orders.

    Attributes:
        markets: In which markets.
        account: Of which account.
    """

    tool: str
    markets: tuple[str, ...]
    account: AccountKind


_NOTICES = (
    _Notices("domestic_stock_ccnl_notice", (KOREA,), "stock"),
    _Notices("overseas_stock_ccnl_notice", ("US", *_ASIA), "stock"),
    _Notices("domestic_fo_fuopt_ccnl_notice", (KRX_CONTRACTS,), "futures"),
    _Notices("domestic_fo_krx_ngt_futures_ccnl_notice", (KRX_CONTRACTS,), "futures"),
    _Notices("domestic_fo_krx_ngt_option_notice", (KRX_CONTRACTS,), "futures"),
    _Notices("overseas_fo_order_notice", (OVERSEAS_CONTRACTS,), "overseas_futures"),
    _Notices("overseas_fo_ccnl_notice", (OVERSEAS_CONTRACTS,), "overseas_futures"),
)

_TOOLS: Mapping[str, Mapping[EventKind, tuple[str, ...]]] = {
    "krx": {
        "trade": ("domestic_stock_ccnl_krx",),
        "book": ("domestic_stock_asking_price_krx",),
        "status": ("domestic_stock_market_status_krx",),
    },
    "nxt": {
        "trade": ("domestic_stock_ccnl_nxt",),
        "book": ("domestic_stock_asking_price_nxt",),
        "status": ("domestic_stock_market_status_nxt",),
    },
    "unified": {
        "trade": ("domestic_stock_ccnl_total",),
        "book": ("domestic_stock_asking_price_total",),
        "status": ("domestic_stock_market_status_total",),
    },
    "elw": {
        "trade": ("elw_elw_ccnl",),
        "book": ("elw_elw_asking_price",),
        "status": ("domestic_stock_market_status_krx",),
    },
    "US": {"trade": ("overseas_stock_delayed_ccnl",), "book": ("overseas_stock_asking_price",)},
    "Asia": {"trade": ("overseas_stock_delayed_ccnl",), "book": ("overseas_stock_delayed_asking_price_asia",)},
    "index_futures": {
        "trade": ("domestic_fo_index_futures_realtime_conclusion", "domestic_fo_krx_ngt_futures_ccnl"),
        "book": ("domestic_fo_index_futures_realtime_quote", "domestic_fo_krx_ngt_futures_asking_price"),
    },
    "index_options": {
        "trade": ("domestic_fo_index_option_realtime_conclusion", "domestic_fo_krx_ngt_option_ccnl"),
        "book": ("domestic_fo_index_option_realtime_quote", "domestic_fo_krx_ngt_option_asking_price"),
    },
    "stock_futures": {
        "trade": ("domestic_fo_stock_futures_realtime_conclusion",),
        "book": ("domestic_fo_stock_futures_realtime_quote",),
    },
    "stock_options": {
        "trade": ("domestic_fo_stock_option_ccnl",),
        "book": ("domestic_fo_stock_option_asking_price",),
    },
    "commodity_futures": {
        "trade": ("domestic_fo_commodity_futures_realtime_conclusion",),
        "book": ("domestic_fo_commodity_futures_realtime_quote",),
    },
    OVERSEAS_CONTRACTS: {"trade": ("overseas_fo_ccnl",), "book": ("overseas_fo_asking_price",)},
    BONDS: {"trade": ("domestic_bond_bond_ccnl",), "book": ("domestic_bond_bond_asking_price",)},
}
"""What is told alike → kind of event → the APIs that tell it; of KRX' index contracts those of day and night."""


def find_live_calls(interest: Interest, accounts: Collection[AccountKind] = ()) -> Sequence[LiveCall]:
    """The calls of websocket APIs that tell it; each takes a slot. Of sessions that KIS sends apart, the US daytime and
    KRX' night, both are called for: a watch does not fall silent when one ends and the other begins.

    Args:
        accounts: The kinds of account that are set, which decide whose notices orders in any market want.

    Raises:
        BadArgument: KIS sends no such thing of this instrument.
    """
    if interest.kind == "order":
        return [LiveCall(each.tool) for each in _NOTICES if _is_wanted(each, interest, accounts)]
    group = _group(interest)
    tools = _TOOLS.get(group, {}).get(interest.kind)
    if tools is None:
        able = ", ".join(_TOOLS.get(group, {})) or "nothing"
        raise BadArgument(
            f"KIS sends no {interest.kind} events of {interest.symbol} ({group}).",
            remedy=f"Of this instrument it sends: {able}.",
            field="kinds",
        )
    symbols = {"symbols": [interest.symbol]}
    if group not in ("US", "Asia"):
        return [LiveCall(tool, symbols) for tool in tools]
    feeds = (interest.exchange, f"{interest.exchange}{_DAYTIME}") if group == "US" else (interest.exchange,)
    return [LiveCall(tool, {"exchange": feed, **symbols}) for tool in tools for feed in feeds]


def notes_on_live(interests: Collection[Interest]) -> list[str]:
    """What somebody who watches this has to know of its prices."""
    priced = sorted(each for each in interests if each.kind in ("trade", "book"))
    late = list(dict.fromkeys(each.symbol for each in priced if each.market in _ASIA))
    unscaled = list(dict.fromkeys(each.symbol for each in priced if each.market == OVERSEAS_CONTRACTS))
    notes = [f"KIS sends {', '.join(late)} 15 minutes late."] if late else []
    if unscaled:
        notes.append(f"Of {', '.join(unscaled)} KIS may leave out the decimal point, as in overseas_fo_inquire_price.")
    return notes


def _is_wanted(notices: _Notices, interest: Interest, accounts: Collection[AccountKind]) -> bool:
    return interest.market in notices.markets if interest.market else notices.account in accounts


def _group(interest: Interest) -> str:
    """The part of the table above that an instrument belongs to."""
    if interest.market == KOREA:
        is_warrant = interest.exchange in ("", "krx") and _ELW.fullmatch(interest.symbol)
        return "elw" if is_warrant else interest.exchange or "krx"
    if interest.market in _ASIA:
        return "Asia"
    return krx_contract_kind(interest.symbol) if interest.market == KRX_CONTRACTS else interest.market
