"""The approval page as HTML: Korean and English, without scripts, from the texts in ``resources/approval``."""

from functools import cache
from html import escape
from string import Template

from kis_mcp.catalog import resources_folder
from kis_mcp.clock import KST
from kis_mcp.confirm.page.approval import Approval, Notice
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import QuestionFacts

_ENVIRONMENTS = {
    "SIM": "SIM · 시뮬레이터 simulator",
    "DEMO": "DEMO · 모의투자 paper trading",
    "REAL": "REAL · 실전 — 진짜 돈 real money",
}
_LABELS = {
    "action": ("구분", "Action"),
    "kis_title": ("주문 종류", "Order"),
    "instrument": ("종목", "Instrument"),
    "side": ("매매", "Side"),
    "quantity": ("수량", "Quantity"),
    "reserved_for": ("거래소 전송", "Sent to the exchange"),
    "order_type": ("주문 유형", "Order type"),
    "price": ("가격", "Price"),
    "amount": ("예상 금액", "Estimated amount"),
    "fees": ("예상 수수료·세금", "Fees, taxes"),
    "margin": ("증거금", "Margin"),
    "buying_power": ("가능액 대비", "Of buying power"),
    "effect": ("결과", "Effect"),
    "further": ("그 밖의 값", "Further"),
    "account": ("계좌", "Account"),
    "reference": ("기록", "Reference"),
    "strategy": ("전략", "Strategy"),
    "buys": ("매수 규칙", "It buys"),
    "sells": ("매도 규칙", "It sells"),
    "holds": ("이전 실행의 보유분", "It holds from before"),
    "instruments": ("종목", "Instruments"),
    "sides": ("매매", "Sides"),
    "most_per_order": ("매수 주문 한 건 최대", "Most per order to buy"),
    "most_in_all": ("합계 최대(보유분 매입금액과 미체결 매수)", "Most in all, held at cost and open orders to buy"),
    "orders_a_day": ("하루 주문 수 최대", "Most orders a day"),
    "most_loss": (
        "최대 손실(여기서 멈추고 보유분은 그대로 둠)",
        "Most loss, at which it stops and what it holds stays",
    ),
    "until": ("기한", "Until"),
    "total_quantity": ("수량 합계", "Total quantity"),
}
_NUMBERED = {"order": ("주문", "Order"), "result": ("성과", "Result")}
"""Of these there may be several."""

_WORDS = {
    ("action", "modify"): "정정 CHANGE",
    ("action", "cancel"): "취소 CANCEL",
    ("side", "buy"): "매수 BUY",
    ("side", "sell"): "매도 SELL",
    ("order_type", "limit"): "지정가 limit",
    ("order_type", "market"): "시장가 market",
    ("order_type", "pre_market_limit"): "NXT 프리마켓 GTP 지정가 pre_market_limit",
    ("order_type", "pre_market_best"): "NXT 프리마켓 GTP 최유리 pre_market_best",
    ("order_type", "pre_market_priority"): "NXT 프리마켓 GTP 최우선 pre_market_priority",
    ("order_type", "after_market_limit"): "KRX 애프터마켓 지정가 after_market_limit",
    ("order_type", "after_market_limit_ioc"): "KRX 애프터마켓 지정가 IOC after_market_limit_ioc",
    ("order_type", "after_market_limit_fok"): "KRX 애프터마켓 지정가 FOK after_market_limit_fok",
    ("order_type", "after_market_best"): "KRX 애프터마켓 최유리 after_market_best",
    ("order_type", "after_market_best_ioc"): "KRX 애프터마켓 최유리 IOC after_market_best_ioc",
    ("order_type", "after_market_best_fok"): "KRX 애프터마켓 최유리 FOK after_market_best_fok",
    ("order_type", "after_market_priority"): "KRX 애프터마켓 최우선 after_market_priority",
    ("quantity", "all that is open"): "남은 수량 전부 all that is open",
    ("price", "no price limit"): "가격 제한 없음 no price limit",
}
_NOTICES = {
    Notice.WRONG_PIN: ("PIN이 맞지 않습니다.", "That is not the PIN."),
    Notice.NO_PIN: ("승인하려면 PIN을 입력하십시오.", "Type your PIN to approve."),
    Notice.OUTDATED: (
        "이 양식으로는 답할 수 없습니다. 아래 내용을 확인하고 다시 답하십시오. 이 주소의 쿠키를 허용해야 합니다.",
        "This form cannot be used. Check what is below and answer again; cookies of this address must be allowed.",
    ),
}
_RESULTS = {
    "accepted": ("승인했습니다.", "You approved.", "결과는 대화창에서 확인하십시오.", "See the result in your client."),
    "declined": ("거절했습니다.", "Rejected.", "보낸 것은 없습니다.", "Nothing was sent."),
    "cancelled": ("이미 끝난 질문입니다.", "This question is over.", "보낸 것은 없습니다.", "Nothing was sent."),
}
_LOCKED = ("PIN이 여러 번 틀려 거절되었습니다.", "Rejected after too many wrong PINs.")


def redirect_page(url: str) -> str:
    """A page that leads to another."""
    return _template("redirect.html").substitute(url=escape(url))


def door_page() -> str:
    """A page that loads itself again."""
    return _text("door.html")


def form_page(approval: Approval, nonce: str, notice: Notice | None = None) -> str:
    """The question with its form."""
    facts = approval.facts
    where = facts.environment
    agree = (f"승인하면 위 내용 그대로 {where}에서 실행됩니다.", f"Approving lets exactly this happen, in {where}.")
    form = _template("form.html").substitute(
        notice=f'<p class="notice" role="alert">{_both(*_NOTICES[notice])}</p>' if notice else "",
        terms="\n".join(_term(name, text) for name, text in facts.terms.items()),
        warnings=_warnings(facts),
        expires_at=f"{approval.expires_at.astimezone(KST):%H:%M:%S}",
        form_token=approval.form_token,
        tries_left=approval.tries_left,
        agree=_both(*agree),
    )
    return _page(facts, nonce, form, approval.seconds_left)


def result_page(approval: Approval, decision: Decision, nonce: str) -> str:
    """What became of the question."""
    korean, english, then_korean, then_english = _RESULTS[decision.verdict]
    if decision.verdict == "declined" and approval.tries_left == 0:
        korean, english = _LOCKED
    result = (
        f'<div class="result" role="status"><strong>{_both(korean, english)}</strong>'
        f"<p>{_both(then_korean, then_english)}</p>"
        f"<p>{_both('이 창을 닫아도 됩니다.', 'You can close this window.')}</p></div>"
    )
    return _page(approval.facts, nonce, result, 0)


def _page(facts: QuestionFacts, nonce: str, body: str, seconds_left: float) -> str:
    return _template("page.html").substitute(
        title=escape(f"[{facts.environment}] {facts.headline}"),
        nonce=nonce,
        time_left=f"{seconds_left:.1f}",
        seconds_left=f"{seconds_left:.0f}",
        style=_text("style.css"),
        environment=escape(facts.environment.lower()),
        environment_name=escape(_ENVIRONMENTS[facts.environment]),
        headline=escape(facts.headline),
        body=body,
    )


def _term(name: str, text: str) -> str:
    kind, _, number = name.rpartition("_")
    is_numbered = kind in _NUMBERED and number.isdigit()
    numbered = {name: tuple(f"{word} {number}" for word in _NUMBERED[kind])} if is_numbered else {}
    korean, english = (_LABELS | numbered).get(name, ("", name.replace("_", " ").capitalize()))
    shown = escape(_WORDS.get((name, text), text))
    return f'<div class="{name}"><dt>{_both(korean, english)}</dt><dd>{shown}</dd></div>'


def _warnings(facts: QuestionFacts) -> str:
    if not facts.warnings:
        return ""
    items = "".join(f"<li>⚠ {escape(warning)}</li>" for warning in facts.warnings)
    return f'<ul class="warnings" aria-label="주의 Warnings">{items}</ul>'


def _both(korean: str, english: str) -> str:
    return f'{escape(korean)} <span lang="en">{escape(english)}</span>'


def _template(name: str) -> Template:
    return Template(_text(name))


@cache
def _text(name: str) -> str:
    return (resources_folder() / "approval" / name).read_text("utf-8")
