"""Which websocket API serves what somebody wants to watch."""

import pytest

from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.loader import catalog
from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, Interest, find_live_calls, notes_on_live
from kis_mcp.market.events import EventKind
from kis_mcp.market.live_sources import find_quoted


def calls(symbol: str, kind: EventKind, market: str, exchange: str = "") -> list[tuple[str, object]]:
    found = find_live_calls(Interest(symbol, kind, market, exchange))
    return [(call.tool, call.arguments.get("exchange")) for call in found]


@pytest.mark.parametrize(
    ("interest", "tools"),
    [
        (("005930", "trade", "KR"), ["domestic_stock_ccnl_krx"]),
        (("005930", "trade", "KR", "nxt"), ["domestic_stock_ccnl_nxt"]),
        (("005930", "book", "KR", "unified"), ["domestic_stock_asking_price_total"]),
        (("005930", "status", "KR", "krx"), ["domestic_stock_market_status_krx"]),
        (("58E175", "trade", "KR", "krx"), ["elw_elw_ccnl"]),
        (("58E175", "book", "KR"), ["elw_elw_asking_price"]),
        (("Q500001", "trade", "KR"), ["domestic_stock_ccnl_krx"]),
        (
            ("101W12", "trade", "domestic_futureoption"),
            ["domestic_fo_index_futures_realtime_conclusion", "domestic_fo_krx_ngt_futures_ccnl"],
        ),
        (
            ("201W12350", "book", "domestic_futureoption"),
            ["domestic_fo_index_option_realtime_quote", "domestic_fo_krx_ngt_option_asking_price"],
        ),
        (("111W12", "trade", "domestic_futureoption"), ["domestic_fo_stock_futures_realtime_conclusion"]),
        (("211W12350", "trade", "domestic_futureoption"), ["domestic_fo_stock_option_ccnl"]),
        (("175W12", "book", "domestic_futureoption"), ["domestic_fo_commodity_futures_realtime_quote"]),
        (("ESZ26", "trade", "overseas_futureoption"), ["overseas_fo_ccnl"]),
        (("KR103502GD31", "book", "domestic_bond"), ["domestic_bond_bond_asking_price"]),
        (("7203", "book", "JP", "tokyo"), ["overseas_stock_delayed_asking_price_asia"]),
    ],
)
def test_each_instrument_is_served_by_the_api_for_its_kind(
    interest: tuple[str, EventKind, str], tools: list[str]
) -> None:
    assert [tool for tool, _ in calls(*interest)] == tools


def test_a_us_stock_is_asked_for_on_its_exchange_and_in_the_daytime_session() -> None:
    assert calls("AAPL", "trade", "US", "nasdaq") == [
        ("overseas_stock_delayed_ccnl", "nasdaq"),
        ("overseas_stock_delayed_ccnl", "nasdaq_day"),
    ]


def test_orders_in_any_market_want_the_notices_of_every_account_that_is_set() -> None:
    anywhere = Interest("", "order")
    assert [call.tool for call in find_live_calls(anywhere, ["stock"])] == [
        "domestic_stock_ccnl_notice",
        "overseas_stock_ccnl_notice",
    ]
    assert len(find_live_calls(anywhere, ["stock", "futures", "overseas_futures"])) == 7
    assert find_live_calls(anywhere) == []


def test_orders_of_one_instrument_want_the_notices_of_its_market() -> None:
    found = find_live_calls(Interest("AAPL", "order", "US"), ["stock", "futures"])
    assert [call.tool for call in found] == ["overseas_stock_ccnl_notice"]


@pytest.mark.parametrize(
    ("interest", "able"),
    [
        (Interest("AAPL", "status", "US", "nasdaq"), "trade, book"),
        (Interest("275W12350", "trade", "domestic_futureoption"), "nothing"),
    ],
)
def test_what_kis_does_not_send_is_refused_with_what_it_does(interest: Interest, able: str) -> None:
    with pytest.raises(BadArgument) as refused:
        find_live_calls(interest)
    assert refused.value.remedy == f"Of this instrument it sends: {able}."


def test_every_call_is_one_that_the_spec_table_takes() -> None:
    kinds: tuple[EventKind, ...] = ("trade", "book", "status")
    places = [("005930", "KR", exchange) for exchange in ("krx", "nxt", "unified")]
    places += [("58E175", "KR", ""), ("AAPL", "US", "nyse"), ("00700", "HK", "hong_kong"), ("VNM", "VN", "hanoi")]
    places += [
        (symbol, "domestic_futureoption", "") for symbol in ("101W12", "201W12350", "111W12", "211W12350", "175W12")
    ]
    places += [("ESZ26", "overseas_futureoption", ""), ("KR103502GD31", "domestic_bond", "")]
    checked = 0
    for symbol, market, exchange in places:
        for kind in kinds:
            try:
                found = find_live_calls(Interest(symbol, kind, market, exchange))
            except BadArgument:
                continue
            for call in found:
                api = catalog().find(call.tool)
                assert api is not None
                assert api.blocks[0].name == {"trade": "trades", "book": "books", "status": "events"}[kind]
                check_arguments(api, call.arguments)
                checked += 1
    assert checked > 30


def test_late_and_unscaled_prices_are_told() -> None:
    late, unscaled = notes_on_live(
        [Interest("7203", "trade", "JP", "tokyo"), Interest("6AU26", "trade", "overseas_futureoption")]
    )
    assert late == "KIS sends 7203 15 minutes late."
    assert unscaled.startswith("Of 6AU26")
    assert notes_on_live([Interest("005930", "trade", "KR"), Interest("7203", "order", "JP")]) == []


def test_stocks_and_funds_of_korea_and_the_us_have_a_quote() -> None:
    assert find_quoted("005930", "KR", "nxt") == Instrument("005930", "KR", "nxt")
    assert find_quoted("005930", "KR", "") == Instrument("005930", "KR", "krx")
    assert find_quoted("AAPL", "US", "nasdaq") == Instrument("AAPL", "US", "nasdaq")
    others = [("58E175", "KR", "krx"), ("7203", "JP", "tokyo"), ("A01606", "domestic_futureoption", "")]
    assert [find_quoted(*other) for other in others] == [None, None, None]
