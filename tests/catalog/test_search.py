from dataclasses import replace

import pytest

from kis_mcp.catalog.loader import Catalog, catalog
from kis_mcp.catalog.search import Search

SEARCH = Search([api for api in catalog().apis if api.kind == "rest"])


def found(query: str, limit: int = 3) -> list[str]:
    return [hit.api.tool for hit in SEARCH.find(query, limit)]


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("which US stocks hit a 52-week high", "overseas_stock_new_highlow"),
        ("휴장일", "domestic_stock_chk_holiday"),
        ("거래량 순위", "domestic_stock_volume_rank"),
        ("analyst target prices", "domestic_stock_invest_opinion"),
        ("미국 주식 매수 가능 금액", "overseas_stock_inquire_psamount"),
        ("domestic_stock_inquire_price", "domestic_stock_inquire_price"),
    ],
)
def test_questions_in_both_languages_find_their_tool_first(question: str, tool: str) -> None:
    assert found(question)[0] == tool


def test_a_korean_word_is_found_with_its_particle() -> None:
    assert found("휴장일이 언제야")[0] == "domestic_stock_chk_holiday"


def test_a_plural_finds_the_singular_and_the_other_way_round(small: Catalog) -> None:
    search = Search(small.apis)
    assert search.find("quotes") == search.find("quote")


def test_equally_good_tools_keep_their_order(small: Catalog) -> None:
    quote = small.apis[0]
    twins = [replace(quote, tool=quote.tool, description="Same.") for _ in range(3)]
    assert [hit.api for hit in Search(twins).find("same")] == twins


def test_no_more_than_the_limit_is_returned() -> None:
    assert len(found("price", limit=2)) == 2


@pytest.mark.parametrize("query", ["", "the of a", "!?", "zzzzqqqq"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    assert found(query) == []


def test_an_empty_index_finds_nothing() -> None:
    assert Search([]).find("price") == []
