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
    """

    key: str
    tool: str
    arguments: Mapping[str, object]
    names: Sequence[str] = ()
    apart: Sequence[str] = ()
    at: datetime = MONDAY
    told_at: datetime | None = None

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


def _contract(symbol: str) -> dict[str, Twin]:
    """By the ends of their TRs."""
    asked = {"symbol": symbol}
    levels = ("ask_price_1", "bid_price_5", "ask_quantity_5", "bid_quantity_1", *_TOTALS)
    worth = ("theoretical_price", "open_interest", "divergence_rate")
    return {
        "CNT0": Twin(symbol, "domestic_fo_inquire_price", asked, (*_QUOTE, *worth)),
        "ASP0": Twin(symbol, "domestic_fo_inquire_asking_price", asked, levels),
    }


_CONTRACTS = {
    "H0IF": _contract("101W09"),
    "H0MF": _contract("101W09"),
    "H0ZF": _contract("111W09"),
    "H0CF": _contract("175W06"),
    **{market: _contract("201W07360") for market in ("H0IO", "H0ZO", "H0EU")},
}
_APPLE = {"exchange": "nasdaq", "symbol": "AAPL"}
_TOYOTA = {"exchange": "tokyo", "symbol": "7203"}
_LATE = MONDAY - timedelta(minutes=15)
_BOND = {"symbol": "KR6095572D81"}
_WARRANT = {"symbol": "58J297"}

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
}
