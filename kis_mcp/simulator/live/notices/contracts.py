"""Notices of orders in futures and options, at home and abroad."""

from decimal import Decimal

from kis_mcp.simulator.answers.live import Elements
from kis_mcp.simulator.answers.placement import BRANCH
from kis_mcp.simulator.engine.model import ZERO
from kis_mcp.simulator.live.notices.common import Notice, scaled

_DECIMALS = 2
"""As in KIS' example, where 000135900 is 1,359.00."""

_FOUR = Decimal("0.0001")
_RECEIVED = "02"


def domestic_contract(notice: Notice) -> Elements:
    order = notice.event.order
    return {
        **notice.elements,
        "ODER_KIND2": "0" if notice.is_fill else "L",
        "CNTG_UNPR": scaled(notice.price, _DECIMALS),
        "STCK_CNTG_HOUR": f"{notice.at:%H%M%S}",
        "BRNC_NO": BRANCH,
        "ODER_QTY": f"{order.quantity:09}",
        "CNTG_ISNM": notice.instrument.name_ko,
        "ODER_COND": notice.condition,
        "ORDER_PRC": scaled(order.price, _DECIMALS),
    }


def overseas_contract(notice: Notice) -> Elements:
    """An order abroad, as far as it has got; a fill's own elements are left out of an order's notice by its sheet."""
    order, fill, instrument = notice.event.order, notice.event.fill, notice.instrument
    elements = {
        "USER_ID": notice.hts_id,
        "ACCT_NO": notice.account,
        "ORD_DT": f"{order.day:%Y%m%d}",
        "ODNO": order.number[2:],
        "ORGN_ORD_DT": f"{order.day:%Y%m%d}" if order.original else "",
        "ORGN_ODNO": order.original[2:],
        "SERIES": order.symbol,
        "RVSE_CNCL_DVSN_CD": order.action.value,
        "SLL_BUY_DVSN_CD": order.side.value,
        "CPLX_ORD_DVSN_CD": "0",
        "PRCE_TP": order.code,
        "FM_EXCG_RCIT_DVSN_CD": _RECEIVED,
        "ORD_QTY": str(order.quantity),
        "FM_LMT_PRIC": f"{order.price:f}",
        "FM_STOP_ORD_PRIC": f"{order.trigger or ZERO:f}",
        "TOT_CCLD_QTY": str(order.filled),
        "TOT_CCLD_UV": f"{order.average_price.quantize(_FOUR):f}",
        "ORD_REMQ": str(order.remaining),
        "FM_ORD_GRP_DT": f"{order.day:%Y%m%d}",
        "ORD_DTL_DTIME": f"{order.placed_at:%Y%m%d%H%M%S%f}"[:17],
        "OPRT_DTL_DTIME": f"{notice.at:%Y%m%d%H%M%S%f}"[:17],
        "CRCY_CD": instrument.currency,
        "LQD_YN": "N",
        "ECIS_RSVN_ORD_YN": "N",
        "FUOP_ITEM_DVSN_CD": "00" if instrument.kind == "future" else "01",
    }
    if fill is None:
        return elements
    return elements | {
        "CCLD_DT": f"{fill.day:%Y%m%d}",
        "CCNO": f"{fill.sequence:010}",
        "API_CCNO": f"{fill.sequence:010}",
        "CCLD_QTY": str(fill.quantity),
        "FM_CCLD_PRIC": f"{fill.price:f}",
        "TRST_FEE": f"{fill.commission:f}",
        "ORD_MDIA_ONLINE_YN": "Y",
        "FM_CCLD_AMT": f"{fill.amount:f}",
    }
