"""The order book, from either market."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from kis_mcp.catalog.apis import KisApis
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, NotInEnvironment
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.order_book import Level, get_order_book
from tests.market.conftest import FakeGateway, apis_of

SAMSUNG = builtin_instruments().resolve("005930")
APPLE = builtin_instruments().resolve("AAPL")
TODAY = date(2026, 3, 4)


def korean(**changes: str) -> dict[str, object]:
    book = {"aspr_acpt_hour": "133018", "total_askp_rsqn": "900", "total_bidp_rsqn": "800"}
    for level in range(1, 11):
        book |= {f"askp{level}": str(70000 + 100 * level), f"askp_rsqn{level}": str(level)}
        book |= {f"bidp{level}": str(70000 - 100 * level), f"bidp_rsqn{level}": str(10 * level)}
    return {"output1": book | changes, "output2": {"stck_prpr": "70000", "antc_cnpr": "0", "antc_vol": "0"}}


async def test_a_korean_book_is_best_first_on_both_sides(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-asking-price-exp-ccn"] = lambda _: korean()
    book = await get_order_book(apis, SAMSUNG, depth=2, today=TODAY)
    assert book.asks == (Level(Decimal(70100), 1), Level(Decimal(70200), 2))
    assert book.bids == (Level(Decimal(69900), 10), Level(Decimal(69800), 20))
    assert book.time == datetime(2026, 3, 4, 13, 30, 18, tzinfo=KST)
    assert (book.price, book.total_ask_quantity, book.total_bid_quantity) == (Decimal(70000), 900, 800)
    assert (book.expected_price, book.expected_volume) == (None, None)


async def test_empty_levels_are_left_out(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-asking-price-exp-ccn"] = lambda _: korean(askp2="0", askp3="")
    book = await get_order_book(apis, SAMSUNG, depth=3, today=TODAY)
    assert [level.price for level in book.asks] == [Decimal(70100)]
    assert len(book.bids) == 3


async def test_a_us_book_carries_new_york_time(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-asking-price"] = lambda _: {
        "output1": {"last": "198.50", "dymd": "20260303", "dhms": "155959", "avol": "30", "bvol": "40"},
        "output2": {"pask1": "198.51", "vask1": "100", "pbid1": "198.49", "vbid1": "200"},
        "output3": [],
    }
    book = await get_order_book(apis, APPLE, today=TODAY)
    assert book.time == datetime(2026, 3, 3, 15, 59, 59, tzinfo=NEW_YORK)
    assert book.asks == (Level(Decimal("198.51"), 100),)
    assert book.bids == (Level(Decimal("198.49"), 200),)


async def test_demo_has_no_us_book_and_nothing_is_asked(gateway: FakeGateway) -> None:
    with pytest.raises(NotInEnvironment):
        await get_order_book(apis_of(gateway, Environment.DEMO), APPLE, today=TODAY)
    assert gateway.asked == []


async def test_blanks_mean_that_kis_does_not_know_the_symbol(gateway: FakeGateway, apis: KisApis) -> None:
    gateway.answers["inquire-asking-price-exp-ccn"] = lambda _: {"output1": {}, "output2": {}}
    with pytest.raises(BadArgument):
        await get_order_book(apis, SAMSUNG, today=TODAY)


async def test_a_book_without_a_last_price_is_a_book(gateway: FakeGateway, apis: KisApis) -> None:
    answer = korean()
    answer["output2"] = {"stck_prpr": "0"}
    gateway.answers["inquire-asking-price-exp-ccn"] = lambda _: answer
    book = await get_order_book(apis, SAMSUNG, depth=1, today=TODAY)
    assert (book.price, len(book.asks)) == (None, 1)
    nothing_rests = {"output1": {}, "output2": {"stck_prpr": "0", "stck_sdpr": "3150"}}
    gateway.answers["inquire-asking-price-exp-ccn"] = lambda _: nothing_rests
    assert (await get_order_book(apis, SAMSUNG, today=TODAY)).asks == ()
