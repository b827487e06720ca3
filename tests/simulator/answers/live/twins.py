"""Which REST answer says the same as a live record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulator.wire import MONDAY


@dataclass(frozen=True)
class Twin:
    """What a TR's newest record must agree with.

    Attributes:
        key: Of the channel.
        tool: The REST API; "" where none says the same.
        names: What both must say; on all else that both say they must agree, too.
        apart: What they say differently.
        at: When the record comes.
        told_at: When the REST API says it, if not at the same time.
        block: The only one of its blocks that counts.
    """

    key: str
    tool: str
    arguments: Mapping[str, object]
    names: Sequence[str] = ()
    apart: Sequence[str] = ()
    at: datetime = MONDAY
    told_at: datetime | None = None
    block: str = ""

    @property
    def rest_at(self) -> datetime:
        return self.told_at or self.at


_QUOTE = ("price", "change", "change_rate", "price_direction", "open", "high", "low", "volume")
_LEVELS = [f"{side}_{what}_{n}" for side in ("ask", "bid") for what in ("price", "quantity") for n in range(1, 6)]
_TOTALS = ("total_ask_quantity", "total_bid_quantity")
_BOOK = (*_LEVELS, *_TOTALS)
_SHARE = {"symbol": "005930"}
_SHARE_QUOTE = Twin("005930", "domestic_stock_inquire_price", _SHARE, (*_QUOTE, "turnover", "volume_turnover_rate"))
_SHARE_BOOK = Twin(
    "005930",
    "domestic_stock_inquire_asking_price_exp_ccn",
    _SHARE,
    (*_BOOK, "total_ask_quantity_change", "expected_price", "expected_change_rate", "expected_volume"),
)


def _contract(symbol: str, apart: Sequence[str] = ()) -> dict[str, Twin]:
    """By the ends of their TRs."""
    asked = {"symbol": symbol}
    levels = ("ask_price_1", "bid_price_5", "ask_quantity_5", "bid_quantity_1", *_TOTALS)
    worth = ("theoretical_price", "open_interest", "divergence_rate")
    return {
        "CNT0": Twin(symbol, "domestic_fo_inquire_price", asked, (*_QUOTE, *worth), apart),
        "ASP0": Twin(symbol, "domestic_fo_inquire_asking_price", asked, levels),
    }


_CONTRACTS = {
    "H0IF": _contract("101W09"),
    "H0MF": _contract("101W09", ("turnover",)),
    "H0ZF": _contract("111W09"),
    "H0CF": _contract("175W06"),
    **{market: _contract("201W07360") for market in ("H0IO", "H0ZO", "H0EU")},
}
_APPLE = {"exchange": "nasdaq", "symbol": "AAPL"}
_TOYOTA = {"exchange": "tokyo", "symbol": "7203"}
_LATE = MONDAY - timedelta(minutes=15)
_BOND = {"symbol": "KR6095572D81"}
_WARRANT = {"symbol": "58J297"}

_MIDNIGHT = MONDAY.replace(hour=0)
"""When a market that never closes opens."""

_INTERRUPTED, _RESUMED = "003670", MONDAY.replace(hour=16, minute=37)
"""A share that Nextrade trades, too, and when an interruption of its trade ends."""

_MEMBERS = ("sell_member_name_1", "buy_member_quantity_5", "sell_member_share_3", "foreign_member_net_buy_quantity")
_LEVEL = ("index_price", "index_open", "volume", "turnover", "advancing_count", "lower_limit_count")
_PROGRAMME = ("arb_total_sell_turnover", "nonarb_total_buy_turnover_rate", "total_net_buy_turnover")
_INDEX = {"index": "0001"}
_EXPECTED = ("expected_price", "expected_change", "expected_change_rate", "trade_time")


def _opening(symbol: str) -> Twin:
    """Of a contract."""
    return Twin(symbol, "domestic_fo_exp_price_trend", {"symbol": symbol}, _EXPECTED, at=_MIDNIGHT, block="steps")


TWINS: Mapping[str, Twin] = {
    **{f"{venue}CNT0": _SHARE_QUOTE for venue in ("H0ST", "H0NX", "H0UN")},
    **{f"{venue}ASP0": _SHARE_BOOK for venue in ("H0ST", "H0NX", "H0UN")},
    **{f"{market}{kind}": twin for market, twins in _CONTRACTS.items() for kind, twin in twins.items()},
    "HDFSCNT0": Twin("DNASAAPL", "overseas_stock_price", _APPLE, ("price", "change_rate", "volume")),
    "HDFSASP0": Twin("DNASAAPL", "overseas_stock_inquire_asking_price", _APPLE, _BOOK),
    "HDFSASP1": Twin(
        "DTSE7203", "overseas_stock_inquire_asking_price", _TOYOTA, ("ask_price_1", "bid_quantity_1"), told_at=_LATE
    ),
    "HDFFF020": Twin("ESZ26", "overseas_fo_inquire_price", {"symbol": "ESZ26"}, (*_QUOTE, "trade_volume")),
    "HDFFF010": Twin("ESZ26", "overseas_fo_inquire_asking_price", {"symbol": "ESZ26"}, ("previous_close", *_LEVELS)),
    "H0BJCNT0": Twin("KR6095572D81", "domestic_bond_inquire_price", _BOND, (*_QUOTE, "yield_rate")),
    "H0BJASP0": Twin("KR6095572D81", "domestic_bond_inquire_asking_price", _BOND, (*_BOOK, "ask_yield_5")),
    "H0EWCNT0": Twin("58J297", "domestic_stock_inquire_elw_price", _WARRANT, (*_QUOTE, "approach_rate")),
    "H0EWASP0": Twin("58J297", "", _WARRANT),
    **{
        f"{venue}ANC0": Twin(
            "005930", "domestic_stock_exp_price_trend", _SHARE, ("price", "change_rate", "trade_time"), at=_MIDNIGHT
        )
        for venue in ("H0ST", "H0UN")
    },
    "H0NXANC0": Twin(_INTERRUPTED, "", {}, at=_RESUMED),
    "H0EWANC0": Twin("58J297", "", {}, at=_MIDNIGHT),
    "H0ZFANC0": _opening("111W09"),
    **dict.fromkeys(("H0ZOANC0", "H0EUANC0"), _opening("201W07360")),
    **{
        f"{venue}MBC0": Twin("005930", "domestic_stock_inquire_member", _SHARE, _MEMBERS)
        for venue in ("H0ST", "H0NX", "H0UN")
    },
    **{
        f"{venue}PGM0": Twin("005930", "domestic_stock_program_trade_by_stock", _SHARE, ("trade_time",))
        for venue in ("H0ST", "H0NX", "H0UN")
    },
    "H0STMKO0": Twin("005930", "domestic_stock_inquire_price", _SHARE, ("symbol", "vi_active"), at=_MIDNIGHT),
    "H0UNMKO0": Twin("005930", "domestic_stock_inquire_price", _SHARE, ("symbol", "vi_active"), at=_MIDNIGHT),
    "H0NXMKO0": Twin(
        _INTERRUPTED, "domestic_stock_inquire_price", {"symbol": _INTERRUPTED}, ("symbol", "vi_active"), at=_RESUMED
    ),
    "H0STNAV0": Twin("069500", "etfetn_inquire_price", {"symbol": "069500"}, ("nav", "nav_change_rate")),
    "H0UPCNT0": Twin("0001", "domestic_stock_inquire_index_price", _INDEX, _LEVEL),
    "H0UPANC0": Twin(
        "0001",
        "domestic_stock_exp_index_trend",
        {"index": "kospi", "auction": "opening", "interval": "10s"},
        ("index_price", "index_change", "change_rate", "volume", "turnover", "trade_time"),
        at=_MIDNIGHT,
    ),
    "H0UPPGM0": Twin("0001", "domestic_stock_comp_program_trade_today", {"market": "kospi"}, _PROGRAMME),
}
