"""Which order closes which position."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.trading.desk.closing import draft_closing, draft_closing_in_lots, is_unchanged, pick_closings
from kis_mcp.trading.order import Action, Order, order_of
from kis_mcp.trading.portfolio.holdings import Holding
from tests.trading.fakes import AccountKis, FakeClock

STOCK = Holding(
    account="12****78-01",
    market="KR",
    exchange="krx",
    symbol="005930",
    name="삼성전자",
    currency="KRW",
    is_short=False,
    lot="현금",
    quantity=Decimal(10),
    sellable_quantity=Decimal(7),
    average_price=None,
    price=Decimal(70_000),
    purchase_amount=None,
    value=None,
    profit=None,
    profit_rate=None,
    bought_today=None,
    sold_today=None,
    change=None,
)
APPLE = replace(STOCK, market="US", exchange="nasdaq", symbol="AAPL", lot="10", price=Decimal(150))
TENCENT = replace(STOCK, market="HK", exchange="hong_kong", symbol="00700", lot="10", price=Decimal(300))
BOND = replace(STOCK, market="domestic_bond", exchange=None, symbol="KR6095572D81", lot="2026-01-02 1", price=None)
FUTURE = replace(STOCK, market="domestic_futureoption", exchange=None, symbol="101W12", lot="")
OPTION = replace(FUTURE, symbol="201W12350", is_short=True, quantity=Decimal(-3), sellable_quantity=Decimal(3))
ABROAD = replace(FUTURE, market="overseas_futureoption", symbol="ESZ26", is_short=True, quantity=Decimal(-2))
EVERYTHING = [STOCK, APPLE, TENCENT, BOND, FUTURE, OPTION, ABROAD]

BOOK = {"order_book": {"bid_price_1": Decimal("149.99"), "ask_price_1": Decimal("150.01")}}


def kis_with(**answers: dict[str, Any]) -> AccountKis:
    return AccountKis(FakeClock(), answers=answers)


async def drafted(position: Holding, kis: AccountKis | None = None) -> tuple[str, str | None, str | None, Any, Any]:
    (closing,) = pick_closings([position])
    arguments = await draft_closing(kis or kis_with(), closing, closing.closable)
    order = order_of(arguments.api, arguments)
    return arguments.api.tool, order.side, order.order_type, order.quantity, order.price


@pytest.mark.parametrize(
    ("position", "order"),
    [
        (STOCK, ("domestic_stock_order_cash", "sell", "market", 7, None)),
        (FUTURE, ("domestic_fo_order", "sell", "market", 7, None)),
        (OPTION, ("domestic_fo_order", "buy", "market", 3, None)),
        (ABROAD, ("overseas_fo_order", "buy", "market", 7, None)),
    ],
)
async def test_a_venue_that_takes_market_orders_gets_one_on_the_other_side(position: Holding, order: Any) -> None:
    assert await drafted(position) == order


@pytest.mark.parametrize(
    ("position", "answers", "price"),
    [
        (APPLE, {"overseas_stock_inquire_asking_price": BOOK}, "148.49"),
        (APPLE, {}, "148.5"),
        (replace(APPLE, price=Decimal("0.5003")), {}, "0.4952"),
        (TENCENT, {"overseas_stock_inquire_asking_price": BOOK}, "149.99"),
        (TENCENT, {}, "300"),
        (BOND, {"domestic_bond_inquire_asking_price": {"book": {"bid_price_1": Decimal("10180")}}}, "10180"),
    ],
)
async def test_one_that_takes_none_gets_a_limit_that_meets_the_book_or_the_last_price(
    position: Holding, answers: Any, price: str
) -> None:
    _, side, order_type, quantity, limit = await drafted(position, kis_with(**answers))
    assert (side, order_type in ("limit", None), quantity, limit) == ("sell", True, 7, Decimal(price))


async def test_without_any_price_no_limit_is_made_up() -> None:
    with pytest.raises(BadArgument, match="No price of KR6095572D81 is known"):
        await drafted(BOND)


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (replace(STOCK, lot="자기융자 2026-01-05"), "credit_type and loan_date"),
        (replace(STOCK, lot="자기대주 2026-01-05", is_short=True), "credit_type and loan_date"),
        (replace(APPLE, is_short=True), "borrowed and sold"),
        (replace(STOCK, sellable_quantity=None), "does not tell how much"),
        (replace(STOCK, quantity=None), "does not tell how much"),
        (replace(APPLE, exchange=None), "on which exchange"),
        (replace(APPLE, market="overseas", exchange="madrid"), "on which exchange"),
    ],
)
def test_what_cannot_be_closed_for_certain_is_left_with_the_reason(position: Holding, why: str) -> None:
    (closing,) = pick_closings([position])
    assert why in closing.why_not


def test_lots_without_a_loan_are_one_position_and_lots_on_credit_another() -> None:
    on_credit = replace(STOCK, lot="자기융자 2026-01-05", sellable_quantity=Decimal(3))
    free, lent = pick_closings([STOCK, on_credit, replace(STOCK, lot="현금 2", sellable_quantity=Decimal(1))])
    assert (free.closable, free.why_not) == (8, "")
    assert lent.why_not


@pytest.mark.parametrize(
    ("words", "symbols"),
    [
        ({}, [one.symbol for one in EVERYTHING]),
        ({"symbols": ["aapl", "700"]}, ["AAPL", "00700"]),
        ({"markets": ["KR", "domestic_bond"]}, ["005930", "KR6095572D81"]),
        ({"kinds": ["option"]}, ["201W12350"]),
        ({"kinds": ["stock"], "markets": ["US", "domestic_bond"]}, ["AAPL"]),
    ],
)
def test_symbols_markets_and_kinds_narrow_what_is_closed(words: Any, symbols: list[str]) -> None:
    assert [one.position.symbol for one in pick_closings(EVERYTHING, **words)] == symbols


def test_a_named_symbol_that_is_not_held_is_an_error_even_beside_others() -> None:
    with pytest.raises(BadArgument, match="MSFT"):
        pick_closings(EVERYTHING, symbols=["AAPL", "MSFT"])


SOLD = Order(
    kis_title="", action=Action.NEW, market="KR", symbol="005930", side="sell", quantity=Decimal(7), exchange="krx"
)


@pytest.mark.parametrize(
    ("lots", "freed", "holds"),
    [
        ([STOCK], 0, True),
        ([STOCK, APPLE], 0, True),
        ([], 0, False),
        ([replace(STOCK, sellable_quantity=Decimal(6))], 0, False),
        ([replace(STOCK, sellable_quantity=Decimal(8))], 0, False),
        ([replace(STOCK, sellable_quantity=Decimal(3))], 4, True),
        ([STOCK], 4, False),
        ([replace(STOCK, is_short=True)], 0, False),
        ([replace(STOCK, exchange="nxt")], 0, False),
        ([replace(STOCK, sellable_quantity=None)], 0, False),
    ],
)
def test_a_position_is_unchanged_only_with_the_same_side_and_as_much_to_close(
    lots: list[Holding], freed: int, holds: bool
) -> None:
    assert is_unchanged(SOLD, lots, freed) is holds


@pytest.mark.parametrize(
    ("quantity", "sold", "said"), [(3_645, 3_640, "in lots of 10, so that 5 of it stay"), (3_640, 3_640, "")]
)
async def test_of_a_bond_whole_lots_are_closed_and_the_rest_is_told(quantity: int, sold: int, said: str) -> None:
    (closing,) = pick_closings([replace(BOND, quantity=Decimal(quantity), sellable_quantity=Decimal(quantity))])
    kis = kis_with(domestic_bond_inquire_asking_price={"book": {"bid_price_1": Decimal(10180)}})
    arguments, rest = await draft_closing_in_lots(kis, closing, quantity)
    assert order_of(arguments.api, arguments).quantity == sold
    assert said in rest
    assert bool(said) is bool(rest)


async def test_less_than_a_lot_is_not_closed_and_how_to_sell_it_is_said() -> None:
    (closing,) = pick_closings([BOND])
    kis = kis_with(domestic_bond_inquire_asking_price={"book": {"bid_price_1": Decimal(10180)}})
    with pytest.raises(BadArgument, match="in lots of 10, and 7 is less") as error:
        await draft_closing_in_lots(kis, closing, 7)
    assert "small_lot_market" in error.value.remedy


@pytest.mark.parametrize(("lot", "holds"), [(1, False), (5, True)])
def test_a_position_of_more_than_whole_lots_is_unchanged_by_its_lots(lot: int, holds: bool) -> None:
    lots = [replace(STOCK, sellable_quantity=Decimal(12))]
    assert is_unchanged(replace(SOLD, quantity=Decimal(10)), lots, lot=lot) is holds
