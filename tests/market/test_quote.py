"""The current price, from either market."""

from datetime import time
from decimal import Decimal

import pytest

from kis_mcp.catalog.apis import KisApis
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.last_trade import read_last_trade_time
from kis_mcp.market.quote import get_quote, notes_on
from tests.market.conftest import FakeGateway, apis_of

SAMSUNG = builtin_instruments().resolve("005930")
APPLE = builtin_instruments().resolve("AAPL")


async def test_a_korean_quote_is_in_won_with_market_cap_in_full(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-price"] = lambda _: {
        "output": {
            "stck_prpr": "71200",
            "stck_sdpr": "70000",
            "stck_oprc": "70100",
            "stck_hgpr": "71500",
            "stck_lwpr": "69900",
            "acml_vol": "12345678",
            "acml_tr_pbmn": "870000000000",
            "hts_avls": "4250000",
            "aspr_unit": "100",
            "per": "13.20",
        }
    }
    quote = await get_quote(apis, SAMSUNG)
    assert (quote.symbol, quote.name, quote.market, quote.currency) == ("005930", "삼성전자", "KR", "KRW")
    assert (quote.price, quote.change, quote.change_rate) == (Decimal(71200), Decimal(1200), Decimal("1.71"))
    assert (quote.volume, quote.tick_size, quote.per) == (12345678, Decimal(100), Decimal("13.20"))
    assert quote.market_cap == Decimal(425_000_000_000_000)
    assert quote.eps is None


async def test_a_us_quote_is_the_detailed_one_with_the_same_names(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["price-detail"] = lambda elements: {
        "output": {
            "last": "198.5000" if (elements["EXCD"], elements["SYMB"]) == ("NAS", "AAPL") else "",
            "base": "200.0000",
            "open": "199.1000",
            "tvol": "52000000",
            "h52p": "260.1000",
            "tomv": "3000000000000",
        }
    }
    quote = await get_quote(apis, APPLE)
    assert (quote.price, quote.change, quote.change_rate) == (Decimal("198.5000"), Decimal("-1.5"), Decimal("-0.75"))
    assert (quote.volume, quote.high_52_week, quote.market_cap) == (
        52000000,
        Decimal("260.1"),
        Decimal(3_000_000_000_000),
    )


async def test_demo_which_lacks_the_detailed_one_gets_the_light_one(gateway: FakeGateway) -> None:
    gateway.answers["price"] = lambda _: {"output": {"last": "198.5", "base": "200", "tvol": "5"}}
    quote = await get_quote(apis_of(gateway, Environment.DEMO), APPLE)
    assert (quote.price, quote.change, quote.open) == (Decimal("198.5"), Decimal("-1.5"), None)


@pytest.mark.parametrize("venue", ["krx", "nxt", "unified"])
async def test_a_venue_reaches_kis(gateway: FakeGateway, apis: KisApis, venue: str) -> None:
    gateway.answers["inquire-price"] = lambda _: {"output": {"stck_prpr": "1", "stck_sdpr": "1"}}
    await get_quote(apis, builtin_instruments().resolve("005930", venue))
    code = {"krx": "J", "nxt": "NX", "unified": "UN"}[venue]
    assert gateway.asked[0].elements["FID_COND_MRKT_DIV_CODE"] == code


@pytest.mark.parametrize("blank", [{}, {"stck_prpr": ""}, {"stck_prpr": "0"}])
async def test_blanks_mean_that_kis_does_not_know_the_symbol(
    gateway: FakeGateway, apis: KisApis, blank: dict[str, str]
) -> None:
    gateway.answers["inquire-price"] = lambda _: {"output": blank}
    with pytest.raises(BadArgument) as refusal:
        await get_quote(apis, SAMSUNG)
    assert refusal.value.field == "symbol"


async def test_a_halted_stock_has_a_previous_close_and_no_price(gateway: FakeGateway, apis: KisApis) -> None:
    row = {"stck_prpr": "0", "stck_sdpr": "3150", "temp_stop_yn": "Y", "rprs_mrkt_kor_name": "KOSDAQ"}
    gateway.answers["inquire-price"] = lambda _: {"output": row}
    quote = await get_quote(apis, SAMSUNG)
    assert (quote.price, quote.change, quote.change_rate, quote.previous_close) == (None, None, None, 3150)
    assert quote.halted is True
    assert "halted" in notes_on(quote)[0]


@pytest.mark.parametrize(
    ("row", "halted", "notes"),
    [
        ({"temp_stop_yn": "N", "iscd_stat_cls_code": "55"}, False, 0),
        ({"temp_stop_yn": "N", "iscd_stat_cls_code": "58"}, True, 1),
        ({}, None, 0),
    ],
)
async def test_a_quote_says_whether_trading_is_halted(
    gateway: FakeGateway, apis: KisApis, row: dict[str, str], halted: bool | None, notes: int
) -> None:
    gateway.answers["inquire-price"] = lambda _: {"output": {"stck_prpr": "70000", **row}}
    quote = await get_quote(apis, SAMSUNG)
    assert (quote.halted, len(notes_on(quote))) == (halted, notes)


async def test_the_last_trade_has_a_korean_time(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-ccnl"] = lambda _: {"output": [{"stck_cntg_hour": "153012"}, {"stck_cntg_hour": "153011"}]}
    assert await read_last_trade_time(apis, SAMSUNG) == time(15, 30, 12, tzinfo=KST)
    gateway.answers["inquire-ccnl"] = lambda _: {"output1": {}, "output2": [{"khms": "050000"}]}
    assert await read_last_trade_time(apis, APPLE) == time(5, tzinfo=KST)
    assert await read_last_trade_time(apis_of(gateway, Environment.DEMO), APPLE) is None
