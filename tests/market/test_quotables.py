"""What a symbol of any market stands for, and quotes of several at once."""

from decimal import Decimal

import pytest

from kis_mcp.catalog.apis import KisApis
from kis_mcp.errors import BadArgument
from kis_mcp.market.group_quotes import groups_of
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.quotables import Quotable, find_quotable, read_quote
from tests.market.conftest import FakeGateway


@pytest.mark.parametrize(
    ("text", "exchange", "market", "symbol", "tool"),
    [
        ("005930", "", "KR", "005930", "get_quote"),
        ("123456", "", "KR", "123456", "get_quote"),
        ("Q530036", "", "KR", "Q530036", "get_quote"),
        ("AAPL", "", "US", "AAPL", "get_quote"),
        ("ZZZZ", "nyse", "US", "ZZZZ", "get_quote"),
        ("005930", "nxt", "KR", "005930", "get_quote"),
        ("00700", "", "HK", "00700", "overseas_stock_price"),
        ("700", "hong_kong", "HK", "00700", "overseas_stock_price"),
        ("0700.HK", "", "HK", "00700", "overseas_stock_price"),
        ("7203", "tokyo", "JP", "7203", "overseas_stock_price"),
        ("600519", "shanghai", "CN", "600519", "overseas_stock_price"),
        ("VNM", "ho_chi_minh", "VN", "VNM", "overseas_stock_price"),
        ("57J001", "", "KR", "57J001", "domestic_stock_inquire_elw_price"),
        ("KR6095572D81", "", "domestic_bond", "KR6095572D81", "domestic_bond_inquire_price"),
        ("A01606", "", "domestic_futureoption", "A01606", "domestic_fo_inquire_price"),
        ("101W06", "", "domestic_futureoption", "101W06", "domestic_fo_inquire_price"),
        ("B01603360", "", "domestic_futureoption", "B01603360", "domestic_fo_inquire_price"),
        ("ESZ26", "", "overseas_futureoption", "ESZ26", "overseas_fo_inquire_price"),
        ("OESZ26 C5500", "", "overseas_futureoption", "OESZ26 C5500", "overseas_fo_opt_price"),
        ("코스피", "", "KR", "0001", "domestic_stock_inquire_index_price"),
        ("0001", "", "KR", "0001", "domestic_stock_inquire_index_price"),
        ("2001", "index", "KR", "2001", "domestic_stock_inquire_index_price"),
        ("S&P 500", "", "world", "SPX", "overseas_stock_inquire_time_indexchartprice"),
        ("JP#NI225", "", "world", "JP#NI225", "overseas_stock_inquire_time_indexchartprice"),
        ("fx@krw", "", "world", "FX@KRW", "overseas_stock_inquire_time_indexchartprice"),
    ],
)
def test_a_symbol_stands_for_one_thing(text: str, exchange: str, market: str, symbol: str, tool: str) -> None:
    found = find_quotable(text, exchange)
    assert (found.market, found.symbol) == (market, symbol)
    assert (found.tool if isinstance(found, Quotable) else "get_quote") == tool


@pytest.mark.parametrize(
    ("text", "exchange", "remedy"),
    [
        ("7203", "", "Write tokyo:7203 or index:7203."),
        ("ZZZZ", "", "write nasdaq:ZZZZ, nyse:ZZZZ or amex:ZZZZ."),
        ("삼성전자", "", "Did you mean the symbol 005930"),
        ("1", "moon", "hong_kong"),
        ("AAPL", "krx", "nasdaq"),
    ],
)
def test_what_stands_for_none_or_several_is_refused_with_how_to_write_it(text: str, exchange: str, remedy: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        find_quotable(text, exchange)
    assert remedy in refusal.value.remedy


async def test_blanks_mean_that_kis_does_not_know_a_contract(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-price"] = lambda _: {"output1": {"last_price": "", "tick_size": "0"}}
    with pytest.raises(BadArgument, match="KIS knows no ESZ26"):
        await read_quote(apis, find_quotable("ESZ26"))


SAMSUNG, HYNIX, KAKAO = (find_quotable(code) for code in ("005930", "000660", "035720"))


async def test_a_change_is_counted_from_the_base_price_and_what_did_not_trade_is_left_out(
    gateway: FakeGateway, apis: KisApis
) -> None:
    gateway.answers["intstock-multprice"] = lambda _: {
        "output": [
            {"inter_shrn_iscd": "005930", "inter2_prpr": "71000", "acml_vol": "5", "inter2_prdy_clpr": "700000"}
            | {"inter2_sdpr": "70000"},
            {"inter_shrn_iscd": "000660", "inter2_prpr": "600000", "acml_vol": "0", "inter2_sdpr": "600000"},
            {"inter_shrn_iscd": "", "inter2_prpr": "0"},
        ]
    }
    (group,) = groups_of([SAMSUNG, HYNIX, KAKAO])
    found = await group.read(apis)
    assert list(found) == [SAMSUNG]
    quote = found[SAMSUNG]
    assert (quote.price, quote.change, quote.change_rate) == (71000, 1000, Decimal("1.43"))


def test_groups_are_as_large_as_kis_takes_them_and_none_is_of_one() -> None:
    korean = [Instrument(f"{number:06}", "KR", "krx") for number in range(31)]
    abroad = [Instrument("AAPL", "US", "nasdaq"), *(find_quotable(f"{number:05}") for number in range(1, 12))]
    others = [Instrument("005930", "KR", "nxt"), find_quotable("ESZ26"), find_quotable("57J001")]
    assert [(group.tool, len(group.subjects)) for group in groups_of([*korean, *abroad, *others])] == [
        ("domestic_stock_intstock_multprice", 30),
        ("overseas_stock_multprice", 10),
        ("overseas_stock_multprice", 2),
    ]


def test_a_korean_index_has_one_name_however_it_is_written() -> None:
    written = ["0001", "코스피", "index:2001", "kospi 200"]
    assert [find_quotable(each.split(":")[-1], "index" if ":" in each else "").name for each in written] == [
        "KOSPI",
        "KOSPI",
        "KOSPI 200",
        "KOSPI 200",
    ]
