"""Which REST answer says the same as a live record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.simulator.wire import MONDAY


@dataclass(frozen=True)
class Twin:
    """What a TR's newest record must agree with.

    Attributes:
        key: Of the channel.
        tool: The REST API.
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
_BOOK = (*_LEVELS, "total_ask_quantity", "total_bid_quantity")
_SHARE = {"symbol": "005930"}
_SHARE_QUOTE = Twin("005930", "domestic_stock_inquire_price", _SHARE, (*_QUOTE, "turnover", "volume_turnover_rate"))
_SHARE_BOOK = Twin(
    "005930",
    "domestic_stock_inquire_asking_price_exp_ccn",
    _SHARE,
    (*_BOOK, "total_ask_quantity_change", "expected_price", "expected_change_rate", "expected_volume"),
)

TWINS: Mapping[str, Twin] = {
    **{f"{venue}CNT0": _SHARE_QUOTE for venue in ("H0ST", "H0NX", "H0UN")},
    **{f"{venue}ASP0": _SHARE_BOOK for venue in ("H0ST", "H0NX", "H0UN")},
}
