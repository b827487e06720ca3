"""What KIS took, read from the requests themselves."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.simulator.ledger import Accepted
from tests.chaos.audit import Content, Taken

_SYMBOL = ("PDNO", "SHTN_PDNO", "OVRS_FUTR_FX_PDNO")
_QUANTITY = ("ORD_QTY", "FT_ORD_QTY", "FM_ORD_QTY", "ORD_QTY2")
_PRICE = ("ORD_UNPR", "OVRS_ORD_UNPR", "FT_ORD_UNPR3", "UNIT_PRICE", "FM_LIMIT_ORD_PRIC", "BOND_ORD_UNPR")
_ORIGINAL = ("ORGN_ODNO", "RSVN_ORD_SEQ", "OVRS_RSVN_ODNO")
_SIDES = {"01": "sell", "02": "buy"}
_ONLY_CANCELS = ("overseas_stock_order_resv_ccnl",)


def order_api(tool: str) -> Api:
    api = catalog().find(tool)
    assert api is not None
    return api


def taken(accepted: Accepted, apis: Mapping[str, Api]) -> Taken:
    """What an accepted request says.

    Args:
        apis: Path → order API.
    """
    request = accepted.request
    api = apis[request.path]
    return Taken(accepted.number, _content(api, request.tr_id, request.elements), request.elements)


def _content(api: Api, tr_id: str, elements: Mapping[str, object]) -> Content:
    words = {word for words, real in api.tr.real.items() if real == tr_id for word in words.split()}
    original, price = _one(elements, _ORIGINAL).lstrip("0"), Decimal(_one(elements, _PRICE) or 0) or None
    action = str(elements.get("RVSE_CNCL_DVSN_CD", "")) or _action(api, words)
    if action == "02":
        return api.tool, "cancel", original
    if action == "01":
        return api.tool, "modify", original, price
    side = _SIDES.get(str(elements.get("SLL_BUY_DVSN_CD"))) or ({"buy", "sell"} & {*words, api.slug}).pop()
    return api.tool, _one(elements, _SYMBOL), side, int(_one(elements, _QUANTITY)), price


def _action(api: Api, words: Collection[str]) -> str:
    """What an API does whose elements do not say it, as the element would."""
    if "cancel" in words or api.tool in _ONLY_CANCELS:
        return "02"
    return "01" if "modify" in words else "00"


def _one(elements: Mapping[str, object], names: Sequence[str]) -> str:
    return next((str(elements[name]) for name in names if elements.get(name)), "")
