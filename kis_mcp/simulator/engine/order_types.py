"""KIS' order type codes as what the matching engine understands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kis_mcp.simulator.engine.model import Auction, InForce, Manner, Side
from kis_mcp.simulator.market.instruments import Category

Pricing = Literal[
    "limit", "market", "best_opposite", "best_own", "midpoint", "stop", "stop_market", "previous_close", "last"
]


@dataclass(frozen=True, slots=True)
class OrderType:
    """How the limit comes about, how long the order lives, and the name KIS shows.

    Attributes:
        venues: Those that take it; none where all do.
        sides: Of the orders that may have it.
        not_for: Kinds of instrument that cannot be ordered so.
        can_change: Whether an order of this type may be amended.
        in_lots: Whether its quantity is in trading units where the exchange wants that.
    """

    pricing: Pricing
    name: str
    in_force: InForce = InForce.DAY
    auction: Auction = Auction.NONE
    manner: Manner = Manner.PLAIN
    venues: frozenset[str] = frozenset()
    sides: frozenset[Side] = frozenset(Side)
    not_for: frozenset[str] = frozenset()
    can_change: bool = True
    in_lots: bool = True

    @property
    def may_cost_anything(self) -> bool:
        """Whether a buy may be filled above the price that it was sent with."""
        return self.pricing in ("market", "stop_market") or self.manner in (Manner.MIDPOINT, Manner.CLOSING)

    def fits(self, venue: str, side: Side, kind: str) -> bool:
        """Whether an order at a venue for this kind of instrument may be of this type."""
        return side in self.sides and kind not in self.not_for and (not self.venues or venue in self.venues)


_KRX, _NXT = frozenset({"KRX"}), frozenset({"NXT"})
_KRX_SOR, _KRX_NXT, _ALL = _KRX | {"SOR"}, _KRX | _NXT, _KRX | _NXT | {"SOR"}
_SELL_ONLY, _BUY_ONLY = frozenset({Side.SELL}), frozenset({Side.BUY})
_FUNDS = frozenset({"etf", "etn", "warrant"})
_US = frozenset({"NASD", "NYSE", "AMEX"})


KRX_TYPES = {
    "00": OrderType("limit", "지정가", venues=_ALL),
    "01": OrderType("market", "시장가", venues=_KRX_SOR),
    "02": OrderType("limit", "조건부지정가", manner=Manner.CLOSING, venues=_KRX),
    "03": OrderType("best_opposite", "최유리지정가", venues=_ALL),
    "04": OrderType("best_own", "최우선지정가", venues=_ALL),
    "05": OrderType("previous_close", "장전시간외", manner=Manner.FIXED, venues=_KRX),
    "06": OrderType("last", "장후시간외", manner=Manner.FIXED, venues=_KRX),
    "07": OrderType("limit", "시간외단일가", sides=frozenset()),  # abolished; a kept state may list such orders
    "11": OrderType("limit", "IOC지정가", InForce.IOC, venues=_ALL),
    "12": OrderType("limit", "FOK지정가", InForce.FOK, venues=_ALL),
    "13": OrderType("market", "IOC시장가", InForce.IOC, venues=_ALL),
    "14": OrderType("market", "FOK시장가", InForce.FOK, venues=_ALL),
    "15": OrderType("best_opposite", "IOC최유리", InForce.IOC, venues=_ALL),
    "16": OrderType("best_opposite", "FOK최유리", InForce.FOK, venues=_ALL),
    "21": OrderType("midpoint", "중간가", manner=Manner.MIDPOINT, venues=_KRX_NXT),
    "22": OrderType("stop", "스톱지정가", venues=_KRX_NXT),
    "23": OrderType("midpoint", "중간가IOC", InForce.IOC, manner=Manner.MIDPOINT, venues=_KRX_NXT),
    "24": OrderType("midpoint", "중간가FOK", InForce.FOK, manner=Manner.MIDPOINT, venues=_KRX_NXT),
    "27": OrderType("limit", "GTP지정가", venues=_NXT, sides=_BUY_ONLY),
    "28": OrderType("best_opposite", "GTP최유리", venues=_NXT, sides=_BUY_ONLY),
    "29": OrderType("best_own", "GTP최우선", venues=_NXT, sides=_BUY_ONLY),
    "41": OrderType("limit", "KRX애프터마켓지정가", venues=_KRX, not_for=_FUNDS),
    "42": OrderType("limit", "KRX애프터마켓지정가IOC", InForce.IOC, venues=_KRX, not_for=_FUNDS),
    "43": OrderType("limit", "KRX애프터마켓지정가FOK", InForce.FOK, venues=_KRX, not_for=_FUNDS),
    "44": OrderType("best_opposite", "KRX애프터마켓최유리지정가", venues=_KRX, not_for=_FUNDS),
    "45": OrderType("best_opposite", "KRX애프터마켓최유리지정가IOC", InForce.IOC, venues=_KRX, not_for=_FUNDS),
    "46": OrderType("best_opposite", "KRX애프터마켓최유리지정가FOK", InForce.FOK, venues=_KRX, not_for=_FUNDS),
    "47": OrderType("best_own", "KRX애프터마켓최우선지정가", venues=_KRX, not_for=_FUNDS),
}
OVERSEAS_TYPES = {
    "00": OrderType("limit", "지정가"),
    "31": OrderType("market", "MOO(장개시시장가)", auction=Auction.OPEN, venues=_US, sides=_SELL_ONLY),
    "32": OrderType("limit", "LOO(장개시지정가)", auction=Auction.OPEN, venues=_US),
    "33": OrderType("market", "MOC(장마감시장가)", auction=Auction.CLOSE, venues=_US, sides=_SELL_ONLY),
    "34": OrderType("limit", "LOC(장마감지정가)", auction=Auction.CLOSE, venues=_US),
    "35": OrderType("limit", "TWAP", manner=Manner.BY_TIME, venues=_US, can_change=False),
    "36": OrderType("limit", "VWAP", manner=Manner.BY_VOLUME, venues=_US, can_change=False),
    "50": OrderType("limit", "단주지정가", venues=frozenset({"SEHK"}), sides=_SELL_ONLY, in_lots=False),
}
_KRX_FUTURES_TYPES = {
    "01": OrderType("limit", "지정가"),
    "02": OrderType("market", "시장가"),
    "03": OrderType("limit", "조건부지정가", manner=Manner.CLOSING),
    "04": OrderType("best_opposite", "최유리지정가"),
    "10": OrderType("limit", "지정가(IOC)", InForce.IOC),
    "11": OrderType("limit", "지정가(FOK)", InForce.FOK),
    "12": OrderType("market", "시장가(IOC)", InForce.IOC),
    "13": OrderType("market", "시장가(FOK)", InForce.FOK),
    "14": OrderType("best_opposite", "최유리(IOC)", InForce.IOC),
    "15": OrderType("best_opposite", "최유리(FOK)", InForce.FOK),
}
_OVERSEAS_FUTURES_TYPES = {
    "1": OrderType("limit", "지정가"),
    "2": OrderType("market", "시장가"),
    "3": OrderType("stop_market", "STOP"),
    "4": OrderType("stop", "STOP LIMIT"),
}
ORDER_TYPES: Mapping[Category, Mapping[str, OrderType]] = {
    "domestic_stock": KRX_TYPES,
    "overseas_stock": OVERSEAS_TYPES,
    "domestic_futureoption": _KRX_FUTURES_TYPES,
    "overseas_futureoption": _OVERSEAS_FUTURES_TYPES,
    "domestic_bond": {"00": OrderType("limit", "지정가", in_lots=False)},
}
