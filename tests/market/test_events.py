"""Records of websocket APIs as market-neutral events; the oracle are the frames that KIS' documents show."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.decode import decode_frame
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.market import Book, Event, OrderUpdate, Status, Trade, read_event
from kis_mcp.market.order_book import Level

NOW = datetime(2026, 3, 4, 9, 33, 55, tzinfo=KST)
APIS = {api.tool: api for api in catalog().apis if api.kind == "websocket"}
DOCUMENTED_TRADE = (
    "005930^093354^71900^5^-100^-0.14^72023.83^72100^72400^71700^71900^71800^1^3052507^219853241700^5105^6937^1832^84.90"
    "^1366314^1159996^1^0.39^20.28^090020^5^-200^090820^5^-500^092619^2^200^20230612^20^N^65945^216924^1118750^2199206"
    "^0.05^2424142^125.92^0^^72100"
)
DOCUMENTED_NIGHT_FUTURE = (
    "101V06^190215^0.75^2^0.20^367.30^367.10^367.60^367.05^2^1596^146552687^366.08^1.22^0.33^0.00^0.00^0.00^268223^0"
    "^000000^2^0.20^000000^5^-0.30^000000^2^0.25^0.49^96.31^1.22^0^0.00^367.35^367.30^0^0^345^358^13^813^783^0^0^0.00"
)
DOCUMENTED_BOND = (
    "KR103502GD31^국고03250-5303(23-2)^131743^2^5.00^0.05^10575.00^1^10525.00^10578.00^10525.00^0.00^3.012^3.037^3.010"
    "^3.037^6594124^9874082^2"
)
DOCUMENTED_ORDER = (
    "HTS ID^1234567801^0000002891^^02^0^01^0^136480^0000000001^000000000"
    "^094941^0^1^1^06010^000000001^김한투^하림^10^^하림^"
)
DOCUMENTED_FILL = (
    "HTS ID^1234567801^0000002891^^02^0^00^0^136480^0000000001^000003190"
    "^094941^0^2^2^06010^000000001^김한투^하림^10^^하림^000000000"
)


def event(tool: str, frame: str, received_at: datetime = NOW) -> Event | None:
    api = APIS[tool]
    (record,) = decode_frame(api, frame, 1).rows(api.blocks[0].name)
    return read_event(api, record, received_at)


def frame(tool: str, **values: object) -> str:
    """A record with these readable fields; the others are blank."""
    return "^".join(str(values.get(field.name, "")) for field in APIS[tool].blocks[0].fields)


def at(hour: int, minute: int, second: int, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=KST)


def test_a_korean_trade() -> None:
    assert event("domestic_stock_ccnl_krx", DOCUMENTED_TRADE) == Trade(
        symbol="005930",
        market="KR",
        exchange="krx",
        time=at(9, 33, 54),
        received_at=NOW,
        price=Decimal(71900),
        size=1,
        side="buy",
        change=Decimal(-100),
        change_rate=Decimal("-0.14"),
        open=Decimal(72100),
        high=Decimal(72400),
        low=Decimal(71700),
        volume=3052507,
        turnover=Decimal(219853241700),
        halted=False,
    )


@pytest.mark.parametrize(
    ("tool", "exchange"),
    [
        ("domestic_stock_ccnl_nxt", "nxt"),
        ("domestic_stock_ccnl_total", "unified"),
        ("elw_elw_ccnl", "krx"),
    ],
)
def test_a_trade_says_on_which_exchange_it_is(tool: str, exchange: str) -> None:
    found = event(tool, frame(tool, symbol="005930", trade_time="093354", price="71900"))
    assert found is not None
    assert (found.market, found.exchange) == ("KR", exchange)


def test_a_night_trade_after_midnight_keeps_the_day_of_its_receipt() -> None:
    received_at = at(0, 0, 2, day=5)
    late = event("domestic_fo_krx_ngt_futures_ccnl", DOCUMENTED_NIGHT_FUTURE.replace("190215", "235959"), received_at)
    assert late is not None
    assert late.time == at(23, 59, 59)


def test_a_futures_trade() -> None:
    found = event("domestic_fo_krx_ngt_futures_ccnl", DOCUMENTED_NIGHT_FUTURE, at(19, 2, 15))
    assert isinstance(found, Trade)
    assert (found.symbol, found.market, found.exchange) == ("101V06", "domestic_futureoption", "")
    assert (found.price, found.size, found.change, found.volume) == (Decimal("367.30"), 2, Decimal("0.75"), 1596)
    assert found.turnover == 146_552_687_000, "KIS tells it in thousands"


def test_a_bond_trade() -> None:
    found = event("domestic_bond_bond_ccnl", DOCUMENTED_BOND, at(13, 17, 44))
    assert isinstance(found, Trade)
    assert (found.symbol, found.market, found.price) == ("KR103502GD31", "domestic_bond", Decimal("10575.00"))
    assert found.time == at(13, 17, 43)


@pytest.mark.parametrize(("key", "exchange"), [("DNASAAPL", "nasdaq"), ("RBAYAAPL", "nyse"), ("DAMSAAPL", "amex")])
def test_a_us_trade_is_in_new_york_time_and_on_its_exchange_whichever_feed_it_came_by(key: str, exchange: str) -> None:
    tool = "overseas_stock_delayed_ccnl"
    values = {"realtime_symbol": key, "symbol": "AAPL", "korea_date": "20260304", "korea_time": "003000"}
    found = event(tool, frame(tool, **values, price="198.51", change="1.50", price_direction="5", change_rate="0.75"))
    assert isinstance(found, Trade)
    assert (found.market, found.exchange, found.symbol) == ("US", exchange, "AAPL")
    assert found.time == at(0, 30, 0)
    assert found.time.tzinfo is NEW_YORK
    assert (found.change, found.change_rate) == (Decimal("-1.50"), Decimal("-0.75"))


def test_a_tokyo_trade_is_in_korean_time() -> None:
    tool = "overseas_stock_delayed_ccnl"
    found = event(
        tool,
        frame(
            tool, realtime_symbol="DTSE7203", symbol="7203", korea_date="20260304", korea_time="093000", price="2800"
        ),
    )
    assert found is not None
    assert (found.market, found.exchange, found.time) == ("JP", "tokyo", at(9, 30, 0))


def test_an_overseas_future() -> None:
    tool = "overseas_fo_ccnl"
    values = {"symbol": "ESZ26", "received_date": "20260304", "received_time": "093000", "price": "6722.25"}
    found = event(tool, frame(tool, **values, trade_volume="3"))
    assert isinstance(found, Trade)
    assert (found.market, found.price, found.size, found.time) == (
        "overseas_futureoption",
        Decimal("6722.25"),
        3,
        at(9, 30, 0),
    )


@pytest.mark.parametrize("price", ["", "0"])
def test_a_record_without_a_price_is_no_trade(price: str) -> None:
    tool = "domestic_stock_ccnl_krx"
    assert event(tool, frame(tool, symbol="005930", trade_time="093354", price=price)) is None


def test_a_book_is_best_first_and_leaves_empty_levels_out() -> None:
    tool = "domestic_stock_asking_price_krx"
    asks = {"ask_price_1": 71900, "ask_quantity_1": 10, "ask_price_2": 72000, "ask_quantity_2": 5, "ask_price_3": 0}
    bids = {"bid_price_1": 71800, "bid_quantity_1": 7}
    totals = {"total_ask_quantity": 15, "total_bid_quantity": 7}
    found = event(tool, frame(tool, symbol="005930", trade_time="093354", **asks, **bids, **totals))
    assert found == Book(
        symbol="005930",
        market="KR",
        exchange="krx",
        time=at(9, 33, 54),
        received_at=NOW,
        asks=(Level(Decimal(71900), 10), Level(Decimal(72000), 5)),
        bids=(Level(Decimal(71800), 7),),
        total_ask_quantity=15,
        total_bid_quantity=7,
    )
    assert isinstance(found, Book)
    assert found.spread == Decimal(100)


def test_a_book_with_an_empty_side_has_no_spread() -> None:
    tool = "domestic_stock_asking_price_krx"
    found = event(tool, frame(tool, symbol="005930", bid_price_1=71800, bid_quantity_1=7))
    assert isinstance(found, Book)
    assert found.spread is None


def test_the_documented_notices_of_a_korean_order_and_its_fill() -> None:
    order = event("domestic_stock_ccnl_notice", DOCUMENTED_ORDER)
    fill = event("domestic_stock_ccnl_notice", DOCUMENTED_FILL)
    assert isinstance(order, OrderUpdate)
    assert isinstance(fill, OrderUpdate)
    assert (order.step, order.order_id, order.symbol, order.side) == ("accepted", "0000002891", "136480", "buy")
    assert (order.quantity, order.filled_quantity, order.fill_price) == (1, None, None)
    assert (fill.step, fill.quantity, fill.filled_quantity, fill.fill_price) == ("filled", 1, 1, Decimal(3190))
    assert fill.time == at(9, 49, 41)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ({"notice_type": "1", "acceptance": "1", "order_action": "2"}, "accepted"),
        ({"notice_type": "1", "acceptance": "2", "order_action": "2"}, "cancelled"),
        ({"notice_type": "1", "acceptance": "3", "order_action": "0"}, "cancelled"),
        ({"notice_type": "1", "acceptance": "2", "order_action": "1"}, "amended"),
        ({"notice_type": "1", "acceptance": "1", "order_action": "0", "rejected": "1"}, "refused"),
        ({"notice_type": "2", "acceptance": "2", "order_action": "0", "rejected": "0"}, "filled"),
    ],
)
def test_what_happened_to_an_order(values: dict[str, str], step: str) -> None:
    tool = "domestic_stock_ccnl_notice"
    found = event(tool, frame(tool, symbol="005930", order_id="1", side="02", fill_quantity="3", **values))
    assert isinstance(found, OrderUpdate)
    assert found.step == step


def test_a_notice_that_lacks_what_makes_it_one_is_no_event() -> None:
    tool = "domestic_stock_ccnl_notice"
    assert event(tool, frame(tool, symbol="005930", notice_type="2", side="02", fill_quantity="3")) is None


def test_the_price_of_a_contracts_fill_is_unknown_where_its_point_is() -> None:
    tool = "domestic_fo_krx_ngt_option_notice"
    values = {"order_id": "1", "symbol": "A75512", "side": "02", "notice_type": "2", "fill_quantity": "000000001"}
    found = event(tool, frame(tool, **values, fill_price_unscaled="000135900"))
    assert isinstance(found, OrderUpdate)
    assert (found.filled_quantity, found.fill_price) == (1, None)


@pytest.mark.parametrize(
    ("exchange", "market", "price"),
    [
        ("6", "US", "148.0100"),
        ("D", "JP", "148010.0"),
        ("A", "CN", "1480.100"),
        ("C", "HK", "1480.100"),
        ("F", "VN", "1480100"),
    ],
)
def test_a_fill_abroad_has_its_point_where_its_country_has_it(exchange: str, market: str, price: str) -> None:
    tool = "overseas_stock_ccnl_notice"
    values = {"order_id": "3567", "symbol": "X", "side": "02", "notice_type": "2", "fill_quantity": "100"}
    found = event(tool, frame(tool, **values, fill_price_unscaled="001480100", exchange=exchange))
    assert isinstance(found, OrderUpdate)
    assert (found.market, found.fill_price, found.filled_quantity) == (market, Decimal(price), 100)


def test_an_order_notice_from_abroad_carries_its_quantity_and_price_where_a_fill_has_its_own() -> None:
    tool = "overseas_stock_ccnl_notice"
    values = {"order_id": "3567", "symbol": "7203", "side": "02", "notice_type": "1", "acceptance": "1"}
    found = event(tool, frame(tool, **values, fill_quantity="100", fill_price_unscaled="000032200", exchange="D"))
    assert isinstance(found, OrderUpdate)
    assert (found.step, found.quantity, found.price) == ("accepted", 100, Decimal("3220.0"))
    assert (found.filled_quantity, found.fill_price) == (None, None)


def test_notices_of_overseas_futures() -> None:
    order, fill = "overseas_fo_order_notice", "overseas_fo_ccnl_notice"
    values = {"symbol": "ESZ26", "order_id": "7", "side": "02", "order_quantity": "2"}
    refused = event(order, frame(order, **values, exchange_receipt="03"))
    filled = event(fill, frame(fill, **values, fill_id="1", fill_quantity="1", fill_price="5000.25"))
    assert isinstance(refused, OrderUpdate)
    assert isinstance(filled, OrderUpdate)
    assert (refused.step, refused.quantity) == ("refused", 2)
    assert (filled.step, filled.filled_quantity, filled.fill_price) == ("filled", 1, Decimal("5000.25"))


def test_no_event_tells_an_account_number_or_a_name_of_its_owner() -> None:
    assert not any(
        secret in str(event("domestic_stock_ccnl_notice", DOCUMENTED_FILL)) for secret in ("1234567801", "김한투")
    )


def test_the_documented_change_of_session() -> None:
    found = event("domestic_stock_market_status_krx", "396300^N^(null)^^311^^^55^N^N")
    assert found == Status(
        symbol="396300", market="KR", exchange="krx", time=NOW, received_at=NOW, halted=False, vi_active=False
    )


@pytest.mark.parametrize(("code", "session"), [("174", "circuit breaker begins"), ("AB1", "AB1"), ("", None)])
def test_a_session_is_told_in_words_where_a_list_has_them(code: str, session: str | None) -> None:
    tool = "domestic_stock_market_status_krx"
    found = event(tool, frame(tool, symbol="005930", trading_halted="Y", market_operation_code=code, vi_active="Y"))
    assert isinstance(found, Status)
    assert (found.halted, found.vi_active, found.session) == (True, True, session)


def test_a_status_that_names_no_stock_is_no_event() -> None:
    assert event("domestic_stock_market_status_total", "N^(null)^^311^^^55^N^N") is None


def test_what_is_no_event_of_an_instrument_is_none() -> None:
    tool = "domestic_stock_program_trade_krx"
    assert event(tool, frame(tool, symbol="005930")) is None


@given(
    st.sampled_from(sorted(APIS)),
    st.lists(st.sampled_from(["", "0", "1", "-3.5", "AAPL", "^", "20260304", "093000"]), max_size=80),
)
def test_no_record_breaks_the_reading(tool: str, values: list[str]) -> None:
    api: Api = APIS[tool]
    lacking = len(api.blocks[0].fields) - len(values)
    payload = "^".join([*(value.replace("^", "") for value in values), *[""] * lacking])
    for record in decode_frame(api, payload, 1).rows(api.blocks[0].name):
        read_event(api, record, NOW)
