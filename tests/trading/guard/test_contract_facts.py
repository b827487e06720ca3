"""What KIS says of contracts, bonds and warrants, in the units that orders are placed in."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisUnavailable
from kis_mcp.trading.guard.contract_facts import read_bond, read_korean_contract, read_overseas_contract
from kis_mcp.trading.guard.market_facts import MarketFacts, estimate_amount, read_korean_stock, read_overseas_stock
from kis_mcp.trading.order import Action, Order
from tests.trading.fakes import FakeKis

UNKNOWN = BadArgument("no", remedy="look", kis_code="APBK0656", kis_message="해당종목정보가 없습니다.")
DOWN = KisUnavailable("down", remedy="wait")
LOOKUPS = {
    "KR": (read_korean_stock, "domestic_stock_inquire_price", "005930", None),
    "US": (read_overseas_stock, "overseas_stock_price", "AAPL", "nasdaq"),
    "JP": (read_overseas_stock, "overseas_stock_price_detail", "7203", "tokyo"),
    "domestic_futureoption": (read_korean_contract, "domestic_fo_inquire_price", "A01603", None),
    "overseas_futureoption": (read_overseas_contract, "overseas_fo_stock_detail", "6AU26", None),
    "domestic_bond": (read_bond, "domestic_bond_inquire_price", "KR6095572D81", None),
}


@pytest.fixture(autouse=True)
def others(kis: FakeKis) -> None:
    kis.answers |= {
        "overseas_fo_inquire_price": {"price": {}},
        "overseas_stock_foreign_margin": {"margins": []},
        "domestic_fo_margin_rate": {"rates": []},
    }


async def looked_up(kis: FakeKis, market: str, **changes: Any) -> MarketFacts:
    lookup, _, symbol, exchange = LOOKUPS[market]
    values: dict[str, object] = {"symbol": symbol, "exchange": exchange, "price": Decimal(1), "side": "buy", **changes}
    order = Order(
        kis_title="주식주문(현금)",
        action=Action.NEW,
        market=market,
        **{k: v for k, v in values.items() if k in Order.__slots__},  # pyright: ignore[reportArgumentType]
    )
    return await lookup(kis, order, MarketFacts(), values)


@pytest.mark.parametrize("market", LOOKUPS)
async def test_an_instrument_exists_if_kis_tells_something_of_it(kis: FakeKis, market: str) -> None:
    tool = LOOKUPS[market][1]
    for told in (
        {"price": 0, "name": None, "tick_size": Decimal(0), "base_price": Decimal("0.00"), "realtime_symbol": "DNASX"},
        {},
    ):
        kis.answers[tool] = {"price": told}
        assert (await looked_up(kis, market)).exists is False
    for told in (
        {"base_price": 70_000, "previous_close": 3, "name": "F", "currency": "USD"},
        {"price": 1, "tick_size": Decimal("0.1")},
    ):
        kis.answers[tool] = {"price": told}
        assert (await looked_up(kis, market)).exists is True


@pytest.mark.parametrize("market", LOOKUPS)
async def test_what_kis_refuses_does_not_exist_and_where_it_is_silent_that_is_open(kis: FakeKis, market: str) -> None:
    tool = LOOKUPS[market][1]
    kis.failing[tool] = UNKNOWN
    assert (await looked_up(kis, market)).exists is False
    kis.failing[tool] = DOWN
    assert (await looked_up(kis, market)).exists is None


async def test_a_warrant_is_found_where_kis_quotes_warrants(kis: FakeKis) -> None:
    kis.failing["domestic_stock_inquire_price"] = UNKNOWN
    kis.answers["domestic_stock_inquire_elw_price"] = {"price": {"name": "한국J297", "price": 105}}
    facts = await looked_up(kis, "KR", symbol="58J297")
    assert (facts.exists, facts.kind, facts.last) == (True, "elw", 105)
    assert (await looked_up(kis, "KR", symbol="999999")).exists is False


@pytest.mark.parametrize(
    ("symbol", "price", "tick"),
    [
        ("A01603", "350.05", "0.05"),
        ("A05603", "350.05", "0.02"),
        ("106W12", "1380.1", "0.1"),
        ("B01603955", "3.01", "0.01"),
        ("B01603955", "12", "0.05"),
        ("C05603955", "4", "0.02"),
        ("C06603955", "50", "0.5"),
        ("175W12", "1384.1", "0.1"),
        ("111W12", "71701", "100"),
        ("111W12", "71750", None),
        ("211W12700", "71701", None),
    ],
)
async def test_krx_contracts_are_stepped_by_product_and_price(
    kis: FakeKis, symbol: str, price: str, tick: str | None
) -> None:
    kis.answers |= {
        "domestic_fo_inquire_price": {"price": {"name": "삼성전자 F 202612"}},
        "domestic_fo_margin_rate": {"rates": [{"underlying_name": "삼성전자", "trading_multiplier": 10}]},
    }
    facts = await looked_up(kis, "domestic_futureoption", symbol=symbol, price=Decimal(price))
    assert facts.tick == (None if tick is None else Decimal(tick))


@pytest.mark.parametrize(
    ("quoted", "tick", "last"),
    [
        ("6722.0", "0.00005", "0.67220"),
        ("19225", "0.1", "1922.5"),
        ("5500.00", "0.25", "5500"),
        ("550025", "0.250", "5500.25"),
        ("38500", "5", "38500"),
        ("7525", "0", None),
        ("0", "0.25", None),
    ],
)
async def test_a_quote_abroad_is_read_with_the_point_that_kis_leaves_out(
    kis: FakeKis, quoted: str, tick: str, last: str | None
) -> None:
    kis.answers |= {
        "overseas_fo_stock_detail": {"contract": {"tick_size": Decimal(tick), "currency": "USD"}},
        "overseas_fo_inquire_price": {"price": {"price": Decimal(quoted)}},
    }
    facts = await looked_up(kis, "overseas_futureoption")
    assert facts.last == (None if last is None else Decimal(last))
    assert facts.tick == (Decimal(tick) or None)


@pytest.mark.parametrize(
    ("quote", "last"),
    [
        ({"price": Decimal(0), "previous_close": Decimal("151.5")}, Decimal("151.5")),
        ({"previous_close": Decimal("151.5")}, Decimal("151.5")),
        ({"price": Decimal(160), "previous_close": Decimal("151.5")}, Decimal(160)),
        ({"price": Decimal(0), "previous_close": Decimal(0), "tradability": "tradable"}, None),
    ],
)
async def test_before_the_us_opens_a_stock_is_priced_at_its_previous_close(
    kis: FakeKis, quote: dict[str, object], last: Decimal | None
) -> None:
    kis.answers["overseas_stock_price"] = {"price": quote}
    facts = await looked_up(kis, "US")
    assert (facts.exists, facts.last) == (True, last)


async def test_kis_tells_the_hours_of_a_contract_abroad_and_what_is_a_spread(kis: FakeKis) -> None:
    contract: dict[str, object] = {
        "tick_size": Decimal("0.25"),
        "market_open_date": "2026-03-03",
        "market_open_time": "07:00:00",
        "market_close_date": "2026-03-04",
        "market_close_time": "06:00:00",
    }
    kis.answers["overseas_fo_stock_detail"] = {"contract": contract}
    facts = await looked_up(kis, "overseas_futureoption")
    assert facts.hours == (datetime(2026, 3, 3, 7, tzinfo=KST), datetime(2026, 3, 4, 6, tzinfo=KST))
    assert not facts.is_spread
    kis.answers["overseas_fo_stock_detail"] = {"contract": {"tick_size": 1, "spread_symbol_1": "ESZ26"}}
    facts = await looked_up(kis, "overseas_futureoption")
    assert (facts.hours, facts.is_spread) == (None, True)


@pytest.mark.parametrize(("session", "market"), [("day", "index_futures"), ("night", "night_futures")])
async def test_at_night_the_nights_price_counts(kis: FakeKis, session: str, market: str) -> None:
    asked: list[object] = []
    rows = kis.rows

    async def noted(tool: str, arguments: Any, *, fresh: bool = False) -> Any:
        asked.append(arguments.get("market"))
        return await rows(tool, arguments, fresh=fresh)

    kis.rows = noted  # pyright: ignore[reportAttributeAccessIssue]
    kis.answers["domestic_fo_inquire_price"] = {"price": {"name": "F 202603"}}
    await looked_up(kis, "domestic_futureoption", session=session)
    assert asked == [market]


@pytest.mark.parametrize(
    ("words", "lot"), [({"small_lot_market": False}, 10), ({"small_lot_market": True}, None), ({}, None)]
)
async def test_bonds_come_in_tens_in_the_general_market(
    kis: FakeKis, words: dict[str, object], lot: int | None
) -> None:
    kis.answers["domestic_bond_inquire_price"] = {"price": {"name": "bond", "previous_close": Decimal("9990.5")}}
    facts = await looked_up(kis, "domestic_bond", **words)
    assert (facts.lot, facts.last) == (lot, Decimal("9990.5"))


async def test_the_rate_of_a_currency_is_that_of_the_price_in_won(kis: FakeKis) -> None:
    """Of yen and dong KIS tells the rate of a hundred."""
    quote = {"price": Decimal(2800), "krw_price": Decimal(26_040), "exchange_rate": Decimal(930)}
    kis.answers["overseas_stock_price_detail"] = {"price": quote}
    assert (await looked_up(kis, "JP")).krw_rate == Decimal("9.3")


@pytest.mark.parametrize(
    ("changes", "facts", "amount"),
    [
        ({"order_type": "conditional_limit"}, {"ceiling": Decimal(130)}, 260),
        ({"order_type": "conditional_limit"}, {"last": Decimal(100)}, 220),
        ({"order_type": "conditional_limit"}, {}, None),
        ({"side": "sell"}, {"is_option": True, "exposure": Decimal(355)}, 710),
        ({"side": "sell"}, {"is_option": True}, None),
        ({}, {"is_option": True}, 200),
        ({"price": Decimal(-3)}, {}, 6),
    ],
)
def test_an_order_is_valued_at_the_most_that_it_can_come_to(
    changes: dict[str, Any], facts: dict[str, Any], amount: int | None
) -> None:
    terms: dict[str, Any] = {"side": "buy", "price": Decimal(100), "order_type": "limit", **changes}
    order = Order(
        kis_title="주식주문(현금)", action=Action.NEW, market="KR", quantity=Decimal(2), currency="KRW", **terms
    )
    assert estimate_amount(order, MarketFacts(**facts), collar=Decimal(10), closes=False).amount == amount
