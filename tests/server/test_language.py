"""A server whose KIS_LANG is ko: errors, notes, questions, pages, previews and guides."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext, ElicitationFnT
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, TextResourceContents

from kis_mcp.catalog.data import resources_folder
from kis_mcp.confirm.pin import Pin
from kis_mcp.server.app import build_server
from kis_mcp.settings.settings import Settings
from tests.client import Person, blocks, connected, error, text
from tests.confirm.page.conftest import PIN, Visitor
from tests.server.test_confirmation_table import Page

GUIDES = resources_folder() / "guides"
REST = {"symbol": "005930", "side": "buy", "quantity": 3, "price": 60_000}


@asynccontextmanager
async def korean(person: ElicitationFnT | None = None, era: str = "auto") -> AsyncGenerator[Client]:
    """A client of a server that speaks Korean."""
    async with connected(Settings.load(env="sim", lang="ko", result_shape="rows"), person=person, era=era) as client:
        yield client


async def test_an_error_is_korean_in_both_channels_and_keeps_its_keys() -> None:
    async with korean() as client:
        result = await client.call_tool("place_order", {**REST, "price": 60_050})
    assert error(result) == {
        "class": "order_refused",
        "what": "가격 60,050 KRW이(가) 호가단위 100에 맞지 않습니다.",
        "next_step": "60,000 또는 60,100을 쓰십시오.",
        "field": "price",
    }
    assert text(result).startswith("sim 환경에서 place_order 실패 (order_refused): ")


async def test_a_person_is_asked_in_korean_in_both_eras_and_a_yes_counts(era: str) -> None:
    forms: list[ElicitRequestFormParams] = []

    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        forms.append(params)
        return ElicitResult(action="accept", content={"confirm": True})

    async with korean(answer, era) as client:
        order = blocks(await client.call_tool("place_order", REST))["order"]
    (form,) = forms
    first, *lines = form.message.splitlines()
    assert first == "[SIM] 삼성전자 3 매수"
    assert [line.partition(":")[0] for line in lines[:7]] == [
        "주문 종류",
        "종목",
        "주문 유형",
        "가격",
        "예상 금액",
        "예상 수수료·세금",
        "주문가능금액 대비",
    ]
    assert lines[-1].startswith("이 주문을 보내시겠습니까? (")
    assert form.requested_schema["properties"]["confirm"]["title"] == "보내기"
    assert (order["status"], order["side"], order["order_type"]) == ("accepted", "buy", "limit")


async def test_a_refusal_by_the_person_is_told_in_korean() -> None:
    async with korean(Person(ticks=False)) as client:
        facts = error(await client.call_tool("place_order", REST))
    assert re.fullmatch(
        r"사용자가 주문에 동의하지 않았습니다\(intent \w+, 거절: 확인란에 표시하지 않음\)\.", facts["what"]
    )


async def test_a_preview_and_its_notes_are_korean_and_its_token_sends_the_order() -> None:
    async with korean() as client:
        result = await client.call_tool("place_order", REST)
        preview = blocks(result)["order"]
        token = preview["confirmation_token"]
        sent = await client.call_tool("place_order", {**REST, "confirmation_token": token})
    assert preview["preview"].splitlines()[-1].startswith("이 주문을 보내시겠습니까?")
    assert result.structured_content is not None
    assert result.structured_content["notes"][0].startswith("아무것도 보내지 않았습니다. 사용자에게 미리보기를")
    assert blocks(sent)["order"]["status"] == "accepted"


async def test_the_page_shows_the_order_in_korean_and_approves_it() -> None:
    settings = Settings.load(env="sim", lang="ko", result_shape="rows")
    Pin(settings.data_dir).set(PIN)
    pages: list[str] = []

    async def look_and_approve(visitor: Visitor) -> None:
        pages.append((await visitor.look()).text)
        await visitor.answer("approve", PIN)

    async with connected(settings) as client:
        result = await client.call_tool("place_order", REST, progress_callback=Page(look_and_approve))
    assert blocks(result)["order"]["status"] == "accepted"
    (page,) = pages
    for shown in ("삼성전자 3 매수", "<dd>지정가</dd>", "<dd>매수</dd>"):
        assert shown in page


async def test_findings_of_a_preview_are_korean() -> None:
    async with korean() as client:
        found = blocks(await client.call_tool("preview_order", {**REST, "price": 10_000}))["findings"]
    assert [(one["check"], one["remedy"]) for one in found] == [("price_collar", "체결되지 않을 수 있습니다.")]


async def test_data_of_kis_is_left_alone() -> None:
    async with korean() as client:
        quote = blocks(await client.call_tool("get_quote", {"symbol": "005930"}))["quote"]
    async with connected(Settings.load(env="sim", result_shape="rows")) as client:
        assert blocks(await client.call_tool("get_quote", {"symbol": "005930"}))["quote"].keys() == quote.keys()
    assert (quote["market"], quote["name"]) == ("KR", "삼성전자")


def names(guide: str) -> set[str]:
    """What a guide says that no language changes: code, TR ids and KIS' elements."""
    codes = re.findall(r"\b[A-Z]+\d[A-Z0-9]{3,}\b|\b\d\d:\d\d\b|\b\w+_CO?DE?\b", guide, re.ASCII)
    blocks = re.findall(r"```.*?```", guide, re.DOTALL)
    return {*blocks, *re.findall(r"`[^`]+`", re.sub(r"```.*?```", "", guide, flags=re.DOTALL)), *codes}


@pytest.mark.parametrize("name", sorted(path.stem for path in GUIDES.glob("*.md")))
async def test_a_guide_is_korean_and_says_the_same_codes_and_hours(name: str) -> None:
    async with Client(build_server(Settings.load(lang="ko"))) as client:
        (content,) = (await client.read_resource(f"kis://guides/{name}")).contents
        listed = {one.name: one for one in (await client.list_resources()).resources}[name]
    assert isinstance(content, TextResourceContents)
    assert re.search("[가-힣]", listed.description or "")
    english = (GUIDES / f"{name}.md").read_text("utf-8")
    assert names(content.text) == names(english)
    assert content.text.count("\n| ") == english.count("\n| ")
    assert content.text.count("\n## ") == english.count("\n## ")
