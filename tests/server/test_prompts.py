"""Prompts that a person starts, and what is completed while they type."""

import re
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent

from kis_mcp.catalog import catalog
from kis_mcp.market.rankings import find_ranking
from kis_mcp.server.app import build_server
from kis_mcp.server.prompts import Prompts
from kis_mcp.settings import Settings
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, settings_for

TEXTS = Prompts("en").texts
TOOLS = {api.tool for api in catalog().tools}
TOOL_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")
REQUIRED = {
    name: {argument: "005930" for argument, table in prompt.arguments.items() if table.get("required")}
    for name, prompt in TEXTS.items()
}


def client(era: str = "auto", **settings: Any) -> Client:
    """A client of a server that needs no KIS."""
    return Client(build_server(Settings.load(**settings)), mode=era)


async def text_of(client: Client, name: str, arguments: dict[str, str]) -> str:
    (message,) = (await client.get_prompt(name, arguments)).messages
    assert isinstance(message.content, TextContent)
    return message.content.text


async def test_every_prompt_is_listed_with_its_arguments(era: str) -> None:
    async with client(era) as each:
        listed = {prompt.name: prompt for prompt in (await each.list_prompts()).prompts}
    assert set(listed) == {
        "morning_briefing",
        "portfolio_review",
        "research_stock",
        "option_chain",
        "pre_trade_checklist",
        "end_of_day_report",
    }
    research = listed["research_stock"]
    assert (research.title, research.description) == (
        TEXTS["research_stock"].title["en"],
        TEXTS["research_stock"].description["en"],
    )
    assert [(argument.name, argument.required) for argument in research.arguments or ()] == [
        ("symbol", True),
        ("language", False),
    ]


async def test_prompts_speak_the_operators_language() -> None:
    async with client(lang="ko") as each:
        listed = {prompt.name: prompt.title for prompt in (await each.list_prompts()).prompts}
        assert listed["research_stock"] == "종목 분석"
        assert "종목을 분석해 줘" in await text_of(each, "research_stock", {"symbol": "삼성전자"})
        assert "Research 삼성전자 for me" in await text_of(
            each, "research_stock", {"symbol": "삼성전자", "language": "en"}
        )


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", TEXTS)
async def test_a_prompt_names_tools_that_exist_and_leaves_no_place_open(name: str, language: str) -> None:
    async with client() as each:
        text = await text_of(each, name, REQUIRED[name] | {"language": language})
    named = set(TOOL_NAME.findall(text))
    assert named <= TOOLS | {"index_options"}
    assert len(named) >= 4
    assert "{" not in text
    assert (re.search("[가-힣]", text) is not None) == (language == "ko")


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_name_the_same_tools(name: str) -> None:
    english, korean = (set(TOOL_NAME.findall(TEXTS[name].text[each])) for each in ("en", "ko"))
    assert english == korean


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_briefing_asks_for_rankings_that_exist(language: str) -> None:
    (step,) = re.findall(r"^4\. (.*)$", TEXTS["morning_briefing"].text[language], re.MULTILINE)
    words = set(re.findall(r"(?<![a-z_])[a-z]+(?![a-z_])", step))
    markets, measures = {"kr", "nasdaq", "nyse"}, {"gainers", "losers", "volume"}
    assert words >= markets | measures
    assert all(find_ranking(by, market) for by in measures for market in markets)


@pytest.mark.slow
async def test_the_option_chain_can_be_read_as_its_steps_say(simulator: Simulator) -> None:
    named = set(TOOL_NAME.findall(TEXTS["option_chain"].text["en"]))
    assert not named & {"get_quote", "get_order_book", "get_candles", "get_buying_power"}  # None takes a contract.
    async with connected(settings_for(simulator)) as each:

        async def read(tool: str, **arguments: Any) -> dict[str, Any]:
            assert tool in named
            return blocks(await each.call_tool("call_read_tool", {"name": tool, "arguments": arguments}))

        index, future = [
            blocks(await each.call_tool("find_instrument", {"query": query}))["instruments"][0]["symbol"]
            for query in ("KOSPI 200", "KOSPI 200 future")
        ]
        assert (index, future) == ("2001", "A01603")
        quotes = blocks(await each.call_tool("get_quotes", {"symbols": [index, future]}))["quotes"]
        assert all(row["price"] > 0 for row in quotes)
        days = (await read("domestic_fo_display_board_top", symbol=future))["expiries"]
        expiries = (await read("domestic_fo_display_board_option_list"))["expiries"]
        assert days[0]["remaining_days"] > 0
        board = await read("domestic_fo_display_board_callput", expiry=expiries[0]["maturity_month_code"])
        strike = board["calls"][0]["symbol"]
        assert (await read("domestic_fo_inquire_asking_price", symbol=strike, market="index_options"))["book"]


async def test_an_argument_stands_in_the_text_with_its_words() -> None:
    async with client() as each:
        assert "everything held and AAPL, MSFT: how" in await text_of(
            each, "morning_briefing", {"symbols": "AAPL, MSFT"}
        )
        assert "everything held: how" in await text_of(each, "morning_briefing", {"symbols": " "})
        assert "chain of KOSPI 200 for me" in await text_of(each, "option_chain", {})
        assert "suit this view: {calm}." in await text_of(each, "option_chain", {"view": "{calm}"})


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("evening", {}, "There is no prompt 'evening'. There are end_of_day_report"),
        ("research_stock", {}, "research_stock needs symbol"),
        ("research_stock", {"symbol": "  "}, "research_stock needs symbol"),
        ("research_stock", {"symbol": "1", "ticker": "2"}, "research_stock has no argument 'ticker'. It takes symbol"),
        ("research_stock", {"symbol": "1", "language": "jp"}, "give ko or en"),
        ("pre_trade_checklist", {"order": "x" * 501}, "order is longer than 500"),
    ],
)
async def test_what_cannot_be_filled_is_refused(name: str, arguments: dict[str, str], message: str) -> None:
    async with client() as each:
        with pytest.raises(MCPError, match=re.escape(message)) as refused:
            await each.get_prompt(name, arguments)
    assert refused.value.code == INVALID_PARAMS


async def completed(
    client: Client, ref: PromptReference | ResourceTemplateReference, name: str, value: str
) -> list[str]:
    return (await client.complete(ref, {"name": name, "value": value})).completion.values


async def test_symbols_are_completed_by_what_a_person_types(simulator: Simulator) -> None:
    research, briefing = PromptReference(name="research_stock"), PromptReference(name="morning_briefing")
    async with connected(settings_for(simulator)) as each:
        assert (await completed(each, research, "symbol", "삼성전"))[0] == "005930 삼성전자"
        assert (await completed(each, research, "symbol", "ㅅㅅㅈㅈ"))[0] == "005930 삼성전자"
        assert (await completed(each, briefing, "symbols", "AAPL, 삼전"))[0] == "AAPL, 005930 삼성전자"
        assert await completed(each, briefing, "symbols", "AAPL, ") == []


async def test_other_arguments_are_completed_where_they_are_words() -> None:
    document = ResourceTemplateReference(uri="kis://apis/{tool}")
    async with client() as each:
        assert await completed(each, PromptReference(name="research_stock"), "language", "k") == ["ko"]
        assert await completed(each, PromptReference(name="pre_trade_checklist"), "order", "buy") == []
        assert await completed(each, document, "tool", "domestic_stock_inquire_price") >= [
            "domestic_stock_inquire_price"
        ]
        assert await completed(each, ResourceTemplateReference(uri="kis://stream/{watch}"), "watch", "") == []
        every = await each.complete(document, {"name": "tool", "value": ""})
        assert (len(every.completion.values), every.completion.has_more, every.completion.total) == (
            100,
            True,
            len(TOOLS),
        )


@pytest.mark.parametrize(
    "ref",
    [
        PromptReference(name="evening"),
        PromptReference(name="research_stock"),
        ResourceTemplateReference(uri="kis://errors"),
    ],
)
async def test_what_does_not_exist_is_not_completed(ref: PromptReference | ResourceTemplateReference) -> None:
    async with client() as each:
        with pytest.raises(MCPError, match="There is no"):
            await completed(each, ref, "ticker", "a")
