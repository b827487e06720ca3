"""Reserved orders, over the socket."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from tests.simulator.wire import ACCOUNT, MONDAY, ManualClock, Wire, simulator, with_token

HOME, ABROAD = "/uapi/domestic-stock/v1/trading", "/uapi/overseas-stock/v1/trading"
PAGE = {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
TODAY = MONDAY.strftime("%Y%m%d")
EVENING = MONDAY.replace(hour=16)


async def reserve(wire: Wire, quantity: int = 2, price: str = "0", code: str = "01", **others: str) -> dict[str, Any]:
    order = {"PDNO": "005930", "ORD_QTY": str(quantity), "ORD_UNPR": price, "SLL_BUY_DVSN_CD": "02"}
    elements = ACCOUNT | order | {"ORD_DVSN_CD": code, "ORD_OBJT_CBLC_DVSN_CD": "10"} | others
    return (await wire.post(f"{HOME}/order-resv", "CTSC0008U", elements)).json()


async def change(wire: Wire, action: str, number: str, **others: str) -> dict[str, Any]:
    order = {"PDNO": "005930", "ORD_QTY": "3", "ORD_UNPR": "0", "SLL_BUY_DVSN_CD": "02", "CTAL_TLNO": ""}
    elements = ACCOUNT | order | {"ORD_DVSN_CD": "01", "ORD_OBJT_CBLC_DVSN_CD": "10", "RSVN_ORD_SEQ": number}
    elements |= {"RSVN_ORD_ORD_DT": "20260616"} | others
    tr_id = {"amend": "CTSC0013U", "cancel": "CTSC0009U"}[action]
    return (await wire.post(f"{HOME}/order-resv-rvsecncl", tr_id, elements)).json()


async def low(wire: Wire) -> str:
    """A price that tomorrow allows and does not reach."""
    return str(int((await wire.price())["stck_prpr"]) * 3 // 4 // 500 * 500)


async def listed(wire: Wire, **others: str) -> list[dict[str, str]]:
    elements = ACCOUNT | PAGE | {"RSVN_ORD_ORD_DT": "20260601", "RSVN_ORD_END_DT": "20260731", "RSVN_ORD_SEQ": ""}
    elements |= {"TMNL_MDIA_KIND_CD": "00", "PRCS_DVSN_CD": "0", "CNCL_YN": "N", "PDNO": "", "SLL_BUY_DVSN_CD": ""}
    return (await wire.get(f"{HOME}/order-resv-ccnl", "CTSC0004R", elements | others)).json()["output"]


async def reserve_abroad(wire: Wire, **others: str) -> dict[str, Any]:
    order = {"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "FT_ORD_QTY": "3", "FT_ORD_UNPR3": "1.00", "ORD_DVSN": "00"}
    order |= {"SLL_BUY_DVSN_CD": "02"}
    elements = ACCOUNT | order | {"RVSE_CNCL_DVSN_CD": "00", "ORD_SVR_DVSN_CD": "0"} | others
    return (await wire.post(f"{ABROAD}/order-resv", "TTTT3014U", elements)).json()


async def cancel_abroad(wire: Wire, number: str, day: str = TODAY) -> dict[str, Any]:
    elements = ACCOUNT | {"RSVN_ORD_RCIT_DT": day, "OVRS_RSVN_ODNO": number}
    return (await wire.post(f"{ABROAD}/order-resv-ccnl", "TTTT3017U", elements)).json()


async def test_a_reservation_is_sent_at_the_opening_whenever_somebody_asks_and_shows_its_order():
    clock = ManualClock(EVENING)
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        receipt = await reserve(wire)
        (before,) = await listed(wire)
        clock.pass_time(hours=23)
        (after,) = await listed(wire)
        (order,) = sim.ledger.orders
        done, pending = await listed(wire, PRCS_DVSN_CD="1"), await listed(wire, PRCS_DVSN_CD="2")
    assert (receipt["msg_cd"], receipt["output"]["rsvn_ord_seq"]) == ("APBK2938", "1")
    assert (before["rsvn_ord_ord_dt"], before["prcs_rslt"], before["odno"]) == ("20260616", "미처리", "")
    assert (after["prcs_rslt"], after["odno"], after["tot_ccld_qty"]) == ("처리", order.number, "2")
    assert order.placed_at == datetime(2026, 6, 16, 9, tzinfo=KST)
    assert ([row["odno"] for row in done], pending) == ([order.number], [])


async def test_over_a_period_what_was_not_filled_is_sent_again_each_day():
    clock, much = ManualClock(EVENING), 10**9
    async with simulator(clock=clock, market_hours=True, starting_krw=Decimal(10**15)) as (sim, wire, _demo):
        market = sim.world.market
        tuesday = market.history(market.instruments["005930"]).bar(date(2026, 6, 16))
        assert tuesday is not None
        await reserve(wire, much, str(tuesday.low), "00", RSVN_ORD_END_DT="20260618")
        clock.pass_time(days=7)
        wire = await with_token(wire)
        (row,) = await listed(wire)
        first, *others = sim.ledger.orders
    assert 0 < first.filled < much == first.quantity
    assert [order.quantity for order in others[:1]] == [much - first.filled]
    assert [f"{order.day:%d}" for order in (first, *others)] == ["16", "17", "18"][: 1 + len(others)]
    assert (row["odno"], row["rsvn_end_dt"]) == (others[-1].number, "20260618")
    assert row["tot_ccld_qty"] == str(sum(order.filled for order in (first, *others)))


@pytest.mark.parametrize("end", ["20260615", "20260717"])
async def test_a_period_ends_between_its_first_day_and_thirty_days_later(end: str):
    async with simulator() as (_, wire, _demo):
        reply = await reserve(wire, RSVN_ORD_END_DT=end)
        assert (await reserve(wire, RSVN_ORD_END_DT="20260716"))["rt_cd"] == "0"
    assert (reply["msg_cd"], "RSVN_ORD_END_DT" in reply["msg1"]) == ("OPSQ2001", True)


async def test_a_change_keeps_the_number_and_a_cancel_ends_it():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        first, second = [(await reserve(wire))["output"]["rsvn_ord_seq"] for _ in range(2)]
        assert (await change(wire, "amend", first, ORD_QTY="7"))["msg_cd"] == "KIOK0430"
        assert (await change(wire, "cancel", second))["output"] == {"nrml_prcs_yn": "Y"}
        assert (await change(wire, "cancel", second))["msg_cd"] == "APBK0927"
        clock.pass_time(hours=14)
        rows = {row["rsvn_ord_seq"]: row for row in await listed(wire)}
        (order,) = sim.ledger.orders
        assert (await change(wire, "cancel", first))["msg_cd"] == "APBK0927"
        assert [accepted.number.lstrip("0") for accepted in sim.ledger.accepted] == [first, second, first, second]
    assert (order.quantity, rows[first]["odno"], rows[second]["odno"]) == (7, order.number, "")
    assert (rows[second]["prcs_rslt"], rows[second]["cncl_ord_dt"]) == ("취소", TODAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "9"},
        {"number": "x"},
        {"RSVN_ORD_ORD_DT": TODAY},
        {"RSVN_ORD_ORGNO": "12345"},
        {"CANO": "33334444"},
        {"action": "amend", "PDNO": "000660"},
        {"action": "amend", "SLL_BUY_DVSN_CD": "01"},
    ],
)
async def test_a_change_names_a_reservation_as_it_was_booked(wrong: dict[str, str]):
    async with simulator() as (sim, wire, _demo):
        await reserve(wire)
        chosen = {"action": "cancel", "number": "1"} | wrong
        reply = await change(wire, chosen.pop("action"), chosen.pop("number"), **chosen)
        assert reply["rt_cd"] != "0"
        assert len(sim.ledger.accepted) == 1
        assert (await change(wire, "cancel", "1", RSVN_ORD_ORGNO="06010"))["rt_cd"] == "0"


async def test_the_order_of_a_reservation_is_changed_like_any_other():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        await reserve(wire, 2, await low(wire), "00")
        clock.pass_time(hours=13, seconds=1)
        (row,) = await listed(wire)
        assert (await wire.change("cancel", row["odno"]))["rt_cd"] == "0"
        assert sim.ledger.order(row["odno"]).cancelled == 2


async def test_what_cannot_be_paid_for_when_its_day_opens_is_shown_as_refused():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        assert (await reserve(wire, 1_000_000))["rt_cd"] == "0"
        clock.pass_time(hours=14)
        (row,) = await listed(wire)
        assert sim.ledger.orders == []
    assert (row["prcs_rslt"], row["rjct_rson2"], row["odno"]) == ("거부", "주문가능금액을 초과 했습니다", "")


async def test_reservations_buy_on_a_loan_of_their_own_day_and_repay_it():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        assert (await reserve(wire, ORD_OBJT_CBLC_DVSN_CD="25"))["msg_cd"] == "OPSQ2001"
        await reserve(wire, ORD_OBJT_CBLC_DVSN_CD="21")
        clock.pass_time(hours=14)
        repaid: dict[str, Any] = {"SLL_BUY_DVSN_CD": "01", "ORD_OBJT_CBLC_DVSN_CD": "25"}
        assert (await reserve(wire, **repaid))["msg_cd"] == "OPSQ2001"
        assert (await reserve(wire, **repaid, LOAN_DT="20260616"))["rt_cd"] == "0"
        (row,) = (await wire.balance(by_loan_date=True)).json()["output1"]
        clock.pass_time(days=1)
        wire = await with_token(wire)
        await wire.balance()
        bought, sold = sim.ledger.fills
        assert bought.lent + sold.lent == 0
    assert (row["trad_dvsn_name"], row["loan_dt"]) == ("자기융자", "20260616")


async def test_a_us_reservation_is_sent_in_new_yorks_morning_and_cancelled_by_its_number_and_day():
    clock = ManualClock(EVENING)
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        first, second = [(await reserve_abroad(wire))["output"]["ODNO"] for _ in range(2)]
        assert (await reserve_abroad(wire, OVRS_EXCG_CD="NYSE"))["msg_cd"] == "APBK0656"
        assert (await cancel_abroad(wire, first, "20260614"))["msg_cd"] == "APBK0344"
        assert (await cancel_abroad(wire, first))["output"]["OVRS_RSVN_ODNO"] == first
        assert (await change(wire, "cancel", second))["msg_cd"] == "APBK0344"
        clock.pass_time(hours=7)
        elements = ACCOUNT | PAGE | {"INQR_STRT_DT": TODAY, "INQR_END_DT": TODAY, "INQR_DVSN_CD": "00"}
        elements |= {"PRDT_TYPE_CD": "", "OVRS_EXCG_CD": ""}
        rows = (await wire.get(f"{ABROAD}/order-resv-list", "TTTT3039R", elements)).json()["output"]
        (order,) = sim.ledger.orders
        cancel = ACCOUNT | {"OVRS_EXCG_CD": "NASD", "PDNO": "AAPL", "ORGN_ODNO": order.number, "ORD_QTY": "3"}
        cancel |= {"RVSE_CNCL_DVSN_CD": "02", "OVRS_ORD_UNPR": "0", "ORD_SVR_DVSN_CD": "0"}
        assert (await wire.post(f"{ABROAD}/order-rvsecncl", "TTTT1004U", cancel)).json()["rt_cd"] == "0"
    assert order.placed_at == datetime(2026, 6, 15, 22, 30, tzinfo=KST)
    assert [(row["cncl_yn"], row["odno"]) for row in rows] == [("Y", ""), ("N", order.number)]


@pytest.mark.parametrize(
    ("at", "is_taken"),
    [
        *(("15 11:00", False), ("15 15:39", False), ("15 15:40", True), ("15 23:39", True), ("15 23:40", False)),
        *(("16 00:09", False), ("16 00:10", True), ("16 07:29", True), ("16 07:30", False), ("20 11:00", True)),
    ],
)
async def test_reservations_are_taken_from_after_the_close_until_the_morning(at: str, is_taken: bool):
    clock = ManualClock(datetime.strptime(f"2026-06-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=KST))
    async with simulator(clock=clock, market_hours=True) as (_, wire, _demo):
        reply = await reserve(wire)
    assert reply["msg_cd"] == ("APBK2938" if is_taken else "APBK0918")


@pytest.mark.parametrize(
    ("at", "is_taken"),
    [("15 09:59", False), ("15 10:00", True), ("15 16:35", False), ("15 22:19", True), ("15 22:20", False)],
)
async def test_us_reservations_are_taken_until_shortly_before_the_opening(at: str, is_taken: bool):
    clock = ManualClock(datetime.strptime(f"2026-06-{at}", "%Y-%m-%d %H:%M").replace(tzinfo=KST))
    async with simulator(clock=clock, market_hours=True) as (_, wire, _demo):
        reply = await reserve_abroad(wire)
    assert reply["msg_cd"] == ("APBK0013" if is_taken else "APBK0918")


async def test_a_reserved_us_sell_at_the_open_takes_part_in_that_days_opening():
    clock = ManualClock(EVENING)
    async with simulator(clock=clock, market_hours=True) as (sim, wire, _demo):
        clock.pass_time(hours=7)
        bought = {"OVRS_EXCG_CD": "NASD", "PDNO": "AAPL", "ORD_QTY": "3", "OVRS_ORD_UNPR": "900.00", "SLL_TYPE": ""}
        bought |= ACCOUNT | {"ORD_SVR_DVSN_CD": "0", "ORD_DVSN": "00"}
        await wire.post(f"{ABROAD}/order", "TTTT1002U", bought)
        clock.pass_time(hours=15)
        wire = await with_token(wire)
        order = {"PDNO": "AAPL", "OVRS_EXCG_CD": "NASD", "FT_ORD_QTY": "3", "FT_ORD_UNPR3": "0", "ORD_DVSN": "31"}
        order |= ACCOUNT | {"SLL_BUY_DVSN_CD": "01", "RVSE_CNCL_DVSN_CD": "00", "ORD_SVR_DVSN_CD": "0"}
        assert (await wire.post(f"{ABROAD}/order-resv", "TTTT3016U", order)).json()["rt_cd"] == "0"
        clock.pass_time(hours=9)
        await wire.price()
        fill = sim.ledger.fills[-1]
    assert (fill.quantity, fill.at) == (3, datetime(2026, 6, 16, 22, 30, tzinfo=KST))
