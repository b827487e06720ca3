"""Odd answers that people measured at KIS, for those who test how their code takes them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import cast

from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import Refusal, Reply, gateway_refusal

_FRACTION = Decimal("0.012638")
_CENT = Decimal("0.01")
_US = ("NASD", "NYSE", "AMEX")
_BALANCE = "domestic_stock_inquire_balance"
_DAY_LIST = "domestic_stock_inquire_daily_ccld"
_FOREIGN_BALANCE = "overseas_stock_inquire_balance"


def odd_call(switches: Switches, call: Call) -> Call:
    """The call that is answered in place of one: mostly itself.

    Raises:
        Refusal: It is refused.
    """
    if switches["inquiry_02_refused"] and call.api.tool == _BALANCE and call.text("INQR_DVSN") == "02":
        raise Refusal(Reply({"rt_cd": "2", "msg_cd": "OPSQ2001", "msg1": "ERROR : INPUT INVALID_CHECK_INQR_DVSN"}))
    if _goes_on(call):
        if switches["changed_on_page_2"]:
            raise gateway_refusal("SYDB0050")
        if switches["repeated_page"]:
            return _with(call, dict.fromkeys(call.api.paging.keys if call.api.paging else (), ""))
    if switches["rows_three_times"] and call.api.tool == _FOREIGN_BALANCE and call.text("OVRS_EXCG_CD") in _US:
        return _with(call, {"OVRS_EXCG_CD": "NASD"})  # which stands for the whole country
    return call


def odd_reply(switches: Switches, call: Call, reply: Reply) -> Reply:
    """What KIS says oddly instead of an answer."""
    for name, change in _CHANGES.items():
        if switches[name]:
            reply = change(call, reply)
    return reply


def _goes_on(call: Call) -> bool:
    """Whether a page after the first is asked for."""
    return any(call.text(key.upper()) for key in (call.api.paging.keys if call.api.paging else ()))


def _with(call: Call, elements: Mapping[str, str]) -> Call:
    headers = {**call.received.headers, "tr_cont": ""}
    return replace(call, elements={**call.elements, **elements}, received=replace(call.received, headers=headers))


def _rows(reply: Reply, name: str) -> list[dict[str, str]]:
    return [] if isinstance(reply.body, str) else cast("list[dict[str, str]]", reply.body.get(name, []))


def _blank_day_list(call: Call, reply: Reply) -> Reply:
    if call.host is not Host.DEMO or call.api.tool != _DAY_LIST or isinstance(reply.body, str):
        return reply
    words = {"msg_cd": "70070000", "msg1": "모의투자 조회할 내역(자료)이 없습니다."}
    return Reply({**reply.body, **words, **_blank_keys(call), "output1": []}, tr_cont="D")


def _full_page(call: Call, reply: Reply) -> Reply:
    paging = call.api.paging
    if paging is None or reply.tr_cont != "D" or isinstance(reply.body, str):
        return reply
    size = paging.page_rows_demo if call.host is Host.DEMO else paging.page_rows_real
    listed = next((block.key for block in call.api.blocks if block.is_list), "")
    if len(_rows(reply, listed)) != (size or paging.page_rows_real):
        return reply
    return Reply({**reply.body, **_blank_keys(call)}, tr_cont="M")


def _blank_keys(call: Call) -> dict[str, str]:
    return dict.fromkeys(call.api.paging.keys.values() if call.api.paging else (), "")


def _fractions(call: Call, reply: Reply) -> Reply:
    if call.api.tool != _FOREIGN_BALANCE or call.text("OVRS_EXCG_CD") not in _US or isinstance(reply.body, str):
        return reply
    return replace(reply, body={**reply.body, "output1": [dict(_fraction(row)) for row in _rows(reply, "output1")]})


def _fraction(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A row with a fraction of a share more, at the same prices."""
    cost = (Decimal(row["pchs_avg_pric"]) * _FRACTION).quantize(_CENT)
    value = (Decimal(row["now_pric2"]) * _FRACTION).quantize(_CENT)
    more = {
        "ovrs_cblc_qty": _FRACTION,
        "ord_psbl_qty": _FRACTION,
        "frcr_pchs_amt1": cost,
        "ovrs_stck_evlu_amt": value,
        "frcr_evlu_pfls_amt": value - cost,
    }
    for element, text in row.items():
        yield element, str(Decimal(text) + more[element]) if element in more else text


_CHANGES: Mapping[str, Callable[[Call, Reply], Reply]] = {
    "demo_blank_day_list": _blank_day_list,
    "full_page_without_key": _full_page,
    "fractional_holdings": _fractions,
}
"""Switch → what it makes of an answer."""
