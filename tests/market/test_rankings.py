"""Rankings in the words of all markets: each is one of KIS', with the numbers of that."""

from typing import Any

import pytest

from kis_mcp.catalog import catalog, check_arguments
from kis_mcp.catalog.apis import KisApis
from kis_mcp.errors import BadArgument
from kis_mcp.market import rankings
from kis_mcp.market.rankings import KOREAN_BOARDS, Ranking, find_ranking, read_ranking
from tests.market.conftest import FakeGateway

TABLES = {"kospi": rankings._KOREA, "tokyo": rankings._ABROAD}  # pyright: ignore[reportPrivateUsage]
EVERY = [(market, by, ranking) for market, table in TABLES.items() for by, ranking in table.items()]


@pytest.mark.parametrize(
    ("market", "by", "ranking"), EVERY, ids=lambda value: "" if isinstance(value, Ranking) else value
)
def test_a_ranking_names_fields_and_arguments_that_its_api_has(market: str, by: str, ranking: Ranking) -> None:
    api = catalog().find(ranking.tool)
    assert api is not None
    fields = {field.name for block in api.blocks if block.name == "stocks" for field in block.fields}
    assert {"symbol", "name", ranking.level or ranking.value} <= fields
    where = {"sector": "0001"}.get(ranking.place, market)
    check_arguments(api, {**ranking.arguments, ranking.place: where})


def test_the_words_of_the_tool_are_those_of_the_table() -> None:
    api = catalog().find("get_rankings")
    assert api is not None
    parameter = api.parameter("by")
    assert parameter is not None
    assert set(parameter.codes or ()) == set(TABLES["kospi"]) | set(TABLES["tokyo"])


def asked(gateway: FakeGateway) -> dict[str, Any]:
    return dict(gateway.asked[-1].elements)


@pytest.mark.parametrize(("market", "code"), [("kr", "0000"), ("kospi", "0001"), ("kosdaq", "1001")])
async def test_a_board_reaches_kis_and_amounts_are_in_won(
    gateway: FakeGateway, apis: KisApis, market: str, code: str
) -> None:
    gateway.answers["foreign-institution-total"] = lambda _: {
        "Output": [{"mksc_shrn_iscd": "005930", "hts_kor_isnm": "삼성전자", "frgn_ntby_tr_pbmn": "1234"}]
    }
    found = await read_ranking(apis, "foreign_net_buy", market, limit=10)
    assert asked(gateway)["FID_INPUT_ISCD"] == code
    assert (found.rows[0]["rank"], found.rows[0]["value"], found.unit) == (1, 1_234_000_000, "KRW")


async def test_nearness_is_how_far_the_price_is_from_its_level(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["near-new-highlow"] = lambda _: {
        "output": [{"mksc_shrn_iscd": "005930", "stck_prpr": "99", "new_hgpr": "100"}, {"stck_prpr": "99"}]
    }
    found = await read_ranking(apis, "near_high", "kr", limit=10)
    assert [row["value"] for row in found.rows] == [-1, None]
    assert (found.value, found.unit) == ("distance from new_high", "%")


@pytest.mark.parametrize(
    ("country", "exchange", "code", "note"),
    [
        ("us", "nasdaq", "NAS", "Of nasdaq alone: KIS ranks nyse and amex apart."),
        ("jp", "tokyo", "TSE", ""),
        ("tokyo", "tokyo", "TSE", ""),
        ("cn", "shanghai", "SHS", "Of shanghai alone: KIS ranks shenzhen apart."),
    ],
)
async def test_a_country_is_ranked_by_its_first_exchange_and_the_others_are_named(
    gateway: FakeGateway, apis: KisApis, country: str, exchange: str, code: str, note: str
) -> None:
    gateway.answers["trade-vol"] = lambda _: {"output1": {}, "output2": [{"symb": "AAPL", "tvol": "5"}]}
    found = await read_ranking(apis, "volume", country, limit=10)
    assert asked(gateway)["EXCD"] == code
    assert (found.market, found.note, found.rows[0]["value"]) == (exchange, note, 5)


@pytest.mark.parametrize(
    ("by", "market", "field", "remedy"),
    [
        ("short_selling", "nyse", "by", "By short_selling it has kr, kospi, kosdaq; of nyse by volume, turnover"),
        ("volume", "moon", "market", "Use kr, kospi, kosdaq, nasdaq, nyse"),
    ],
)
def test_what_kis_does_not_rank_is_refused_naming_what_it_does(by: str, market: str, field: str, remedy: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        find_ranking(by, market)
    assert refusal.value.field == field
    assert refusal.value.remedy.startswith(remedy)


def test_every_board_ranks_the_same() -> None:
    assert all(find_ranking(by, board) is TABLES["kospi"][by] for board in KOREAN_BOARDS for by in TABLES["kospi"])
