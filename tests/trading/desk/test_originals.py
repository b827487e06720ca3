"""Which standing order a change or cancel concerns, where numbers alone do not tell."""

from decimal import Decimal

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.errors import BadArgument, KisUnavailable
from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.desk.originals import describe_end, fill_in_original, original_of
from kis_mcp.trading.order import order_of
from tests.trading.fakes import RVSECNCL, FakeClock, FakeKis, api

NIGHT_LIST, DAY_LIST = "domestic_fo_inquire_ngt_ccnl", "domestic_fo_inquire_ccnl"


@pytest.fixture
def kis(clock: FakeClock) -> FakeKis:
    account = Account("12345678", "01")
    return FakeKis(clock, accounts={"stock": account, "futures": account})


def row(number: int, symbol: str, **facts: object) -> dict[str, object]:
    return {
        "order_date": "2026-03-03",
        "order_time": "10:00:00",
        "korea_order_date": "2026-03-03",
        "broker_order_time": "10:00:00",
        "order_id": f"{number:010}",
        "side": "buy",
        "symbol": symbol,
        "order_quantity": 3,
        "order_price": Decimal(350),
        "filled_quantity": 0,
        "remaining_quantity": 3,
        **facts,
    }


async def original(kis: FakeKis, tool: str, **arguments: object) -> PlacedOrder:
    values = check_arguments(api(tool), {"action": "cancel", **arguments})
    found = await original_of(kis, api(tool), values, order_of(api(tool), values), kis.clock())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"filled_quantity": 1, "remaining_quantity": 2}, None),
        (
            {"filled_quantity": 3, "remaining_quantity": 0, "fill_price": Decimal("350.0000")},
            "Order 0000000005 of AAPL is filled: 3 at 350.",
        ),
        ({"filled_quantity": 3, "remaining_quantity": 0}, "Order 0000000005 of AAPL is filled: 3."),
        ({"remaining_quantity": 0}, "Order 0000000005 of AAPL is cancelled, 0 of 3 filled."),
        (
            {"filled_quantity": 1, "remaining_quantity": 0, "fill_price": Decimal("350.5")},
            "Order 0000000005 of AAPL is cancelled, 1 of 3 filled at 350.5.",
        ),
    ],
)
async def test_an_order_that_has_ended_is_told_with_what_was_filled(
    kis: FakeKis, facts: dict[str, object], said: str | None
) -> None:
    kis.answers = {"overseas_stock_inquire_ccnl": {"orders": [row(5, "AAPL", exchange="nasdaq", **facts)]}}
    found = await original(
        kis, "overseas_stock_order_rvsecncl", order_id="5", exchange="nasdaq", symbol="AAPL", quantity=3
    )
    assert describe_end(found) == said


@pytest.mark.parametrize(("session", "symbol"), [("day", "201W12350"), ("night", "101W12")])
async def test_a_session_has_orders_of_its_own(kis: FakeKis, session: str, symbol: str) -> None:
    kis.answers = {NIGHT_LIST: {"orders": [row(5, "101W12")]}, DAY_LIST: {"orders": [row(5, "201W12350")]}}
    assert (await original(kis, "domestic_fo_order_rvsecncl", order_id="5", session=session)).symbol == symbol


@pytest.mark.parametrize(("symbol", "exchange"), [("AAPL", "nasdaq"), ("00700", "hong_kong")])
async def test_the_symbol_tells_orders_of_two_exchanges_with_one_number_apart(
    kis: FakeKis, symbol: str, exchange: str
) -> None:
    both = [row(7, "00700", exchange="hong_kong"), row(7, "AAPL", exchange="nasdaq")]
    kis.answers = {"overseas_stock_inquire_ccnl": {"orders": both}}
    found = await original(
        kis, "overseas_stock_order_rvsecncl", order_id="7", symbol=symbol, exchange=exchange, quantity=3
    )
    assert (found.symbol, found.exchange) == (symbol, exchange)


def reservation(day: str, quantity: int) -> dict[str, object]:
    return {
        "reserved_order_id": "12",
        "reserved_order_date": day,
        "reserved_order_receipt_date": day,
        "reserved_order_receipt_time": "09:00:00",
        "side": "buy",
        "symbol": "005930",
        "reserved_order_quantity": quantity,
        "reserved_order_price": Decimal(60_000),
        "filled_quantity": 0,
    }


async def test_a_reservation_is_told_by_its_day_where_the_number_came_again(kis: FakeKis) -> None:
    both = [reservation("2026-03-02", 3), reservation("2026-03-03", 50)]
    kis.answers = {"domestic_stock_order_resv_ccnl": {"reservations": both}}
    tool = "domestic_stock_order_resv_rvsecncl"
    for day, quantity in (("2026-03-02", 3), ("2026-03-03", 50)):
        found = await original(kis, tool, reservation_id="12", reservation_date=day)
        assert found.quantity == quantity
    with pytest.raises(BadArgument, match="none of 2026-03-01"):
        await original(kis, tool, reservation_id="12", reservation_date="2026-03-01")


async def test_a_list_that_fails_hides_no_order_of_another(kis: FakeKis) -> None:
    kis.accounts = {**kis.accounts, "overseas_futures": Account("12345678", "08")}
    today, daily = "overseas_fo_inquire_ccld", "overseas_fo_inquire_daily_order"
    listed = row(7, "ESZ26", receipt_datetime="2026-03-03T10:00:00", registration_datetime="2026-03-03T10:00:00")
    cancel: dict[str, object] = {"order_id": "00000007", "order_date": "2026-03-03"}
    for failing, other in ((today, daily), (daily, today)):
        kis.failing = {failing: KisUnavailable("down", remedy="wait")}
        kis.answers = {other: {"orders": [listed]}}
        assert (await original(kis, "overseas_fo_order_rvsecncl", **cancel)).symbol == "ESZ26"
    kis.answers[other] = {"orders": []}
    with pytest.raises(KisUnavailable):
        await original(kis, "overseas_fo_order_rvsecncl", **cancel)


async def test_a_part_of_a_reservation_cannot_be_cancelled(kis: FakeKis) -> None:
    tool = api("domestic_stock_order_resv_rvsecncl")
    reserved = row(9, "005930", reserved_order_id="9", reserved_order_quantity=4, reserved_order_price=Decimal(60_000))
    receipt = {"reserved_order_receipt_date": "2026-03-03", "reserved_order_receipt_time": "10:00:00"}
    kis.answers = {"domestic_stock_order_resv_ccnl": {"reservations": [reserved | receipt | {"remaining_quantity": 4}]}}
    found = await original(kis, tool.tool, reservation_id="9", reservation_date="2026-03-03")
    cancel = check_arguments(tool, {"action": "cancel", "reservation_id": "9", "reservation_date": "2026-03-03"})
    with pytest.raises(BadArgument, match="cancels all 4"):
        fill_in_original(tool, {**cancel, "quantity": 1}, found)
    assert fill_in_original(tool, {**cancel, "quantity": 4}, found)["reservation_id"] == "9"


async def test_an_order_of_a_type_that_the_table_does_not_know_can_be_cancelled(kis: FakeKis) -> None:
    kis.listed = [row(1, "005930", order_type_code="51", order_branch="06010")]
    found = await original(kis, RVSECNCL, order_id="1", order_branch="06010")
    values = check_arguments(api(RVSECNCL), {"action": "cancel", "order_id": "1", "order_branch": "06010"})
    assert check_arguments(api(RVSECNCL), fill_in_original(api(RVSECNCL), values, found))["order_type"] == "limit"
