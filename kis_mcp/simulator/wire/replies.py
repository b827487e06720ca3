"""What KIS answers, good and bad, with its codes and words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kis_mcp.simulator.engine.problems import Problem
from kis_mcp.simulator.wire.hosts import Host


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: a JSON body, or text that is none."""

    body: Mapping[str, object] | str
    status: int = 200
    tr_cont: str = ""

    @cached_property
    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()


class Refusal(Exception):
    """KIS answers with an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.body))
        self.reply = reply


GATEWAY_MESSAGES: Mapping[str, str] = {
    "EGW00101": "유효하지 않은 요청입니다.",
    "EGW00102": "AppKey는 필수입니다.",
    "EGW00103": "유효하지 않은 AppKey입니다.",
    "EGW00104": "AppSecret은 필수입니다.",
    "EGW00105": "유효하지 않은 AppSecret입니다.",
    "EGW00112": "유효하지 않은 grant입니다.",
    "EGW00115": "grant_type은 필수입니다.",
    "EGW00121": "유효하지 않은 token 입니다.",
    "EGW00122": "token은 필수입니다.",
    "EGW00123": "기간이 만료된 token 입니다.",
    "EGW00132": "Content-Type이 유효하지 않습니다.",
    "EGW00133": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
    "EGW00201": "초당 거래건수를 초과하였습니다.",
    "EGW00202": "GW라우팅 중 오류가 발생했습니다.",
    "EGW00203": "OPS라우팅 중 오류가 발생했습니다.",
    "EGW00208": "custtype이 유효하지 않습니다.",
    "EGW00215": "원장에서 허용 가능한 초당 거래건수를 초과하였습니다.",
    "EGW02004": "실전투자 TR 이 아닙니다.",
    "EGW02006": "모의투자 TR 이 아닙니다.",
    "MCA00124": "모의투자에서는 해당업무가 제공되지 않습니다.",
    "OPSQ0002": "없는 서비스 코드 입니다",
    "OPSQ9997": "JSON Parsing 에러",
    "OPSQ9999": "tr_id 없음",
    "SYDB0050": "조회이후 자료가 변경되었습니다.(다시 조회하세요)",
}
"""The gateway's codes with their words, for headers, tokens, limits and routes."""

_PROBLEMS: Mapping[Problem, tuple[tuple[str, str], tuple[str, str]]] = {
    Problem.UNKNOWN_SYMBOL: (
        ("APBK0656", "해당종목정보가 없습니다."),
        ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
    ),
    Problem.ORDER_TYPE: (
        ("APBK0963", "주문구분코드 오류 입니다."),
        ("40060000", "모의투자 주문처리가 안되었습니다(주문구분 오류)"),
    ),
    Problem.LOT: (
        ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_ORD_QTY"),
        ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_ORD_QTY"),
    ),
    Problem.OFF_TICK: (
        ("APBK0506", "주식주문호가단위 오류입니다."),
        ("40030000", "모의투자 주문처리가 안되었습니다(호가단위 오류)"),
    ),
    Problem.PRICE_LIMIT: (
        ("APBK0507", "주문단가가 상하한가를 벗어났습니다."),
        ("40270000", "모의투자 상/하한가 오류 입니다."),
    ),
    Problem.NO_CASH: (
        ("APBK0952", "주문가능금액을 초과 했습니다"),
        ("40250000", "모의투자 주문가능금액이 부족합니다."),
    ),
    Problem.NO_CREDIT: (
        ("APBK0952", "신용주문 가능금액을 초과 했습니다"),
        ("40250000", "모의투자 주문가능금액이 부족합니다."),
    ),
    Problem.NO_HOLDINGS: (
        ("APBK0400", "주문 가능한 수량을 초과했습니다."),
        ("40240000", "모의투자 잔고내역이 없습니다."),
    ),
    Problem.TOO_MANY_SHARES: (
        ("APBK0400", "주문 가능한 수량을 초과했습니다."),
        ("40260000", "모의투자 주문가능수량이 부족합니다."),
    ),
    Problem.NO_ORIGINAL: (
        ("APBK0344", "원주문정보가 존재하지 않습니다."),
        ("40320000", "모의투자 원주문번호가 존재하지 않습니다."),
    ),
    Problem.NOTHING_LEFT: (
        ("APBK0927", "정정취소 가능수량이 없습니다."),
        ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
    ),
    Problem.OUTSIDE_HOURS: (
        ("APBK0918", "장운영시간이 아닙니다."),
        ("40580000", "모의투자 장운영시간이 아닙니다."),
    ),
    Problem.PERIOD: (
        ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_RSVN_ORD_END_DT"),
        ("OPSQ2001", "ERROR : INPUT INVALID_CHECK_RSVN_ORD_END_DT"),
    ),
    Problem.MARKET_CLOSED: (
        ("APBK0919", "장운영일자가 주문일과 상이합니다."),
        ("40100000", "모의투자 영업일이 아닙니다."),
    ),
}
"""Business refusals: the real host's code and words, then demo's."""


def success(body: Mapping[str, object], *, code: str, message: str, tr_cont: str = "") -> Reply:
    """A good answer."""
    return Reply({"rt_cd": "0", "msg_cd": code, "msg1": message, **body}, tr_cont=tr_cont)


def gateway_refusal(code: str, *, status: int = 500) -> Refusal:
    """The gateway's own refusal, which comes as HTTP 500."""
    return Refusal(Reply({"rt_cd": "1", "msg_cd": code, "msg1": GATEWAY_MESSAGES.get(code, code)}, status))


def oauth_refusal(code: str) -> Refusal:
    """The token service's refusal, in its own envelope."""
    return Refusal(Reply({"error_description": GATEWAY_MESSAGES[code], "error_code": code}, 403))


def input_refusal(message: str, code: str = "OPSQ2001") -> Refusal:
    """The service does not like an input element, which the message names."""
    return Refusal(Reply({"rt_cd": "2", "msg_cd": code, "msg1": message}, 500))


def missing_element(element: str) -> Refusal:
    return input_refusal(f"ERROR INPUT FIELD NOT FOUND [{element}]")


def wrong_element(element: str) -> Refusal:
    return input_refusal(f"ERROR : INPUT INVALID_CHECK_{element}")


def nothing_found() -> Refusal:
    """What a search by a saved condition says when no stock meets it, as KIS documents it."""
    return Refusal(Reply({"rt_cd": "1", "msg_cd": "MCA05918", "msg1": "종목코드 오류입니다."}))


def refusal_words(problem: str) -> str:
    """The words for a problem's name; nothing for none."""
    return _PROBLEMS[Problem[problem]][0][1] if problem else ""


def business_refusal(problem: Problem, host: Host) -> Refusal:
    """A business refusal, which comes as HTTP 200."""
    (real_code, real_words), (demo_code, demo_words) = _PROBLEMS[problem]
    if host is Host.DEMO:
        return Refusal(Reply({"rt_cd": "1", "msg_cd": demo_code, "msg1": demo_words}))
    return Refusal(Reply({"rt_cd": "7", "msg_cd": real_code, "msg1": real_words}))
