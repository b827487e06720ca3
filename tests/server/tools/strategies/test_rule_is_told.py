"""A person who lets a strategy order reads its rule, whichever way the question comes."""

from html import unescape

import pytest

from kis_mcp.simulator import Simulator
from tests.client import Person, blocks, connected, settings_for
from tests.confirm.page.conftest import Visitor
from tests.server.test_confirmation_table import Page, reject, set_pin
from tests.server.tools.strategies.documents import changed
from tests.server.tools.strategies.live import call, run_of

DOCUMENT = changed({"exit": {"left": "fast", "is": "crosses_below", "right": "slow"}})
RULE = [
    "It buys: 10 shares by bars of 1d; when sma(5) crosses above sma(20)",
    "It sells: at a loss of 3 %; when sma(5) crosses below sma(20)",
]
RULE_IN_KOREAN = [
    "매수 규칙: 1d 봉으로 10주; 조건: sma(5)의 sma(20) 상향 돌파",
    "매도 규칙: 3% 손실에서; 조건: sma(5)의 sma(20) 하향 돌파",
]


@pytest.mark.parametrize(("language", "rule"), [("en", RULE), ("ko", RULE_IN_KOREAN)])
async def test_the_form_tells_the_rule(simulator: Simulator, language: str, rule: list[str]) -> None:
    person = Person()
    async with connected(settings_for(simulator, lang=language), person=person) as client:
        await call(client, "start", strategy=DOCUMENT)
    assert person.asked[0].splitlines()[3:5] == rule


async def test_the_preview_tells_the_rule(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        asked = blocks(await call(client, "start", strategy=DOCUMENT))["mandate"]
    assert asked["preview"].splitlines()[3:5] == RULE


async def test_the_page_tells_the_rule(simulator: Simulator) -> None:
    settings = settings_for(simulator, "real", allow_real_orders=True)
    set_pin(settings)
    shown = ""

    async def read(visitor: Visitor) -> None:
        nonlocal shown
        shown = unescape((await visitor.look()).text)
        await reject(visitor)

    arguments = {"action": "start", "strategy": DOCUMENT}
    async with connected(settings) as client:
        await client.call_tool("strategies", arguments, progress_callback=Page(read))
    for line in RULE:
        label, _, rule = line.partition(": ")
        assert f"{label}</span></dt><dd>{rule}</dd>" in shown


async def test_why_a_run_is_as_it_is_and_what_is_wrong_in_a_document_are_told_in_korean(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, lang="ko"), person=Person()) as client:
        started = run_of(blocks(await call(client, "start", strategy=DOCUMENT)))
        wrong = {**DOCUMENT, "entry": {"left": "fast", "is": ">", "right": "slow"}, "id": None}
        found = blocks(await call(client, "validate", strategy={k: v for k, v in wrong.items() if v is not None}))
    assert started["reason"] == "사람이 위임에 동의했습니다."
    told = {row["path"]: row["problem"] for row in found["problems"]}
    assert told["id"].startswith("값이 빠졌습니다. 예: ")
    assert told["entry.is"].startswith("above, below, at_least,")
    assert "between 중 하나를 주십시오." in told["entry.is"]
