"""Which orders a simulator with market hours takes when, over the socket."""

from datetime import datetime
from decimal import Decimal

import pytest

from kis_mcp.clock import KST
from tests.simulator.answers.contracts import test_futures as futures
from tests.simulator.answers.stocks.test_orders import APPLE_ORDER, US
from tests.simulator.answers.test_changes import change_abroad
from tests.simulator.wire import ManualClock, simulator

TAKEN, OUTSIDE, CLOSED, NO_SUCH_TYPE = "APBK0013", "APBK0918", "APBK0919", "APBK0963"


def at(moment: str) -> ManualClock:
    """A clock at a day and time of June 2026 in Korea; the 15th is a Monday."""
    return ManualClock(datetime.strptime(f"2026-06-{moment}", "%Y-%m-%d %H:%M").replace(tzinfo=KST))


@pytest.mark.parametrize(
    ("moment", "venue", "code", "expected"),
    [
        ("15 08:19", "KRX", "00", OUTSIDE),
        ("15 08:20", "KRX", "00", TAKEN),
        ("15 08:35", "KRX", "03", OUTSIDE),
        ("15 08:35", "KRX", "05", TAKEN),
        ("15 08:40", "KRX", "05", OUTSIDE),
        ("15 11:00", "KRX", "00", TAKEN),
        ("15 11:00", "KRX", "05", OUTSIDE),
        ("15 11:00", "KRX", "06", OUTSIDE),
        ("15 11:00", "KRX", "41", OUTSIDE),
        ("15 11:00", "NXT", "27", OUTSIDE),
        ("15 15:31", "KRX", "00", OUTSIDE),
        ("15 15:31", "KRX", "06", TAKEN),
        ("15 15:31", "NXT", "00", TAKEN),
        ("15 15:31", "SOR", "03", TAKEN),
        ("15 15:31", "NXT", "21", OUTSIDE),
        ("15 16:00", "KRX", "41", TAKEN),
        ("15 19:59", "KRX", "46", TAKEN),
        ("15 20:00", "KRX", "41", OUTSIDE),
        ("15 08:00", "NXT", "27", TAKEN),
        ("15 08:49", "SOR", "00", TAKEN),
        ("15 08:50", "NXT", "00", OUTSIDE),
        ("20 11:00", "KRX", "00", CLOSED),
        ("20 16:30", "KRX", "41", CLOSED),
    ],
)
async def test_venues_take_their_sessions_types_only(moment: str, venue: str, code: str, expected: str):
    async with simulator(clock=at(moment), market_hours=True) as (_, wire, _demo):
        price = (await wire.price())["stck_llam"]
        assert (await wire.order("buy", 1, price, code, EXCG_ID_DVSN_CD=venue))["msg_cd"] == expected


@pytest.mark.parametrize(
    ("moment", "side", "venue", "code", "symbol", "expected"),
    [
        ("15 16:30", "buy", "KRX", "07", "005930", "OPSQ2001"),
        ("15 16:30", "buy", "KRX", "41", "069500", NO_SUCH_TYPE),
        ("15 16:30", "buy", "NXT", "41", "005930", NO_SUCH_TYPE),
        ("15 08:10", "sell", "NXT", "27", "005930", NO_SUCH_TYPE),
        ("15 08:10", "buy", "KRX", "28", "005930", NO_SUCH_TYPE),
    ],
)
async def test_a_type_that_is_not_for_the_order_is_refused(
    moment: str, side: str, venue: str, code: str, symbol: str, expected: str
):
    async with simulator(clock=at(moment), market_hours=True) as (_, wire, _demo):
        price = (await wire.price(symbol))["stck_llam"]
        reply = await wire.order(side, 1, price, code, EXCG_ID_DVSN_CD=venue, PDNO=symbol)
        assert reply["msg_cd"] == expected


async def test_an_after_market_order_trades_with_the_book_or_rests_until_the_session_ends():
    clock = at("15 16:30")
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        quote = await wire.price()
        at_once = sim.ledger.order((await wire.order("buy", 3, quote["stck_mxpr"], "42"))["output"]["ODNO"])
        resting = sim.ledger.order((await wire.order("buy", 3, quote["stck_llam"], "41"))["output"]["ODNO"])
        changed = (await wire.change("amend", resting.number, ORD_DVSN="41", ORD_UNPR=quote["stck_llam"]))["output"]
        rest = sim.ledger.order(changed["odno"])
        assert (await wire.change("amend", rest.number, ORD_DVSN="00", ORD_UNPR="60000"))["msg_cd"] == OUTSIDE
        clock.pass_time(hours=3, minutes=29)
        await wire.price()
        assert (at_once.filled, resting.remaining, rest.remaining) == (3, 0, 3)
        clock.pass_time(minutes=1)
        await wire.price()
        assert (rest.filled, rest.remaining) == (0, 0)


async def test_orders_before_the_opening_trade_at_its_price():
    clock = at("15 08:40")
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        top = (await wire.price())["stck_mxpr"]
        numbers = [(await wire.order("buy", 2, top, code))["output"]["ODNO"] for code in ("00", "01")]
        orders = [sim.ledger.order(number) for number in numbers]
        assert [order.remaining for order in orders] == [2, 2]
        clock.pass_time(minutes=25)
        opening = Decimal((await wire.price())["stck_oprc"])
        fills = sim.ledger.fills
    assert [(fill.price, f"{fill.at:%H%M%S}") for fill in fills] == [(opening, "090000")] * 2


@pytest.mark.parametrize(
    ("moment", "path", "tr_id", "code", "expected"),
    [
        ("15 16:59", "order", "TTTT1002U", "00", OUTSIDE),
        ("15 17:00", "order", "TTTT1002U", "00", TAKEN),
        ("15 17:00", "order", "TTTT1002U", "32", TAKEN),
        ("15 22:31", "order", "TTTT1002U", "34", TAKEN),
        ("16 05:01", "order", "TTTT1002U", "00", TAKEN),
        ("16 05:01", "order", "TTTT1002U", "34", OUTSIDE),
        ("16 07:00", "order", "TTTT1002U", "00", OUTSIDE),
        ("16 10:00", "daytime-order", "TTTS6036U", "00", TAKEN),
        ("15 22:31", "daytime-order", "TTTS6036U", "00", OUTSIDE),
        ("20 12:00", "daytime-order", "TTTS6036U", "00", CLOSED),
        ("27 12:00", "daytime-order", "TTTS6036U", "00", OUTSIDE),
        ("19 12:00", "daytime-order", "TTTS6036U", "00", OUTSIDE),
        ("19 23:00", "order", "TTTT1002U", "00", CLOSED),
    ],
)
async def test_the_us_markets_take_orders_in_their_sessions(
    moment: str, path: str, tr_id: str, code: str, expected: str
):
    async with simulator(clock=at(moment), market_hours=True) as (_, wire, _demo):
        order = APPLE_ORDER | {"OVRS_ORD_UNPR": "1.00", "ORD_DVSN": code, "CTAC_TLNO": "", "MGCO_APTM_ODNO": ""}
        assert (await wire.post(f"{US}/{path}", tr_id, order)).json()["msg_cd"] == expected


async def test_an_order_at_the_us_open_fills_at_the_open_of_its_day():
    clock = at("15 18:00")
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        order = APPLE_ORDER | {"ORD_DVSN": "32"}
        number = (await wire.post(f"{US}/order", "TTTT1002U", order)).json()["output"]["ODNO"]
        placed = sim.ledger.order(number)
        assert placed.remaining == 3
        clock.pass_time(hours=5)
        await wire.price()
        (fill,) = sim.ledger.fills
    assert (f"{fill.at:%d %H%M%S}", placed.remaining) == ("15 223000", 0)


async def test_what_waits_for_tomorrow_is_not_cancelled_while_the_market_sleeps():
    clock = at("15 23:00")
    async with simulator(clock=clock, market_hours=True) as (_, wire, _demo):
        order = APPLE_ORDER | {"ORD_DVSN": "32", "OVRS_ORD_UNPR": "1.00"}
        number = (await wire.post(f"{US}/order", "TTTT1002U", order)).json()["output"]["ODNO"]
        clock.pass_time(hours=9)
        assert (await change_abroad(wire, number))["msg_cd"] == OUTSIDE
        clock.pass_time(hours=10)
        assert (await change_abroad(wire, number))["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("moment", "tr_id", "expected"),
    [
        ("15 08:30", "TTTO1101U", TAKEN),
        ("15 15:44", "TTTO1101U", TAKEN),
        ("15 15:45", "TTTO1101U", OUTSIDE),
        ("15 11:00", "STTN1101U", OUTSIDE),
        ("15 18:00", "STTN1101U", TAKEN),
        ("16 05:59", "STTN1101U", TAKEN),
        ("16 06:00", "STTN1101U", OUTSIDE),
        ("20 05:59", "STTN1101U", TAKEN),
        ("20 18:00", "STTN1101U", CLOSED),
    ],
)
async def test_contracts_trade_by_day_and_at_night(moment: str, tr_id: str, expected: str):
    async with simulator(clock=at(moment), market_hours=True) as (_, wire, _demo):
        price = (await futures.quote(wire))["futs_llam"]
        assert (await futures.order(wire, "buy", 1, price, tr_id=tr_id))["msg_cd"] == expected
