"""KIS' order type codes as what the matching engine understands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kis_mcp.simulator.engine.model import Auction, InForce
from kis_mcp.simulator.market.instruments import Category

Pricing = Literal[
    "limit", "market", "best_opposite", "best_own", "midpoint", "stop", "stop_market", "previous_close", "last"
]


@dataclass(frozen=True, slots=True)
class OrderType:
    """How the limit comes about, how long the order lives, and the name KIS shows."""

    pricing: Pricing
    name: str
    in_force: InForce = InForce.DAY
    auction: Auction = Auction.NONE


KRX_TYPES = {
    "00": OrderType("limit", "지정가"),
    "01": OrderType("market", "시장가"),
    "02": OrderType("limit", "조건부지정가"),
    "03": OrderType("best_opposite", "최유리지정가"),
    "04": OrderType("best_own", "최우선지정가"),
    "05": OrderType("previous_close", "장전시간외"),
    "06": OrderType("last", "장후시간외"),
    "07": OrderType("limit", "시간외단일가"),
    "11": OrderType("limit", "IOC지정가", InForce.IOC),
    "12": OrderType("limit", "FOK지정가", InForce.FOK),
    "13": OrderType("market", "IOC시장가", InForce.IOC),
    "14": OrderType("market", "FOK시장가", InForce.FOK),
    "15": OrderType("best_opposite", "IOC최유리", InForce.IOC),
    "16": OrderType("best_opposite", "FOK최유리", InForce.FOK),
    "21": OrderType("midpoint", "중간가"),
    "22": OrderType("stop", "스톱지정가"),
    "23": OrderType("midpoint", "중간가IOC", InForce.IOC),
    "24": OrderType("midpoint", "중간가FOK", InForce.FOK),
    "27": OrderType("limit", "GTP지정가"),
    "28": OrderType("best_opposite", "GTP최유리"),
    "29": OrderType("best_own", "GTP최우선"),
    "41": OrderType("limit", "KRX애프터마켓지정가"),
    "42": OrderType("limit", "KRX애프터마켓지정가IOC", InForce.IOC),
    "43": OrderType("limit", "KRX애프터마켓지정가FOK", InForce.FOK),
    "44": OrderType("best_opposite", "KRX애프터마켓최유리지정가"),
    "45": OrderType("best_opposite", "KRX애프터마켓최유리지정가IOC", InForce.IOC),
    "46": OrderType("best_opposite", "KRX애프터마켓최유리지정가FOK", InForce.FOK),
    "47": OrderType("best_own", "KRX애프터마켓최우선지정가"),
}
US_TYPES = {
    "00": OrderType("limit", "지정가"),
    "31": OrderType("market", "MOO(장개시시장가)", auction=Auction.OPEN),
    "32": OrderType("limit", "LOO(장개시지정가)", auction=Auction.OPEN),
    "33": OrderType("market", "MOC(장마감시장가)", auction=Auction.CLOSE),
    "34": OrderType("limit", "LOC(장마감지정가)", auction=Auction.CLOSE),
    "35": OrderType("limit", "TWAP"),
    "36": OrderType("limit", "VWAP"),
}
_KRX_FUTURES_TYPES = {
    "01": OrderType("limit", "지정가"),
    "02": OrderType("market", "시장가"),
    "03": OrderType("limit", "조건부지정가"),
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
    "overseas_stock": US_TYPES,
    "domestic_futureoption": _KRX_FUTURES_TYPES,
    "overseas_futureoption": _OVERSEAS_FUTURES_TYPES,
    "domestic_bond": {"00": OrderType("limit", "지정가")},
}
