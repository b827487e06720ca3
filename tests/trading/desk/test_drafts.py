import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.errors import BadArgument
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.listing import list_orders
from kis_mcp.trading.desk.drafts import OrderCall, draft_cancel, draft_change, draft_order
from kis_mcp.trading.venues.markets import Listing
from tests.trading.blotter.test_listing import BUY, RESERVED, us_row
from tests.trading.fakes import CATALOG, FakeClock, FakeKis, api

SAMSUNG = Listing("005930", "KR", "krx")
APPLE = Listing("AAPL", "US", "nasdaq")
BOND = Listing("KR103501GG62", "domestic_bond", "krx")


@pytest.mark.parametrize(
    ("listing", "order_type", "tool", "word"),
    [
        (SAMSUNG, "limit", "domestic_stock_order_cash", "limit"),
        (SAMSUNG, "market", "domestic_stock_order_cash", "market"),
        (SAMSUNG, "after_market_best", "domestic_stock_order_cash", "after_market_best"),
        (APPLE, "loo", "overseas_stock_order", "loo"),
        (APPLE, "moc", "overseas_stock_order", "moc"),
    ],
)
def test_an_order_becomes_a_call_of_its_markets_api(listing: Listing, order_type: str, tool: str, word: str) -> None:
    call = draft_order(CATALOG, listing, side="sell", quantity=3, order_type=order_type)
    assert call.tool == tool
    values = check_arguments(api(tool), call.arguments)
    assert (values["order_type"], values["exchange"]) == (word, listing.exchange)


def test_an_order_type_of_another_market_is_refused_by_name() -> None:
    call = draft_order(CATALOG, SAMSUNG, side="buy", quantity=1, order_type="loo")
    with pytest.raises(BadArgument, match="loo"):
        check_arguments(api(call.tool), call.arguments)


@pytest.mark.parametrize(
    ("listing", "terms", "field", "instead"),
    [
        (APPLE, {"order_type": "market"}, "order_type", "Use limit"),
        (BOND, {"order_type": "market"}, "order_type", "the order is a limit order"),
        (APPLE, {"price": Decimal(250), "stop_price": Decimal(240)}, "stop_price", "alerts"),
        (SAMSUNG, {"retail_market": True}, "retail_market", "name the market and session"),
    ],
)
def test_what_an_order_cannot_say_is_refused_with_what_does_the_same(
    listing: Listing, terms: dict[str, Any], field: str, instead: str
) -> None:
    with pytest.raises(BadArgument) as refused:
        draft_order(CATALOG, listing, side="buy", quantity=1, **terms)
    assert refused.value.field == field
    assert re.search(instead, refused.value.remedy)


def test_a_stop_order_carries_its_trigger() -> None:
    call = draft_order(
        CATALOG,
        SAMSUNG,
        side="sell",
        quantity=1,
        order_type="stop_limit",
        price=Decimal(68000),
        stop_price=Decimal(69000),
    )
    assert check_arguments(api(call.tool), call.arguments)["stop_price"] == 69000


async def test_the_daytime_market_has_apis_of_its_own(kis: FakeKis, clock: FakeClock) -> None:
    call = draft_order(CATALOG, APPLE, side="buy", quantity=1, price=Decimal(150), session="daytime")
    assert (call.tool, check_arguments(api(call.tool), call.arguments)["exchange"]) == (
        "overseas_stock_daytime_order",
        "nasdaq",
    )
    us_row(kis, remaining_quantity=2)
    changed = await draft_change(kis, "US", "1", price=Decimal(151), session="daytime", now=clock())
    cancelled = await draft_cancel(kis, "US", "1", session="daytime", now=clock())
    assert changed.tool == cancelled.tool == "overseas_stock_daytime_order_rvsecncl"
    with pytest.raises(BadArgument, match="no daytime session"):
        draft_order(CATALOG, SAMSUNG, side="buy", quantity=1, session="daytime")


async def test_a_change_may_make_it_a_market_order(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await draft_change(kis, "KR", "1", order_type="market", now=clock())
    values = check_arguments(api(call.tool), call.arguments)
    assert (values["order_type"], values.get("price")) == ("market", None)


async def test_a_cancel_takes_everything_from_kis(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await draft_cancel(kis, "KR", "1", now=clock())
    assert check_arguments(api(call.tool), call.arguments) == {
        "action": "cancel",
        "order_id": "0000000001",
        "order_branch": "06010",
        "exchange": "krx",
        "order_type": "limit",
        "all_remaining": True,
    }


async def test_a_part_of_an_order_is_changed(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await draft_change(kis, "KR", "1", price=Decimal(70100), quantity=4, now=clock())
    values = check_arguments(api(call.tool), call.arguments)
    assert (values["price"], values["quantity"], values["all_remaining"]) == (70100, 4, False)


async def test_a_us_change_concerns_what_is_open(kis: FakeKis, clock: FakeClock) -> None:
    us_row(kis, remaining_quantity=2)
    call = await draft_change(kis, "US", "1", price=Decimal("151.10"), now=clock())
    values = check_arguments(api(call.tool), call.arguments)
    assert (call.tool, values["symbol"], values["exchange"], values["quantity"]) == (
        "overseas_stock_order_rvsecncl",
        "AAPL",
        "nasdaq",
        2,
    )


async def test_a_change_needs_a_price(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    with pytest.raises(BadArgument, match="price"):
        await draft_change(kis, "KR", "1", quantity=4, now=clock())


async def test_an_order_that_kis_does_not_list_cannot_be_changed(kis: FakeKis, clock: FakeClock) -> None:
    with pytest.raises(BadArgument, match="lists no order 5"):
        await draft_cancel(kis, "KR", "5", now=clock())


ASIAN = {
    "hong_kong": ("HK", "00700", "SEHK", "TTTS1002U", "TTTS1003U"),
    "shanghai": ("CN", "600519", "SHAA", "TTTS0202U", "TTTS0302U"),
    "shenzhen": ("CN", "000651", "SZAA", "TTTS0305U", "TTTS0306U"),
    "tokyo": ("JP", "7203", "TKSE", "TTTS0308U", "TTTS0309U"),
    "hanoi": ("VN", "PVS", "HASE", "TTTS0311U", "TTTS0312U"),
    "ho_chi_minh": ("VN", "VNM", "VNSE", "TTTS0311U", "TTTS0312U"),
}
ONLY_CANCELLED = ("shanghai", "shenzhen", "hanoi", "ho_chi_minh")


def on_the_wire(call: OrderCall) -> KisRequest:
    values = check_arguments(api(call.tool), call.arguments)
    return encode(api(call.tool), values, demo=False, account=Account("12345678", "01"), today=date(2026, 3, 3))


def asian_row(kis: FakeKis, exchange: str, **changes: object) -> str:
    """An order of 300 shares in KIS' list."""
    number = kis.take({"symbol": ASIAN[exchange][1], "side": "buy", "quantity": 300, "price": 50})
    kis.listed[-1] |= {"exchange": exchange, "currency": "XXX", "original_order_id": None, **changes}
    return number


@pytest.mark.parametrize("exchange", ASIAN)
async def test_asian_orders_are_placed_listed_changed_and_cancelled(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock, exchange: str
) -> None:
    market, symbol, code, new, change = ASIAN[exchange]
    placed = draft_order(CATALOG, Listing(symbol, market, exchange), side="buy", quantity=300, price=Decimal(50))
    request = on_the_wire(placed)
    assert (request.tr_id, request.elements["OVRS_EXCG_CD"], request.elements["PDNO"]) == (new, code, symbol)
    number = asian_row(kis, exchange, remaining_quantity=200, filled_quantity=100)
    ((order,), _) = await list_orders(kis, journal, [market], clock=clock)
    assert (order.market, order.exchange, order.symbol) == (market, exchange, symbol)
    request = on_the_wire(await draft_cancel(kis, market, number, now=clock()))
    assert (request.tr_id, request.elements["OVRS_EXCG_CD"], request.elements["PDNO"]) == (change, code, symbol)
    if exchange in ONLY_CANCELLED:
        with pytest.raises(BadArgument, match="only cancel"):
            await draft_change(kis, market, number, price=Decimal(51), now=clock())
    else:
        request = on_the_wire(await draft_change(kis, market, number, price=Decimal(51), now=clock()))
        assert (request.tr_id, request.elements["OVRS_ORD_UNPR"]) == (change, "51")
        assert request.elements["ORD_QTY"] == "200"


async def test_an_asian_reservation_is_cancelled_as_kis_has_it(kis: FakeKis, clock: FakeClock) -> None:
    kis.answers["overseas_stock_order_resv_list"] = {
        "reservations": [
            {
                "reserved_order_id": "0030138295",
                "reserved_order_receipt_date": "2026-03-03",
                "order_receipt_time": "09:10:00",
                "symbol": "7203",
                "exchange": "tokyo",
                "side": "sell",
                "order_quantity": 100,
                "order_price": 2500,
                "filled_quantity": 0,
                "cancelled": False,
            }
        ]
    }
    placed = draft_order(
        CATALOG, Listing("7203", "JP", "tokyo"), side="sell", quantity=100, price=2500, session="reserved"
    )
    assert on_the_wire(placed).elements.items() >= {"RVSE_CNCL_DVSN_CD": "00", "PRDT_TYPE_CD": "515"}.items()
    request = on_the_wire(await draft_cancel(kis, "JP", "30138295", session="reserved", now=clock()))
    assert request.tr_id == "TTTS3013U"
    assert (
        request.elements.items()
        >= {
            "RVSE_CNCL_DVSN_CD": "02",
            "OVRS_RSVN_ODNO": "0030138295",
            "RSVN_ORD_RCIT_DT": "20260303",
            "PDNO": "7203",
            "OVRS_EXCG_CD": "TKSE",
            "SLL_BUY_DVSN_CD": "01",
            "FT_ORD_QTY": "100",
        }.items()
    )
    with pytest.raises(BadArgument, match="lists no order"):
        await draft_cancel(kis, "HK", "30138295", session="reserved", now=clock())


async def test_a_changed_reservation_repeats_what_kis_lists(kis: FakeKis, clock: FakeClock) -> None:
    kis.answers["domestic_stock_order_resv_ccnl"] = {"reservations": [RESERVED]}
    call = await draft_change(
        kis, "KR", "39447", session="reserved", quantity=4, credit_type="broker_margin_repay", now=clock()
    )
    assert (
        on_the_wire(call).elements.items()
        >= {
            "RSVN_ORD_SEQ": "39447",
            "RSVN_ORD_ORD_DT": "20260220",
            "RSVN_ORD_END_DT": "20260310",
            "LOAN_DT": "20260105",
            "ORD_OBJT_CBLC_DVSN_CD": "25",
            "PDNO": "005930",
            "SLL_BUY_DVSN_CD": "01",
            "ORD_QTY": "4",
            "ORD_UNPR": "70000",
            "ORD_DVSN_CD": "00",
        }.items()
    )


async def test_of_two_open_orders_with_one_number_neither_is_touched(kis: FakeKis, clock: FakeClock) -> None:
    number = asian_row(kis, "shanghai")
    asian_row(kis, "shenzhen", order_id=number)
    with pytest.raises(BadArgument, match="600519"):
        await draft_cancel(kis, "CN", number, now=clock())
    assert (await draft_cancel(kis, "CN", asian_row(kis, "shanghai"), now=clock())).arguments["symbol"] == "600519"


async def test_a_bond_is_named_by_its_standard_code(kis: FakeKis, clock: FakeClock) -> None:
    kis.take({"symbol": "005930"})
    row = kis.listed[-1] | {"short_symbol": "6095572D8", "short_name": "AJ"}
    kis.answers["domestic_bond_inquire_daily_ccld"] = {"orders": [row]}
    call = await draft_cancel(kis, "domestic_bond", "1", now=clock())
    assert call.arguments["symbol"] == "KR6095572D81"
    assert call.arguments["all_remaining"] is True
