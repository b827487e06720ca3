"""Notices of orders in stocks, at home and abroad."""

from collections.abc import Mapping

from kis_mcp.simulator.answers.live import Elements
from kis_mcp.simulator.answers.placement import BRANCH
from kis_mcp.simulator.engine.model import Manner
from kis_mcp.simulator.live.notices.common import Notice, scaled
from kis_mcp.simulator.market.places import Country

_VENUES = {"KRX": "1", "NXT": "2", "SOR": "3"}
"""Everything that SOR routes trades at KRX here."""

_CASH = "10"
_DECIMALS: Mapping[Country, int] = {"US": 4, "JP": 1, "CN": 3, "HK": 3, "VN": 0}
_KINDS_ABROAD = {"31": "A", "32": "B", "33": "C", "34": "D", "50": "7"}
_LIMIT_ABROAD = "2"
_EXCHANGES = {
    "nasdaq": "6",
    "nyse": "7",
    "amex": "8",
    "hong_kong": "4",
    "shanghai": "A",
    "tokyo": "D",
    "hanoi": "E",
    "ho_chi_minh": "F",
}
"""ODER_COND; KIS' list has none for Shenzhen's A shares."""

_UNTIL_CLOSE = "02"


def domestic_stock(notice: Notice) -> Elements:
    order = notice.event.order
    return {
        **notice.elements,
        "ODER_KIND": order.code,
        "ODER_COND": notice.condition,
        "CNTG_UNPR": scaled(notice.price, 0),
        "STCK_CNTG_HOUR": f"{notice.at:%H%M%S}",
        "BRNC_NO": BRANCH,
        "ODER_QTY": f"{order.quantity:09}",
        "ORD_COND_PRC": scaled(order.trigger, 0) if order.trigger else "0".zfill(9),
        "ORD_EXG_GB": _VENUES.get(order.venue, "1"),
        "POPUP_YN": "Y",
        "CRDT_CLS": order.credit_type or _CASH,
        "CRDT_LOAN_DATE": order.loan_date,
        "CNTG_ISNM40": notice.instrument.name_ko,
        "ODER_PRC": scaled(order.price, 0),
    }


def overseas_stock(notice: Notice) -> Elements:
    """An order's acceptance has its quantity in CNTG_QTY alone, and no time; a fill has its exchange's."""
    order, instrument = notice.event.order, notice.instrument
    decimals = _DECIMALS.get(instrument.country, 0)
    at = notice.at.astimezone(instrument.timezone)
    sliced = order.manner in (Manner.BY_TIME, Manner.BY_VOLUME)
    return {
        **notice.elements,
        "ODER_KIND2": _KINDS_ABROAD.get(order.code, _LIMIT_ABROAD),
        "CNTG_UNPR": scaled(notice.price, decimals),
        "STCK_CNTG_HOUR": f"{at:%H%M%S}" if notice.is_fill else "",
        "BRNC_NO": BRANCH,
        "ODER_QTY": f"{order.quantity:09}" if notice.is_fill else "",
        "CNTG_ISNM": instrument.name_ko,
        "ODER_COND": _EXCHANGES.get(instrument.exchange, ""),
        "DEBT_GB": _CASH,
        "TM_DIV_TP": _UNTIL_CLOSE if sliced else "",
        "CNTG_UNPR12": scaled(notice.price, decimals, digits=12),
    }
