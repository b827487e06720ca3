"""Which market an order is for."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import encode
from kis_mcp.errors import BadArgument
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.trading.desk.drafts import draft_order
from kis_mcp.trading.order import order_of
from kis_mcp.trading.venues.exchanges import COUNTRIES
from kis_mcp.trading.venues.markets import MARKETS, Listing, as_kis_writes, find_listing, market_of, possible_markets
from kis_mcp.trading.venues.routes import has_session
from tests.trading.fakes import CATALOG, FakeClock, api

PLACE = api("place_order")
SESSIONS = ("regular", "daytime", "night", "reserved")
SHARES = ["005930", "Q530036", "AAPL", "BRK.B", "00700", "600519", "7203", "130A", "VNM", "58J297"]
CONTRACTS = ["101W12", "101V06", "A01603", "201W12350", "ESZ26", "CNHU26", "6AM26", "OESZ26 C5500"]
BONDS = ["KR6095572D81", "KR7005930003"]


def words(name: str) -> list[str]:
    parameter = PLACE.parameter(name)
    assert parameter is not None
    return list(parameter.codes or ())


def choose(symbol: str, exchange: str | None = None, market: str | None = None, session: str = "regular") -> Listing:
    return find_listing(
        symbol,
        exchange,
        market,
        has_session=lambda name: has_session(CATALOG, name, session),
        find_instrument=builtin_instruments().find,
    )


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("005930", Listing("005930", "KR", "krx")),
        ("0001a0", Listing("0001A0", "KR", "krx")),
        ("Q530036", Listing("Q530036", "KR", "krx")),
        ("aapl", Listing("AAPL", "US", "nasdaq")),
        ("A01603", Listing("A01603", "domestic_futureoption", None)),
        ("201W12350", Listing("201W12350", "domestic_futureoption", None)),
        ("ESZ26", Listing("ESZ26", "overseas_futureoption", None)),
        ("CNHU26", Listing("CNHU26", "overseas_futureoption", None)),
        ("OESZ26 C5500", Listing("OESZ26 C5500", "overseas_futureoption", None)),
        ("KR6095572D81", Listing("KR6095572D81", "domestic_bond", None)),
    ],
)
def test_a_symbol_that_can_be_only_one_thing_tells_its_market(symbol: str, expected: Listing) -> None:
    assert choose(symbol) == expected


@pytest.mark.parametrize(
    ("symbol", "exchange", "market", "expected"),
    [
        ("600519", "shanghai", None, Listing("600519", "CN", "shanghai")),
        ("600519", "krx", None, Listing("600519", "KR", "krx")),
        ("600519", "shenzhen", "CN", Listing("600519", "CN", "shenzhen")),
        ("700", None, "HK", Listing("00700", "HK", "hong_kong")),
        ("7203", None, "JP", Listing("7203", "JP", "tokyo")),
        ("VNM", "ho_chi_minh", None, Listing("VNM", "VN", "ho_chi_minh")),
        ("VNM", "nyse", None, Listing("VNM", "US", "nyse")),
        ("BRK.B", "nyse", "US", Listing("BRK/B", "US", "nyse")),
        ("005930", "sor", None, Listing("005930", "KR", "sor")),
        ("101W12", None, "domestic_futureoption", Listing("101W12", "domestic_futureoption", None)),
        ("101W12", "krx", "domestic_futureoption", Listing("101W12", "domestic_futureoption", None)),
        ("101W12", None, "KR", Listing("101W12", "KR", "krx")),
    ],
)
def test_exchange_and_market_tell_what_the_symbol_does_not(
    symbol: str, exchange: str | None, market: str | None, expected: Listing
) -> None:
    assert choose(symbol, exchange, market) == expected


def test_the_session_tells_a_contract_from_a_share() -> None:
    assert choose("101V06", session="night").market == "domestic_futureoption"


@pytest.mark.parametrize(
    ("symbol", "exchange", "market", "field"),
    [
        ("101V06", None, None, "market"),
        ("101V06", "krx", None, "market"),
        ("7203", None, None, "symbol"),
        ("no such thing", None, None, "symbol"),
        ("KR7005930003", None, None, "symbol"),
        ("AAPL", "krx", None, "symbol"),
        ("AAPL", "tokyo", None, "exchange"),
        ("7203", "nyse", "JP", "exchange"),
        ("005930", None, "US", "market"),
        ("600519", None, "CN", "exchange"),
        ("XYZW", None, None, "exchange"),
    ],
)
def test_what_is_not_certain_is_refused_with_what_to_say(
    symbol: str, exchange: str | None, market: str | None, field: str
) -> None:
    with pytest.raises(BadArgument) as caught:
        choose(symbol, exchange, market)
    assert caught.value.field == field
    assert caught.value.remedy


def test_a_market_is_known_however_it_is_spelled() -> None:
    assert [market_of(word) for word in ("kr", "KR", "Domestic_Bond")] == ["KR", "KR", "domestic_bond"]
    assert {market_of(word) for word in words("market")} == set(MARKETS)
    with pytest.raises(BadArgument, match="mars"):
        market_of("mars")


def test_every_exchange_of_place_order_belongs_to_a_market() -> None:
    assert set(words("exchange")) == {word for market in MARKETS.values() for word in market.exchanges}
    for name, market in MARKETS.items():
        assert {COUNTRIES[word][0] for word in market.exchanges if word in COUNTRIES} <= {name}


def test_blanks_around_a_symbol_do_not_count() -> None:
    assert choose("  aapl\t") == Listing("AAPL", "US", "nasdaq")
    assert choose(" 700 ", None, "HK") == Listing("00700", "HK", "hong_kong")
    assert as_kis_writes(" 700 ", "HK") == "00700"
    assert set(possible_markets(" 600519 ")) == {"KR", "CN"}


def test_a_symbol_may_be_looked_for_in_every_market_that_could_have_it() -> None:
    assert set(possible_markets("600519")) == {"KR", "CN"}
    assert possible_markets("?") == tuple(MARKETS)
    assert as_kis_writes("brk.b", "US") == "BRK/B"


TERMS = st.fixed_dictionaries(
    {"side": st.sampled_from(["buy", "sell"])},
    optional={
        "order_type": st.sampled_from(words("order_type")),
        "credit_type": st.sampled_from(words("credit_type")),
        "price": st.sampled_from([100, 60_000]),
        "stop_price": st.just(100),
        "algo_period": st.sampled_from(words("algo_period")),
    },
)


@settings(max_examples=400)
@given(
    symbol=st.one_of(
        st.sampled_from([*SHARES, *CONTRACTS, *BONDS]), st.text("0123456789AQKRZ/ ", min_size=1, max_size=12)
    ),
    exchange=st.none() | st.sampled_from(words("exchange")),
    market=st.none() | st.sampled_from(sorted(MARKETS)),
    session=st.sampled_from(SESSIONS),
    terms=TERMS,
)
def test_no_order_ever_goes_to_another_market_than_the_one_named(
    symbol: str, exchange: str | None, market: str | None, session: str, terms: dict[str, Any]
) -> None:
    try:
        wanted = choose(symbol, exchange, market, session)
        call = draft_order(CATALOG, wanted, session=session, quantity=1, **terms)
        values = check_arguments(api(call.tool), call.arguments)
        request = encode(
            api(call.tool), values, demo=False, account=Account("12345678", "01"), today=FakeClock().now.date()
        )
    except BadArgument as problem:
        assert problem.remedy
        return
    order = order_of(api(call.tool), values)
    assert order.market == wanted.market
    assert market in (None, order.market)
    assert order.symbol == as_kis_writes(symbol, order.market)
    assert order.side == terms["side"]
    assert order.symbol in request.elements.values()
    if exchange is not None and order.exchange is not None:
        assert order.exchange == exchange
    if order.exchange is not None and order.exchange in COUNTRIES:
        assert COUNTRIES[order.exchange][0] == order.market
