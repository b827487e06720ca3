from decimal import Decimal

import pytest

from tests.simulator.wire import ACCOUNT, ManualClock, simulator

US = "/uapi/overseas-stock/v1/trading"
APPLE_ORDER = ACCOUNT | {
    "OVRS_EXCG_CD": "NASD",
    "PDNO": "AAPL",
    "ORD_QTY": "3",
    "OVRS_ORD_UNPR": "900.00",
    "SLL_TYPE": "",
    "ORD_SVR_DVSN_CD": "0",
    "ORD_DVSN": "00",
}
FALLING = 8
"""A seed whose Samsung falls in the afternoon of the tests' day."""
PAGE_200 = {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}


async def test_a_market_buy_fills_at_once_and_shows_in_balance_and_fills():
    async with simulator() as (sim, wire, _demo):
        receipt = await wire.order("buy", 10, code="01")
        number = receipt["output"]["ODNO"]
        balance = (await wire.balance()).json()
        (row,) = (await wire.day_orders()).json()["output1"]
        fills = sim.ledger.fills
    assert (receipt["rt_cd"], receipt["msg_cd"]) == ("0", "APBK0013")
    assert receipt["output"]["KRX_FWDG_ORD_ORGNO"]
    (position,) = balance["output1"]
    paid = sum(fill.amount for fill in fills)
    assert (position["pdno"], position["hldg_qty"], position["ord_psbl_qty"]) == ("005930", "10", "10")
    assert Decimal(position["pchs_amt"]) == paid
    assert Decimal(position["pchs_avg_pric"]) == paid / 10
    assert int(balance["output2"][0]["prvs_rcdl_excc_amt"]) == 100_000_000 - paid - sum(f.commission for f in fills)
    assert balance["output2"][0]["dnca_tot_amt"] == "100000000"
    assert (row["odno"], row["tot_ccld_qty"], row["rmn_qty"], row["ord_qty"]) == (number, "10", "0", "10")
    assert Decimal(row["tot_ccld_amt"]) == paid


async def test_a_resting_buy_fills_at_its_limit_when_the_price_passes_it():
    clock = ManualClock()
    async with simulator(clock=clock, seed=FALLING) as (sim, wire, _demo):
        limit = int((await wire.price())["stck_prpr"]) - 200
        number = (await wire.order("buy", 5, str(limit)))["output"]["ODNO"]
        order = sim.ledger.order(number)
        prices = [limit + 200]
        while not order.filled:
            assert min(prices) >= limit
            clock.pass_time(seconds=20)
            prices.append(int((await wire.price())["stck_prpr"]))
    assert prices[-1] <= limit
    assert (order.filled, order.average_price) == (5, limit)


async def test_an_order_that_rests_can_be_amended_and_cancelled():
    async with simulator() as (sim, wire, _demo):
        price = int((await wire.price())["stck_llam"])
        first = (await wire.order("buy", 10, str(price)))["output"]["ODNO"]
        amended = await wire.change("amend", first, ORD_UNPR=str(price + 100))
        second = amended["output"]["odno"]
        part = await wire.change("cancel", second, QTY_ALL_ORD_YN="N", ORD_QTY="4")
        rest = await wire.change("cancel", second)
        again = await wire.change("cancel", second)
        rows = {row["odno"]: row for row in (await wire.day_orders()).json()["output1"]}
        held = (await wire.balance()).json()["output2"][0]
        assert sim.ledger.fills == []
        assert [accepted.number for accepted in sim.ledger.accepted] == sorted(rows)
    assert (part["rt_cd"], rest["rt_cd"], again["msg_cd"]) == ("0", "0", "APBK0927")
    assert (rows[first]["rmn_qty"], rows[second]["orgn_odno"]) == ("0", first)
    assert (rows[second]["rmn_qty"], rows[second]["cncl_cfrm_qty"], rows[second]["cncl_yn"]) == ("0", "10", "Y")
    assert held["prvs_rcdl_excc_amt"] == "100000000"


async def test_open_orders_can_be_listed_and_hold_cash_and_shares():
    async with simulator() as (_, wire, _demo):
        await wire.order("buy", 10, code="01")
        quote = await wire.price()
        await wire.order("sell", 4, quote["stck_mxpr"])
        await wire.order("buy", 100, quote["stck_llam"])
        elements = ACCOUNT | {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0", "CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
        base = "/uapi/domestic-stock/v1/trading"
        listed = (await wire.get(f"{base}/inquire-psbl-rvsecncl", "TTTC0084R", elements)).json()["output"]
        (position,) = (await wire.balance()).json()["output1"]
        power = {"PDNO": "005930", "ORD_UNPR": "", "ORD_DVSN": "01", "CMA_EVLU_AMT_ICLD_YN": "N", "OVRS_ICLD_YN": "N"}
        buying = (await wire.get(f"{base}/inquire-psbl-order", "TTTC8908R", ACCOUNT | power)).json()["output"]
        cash = int((await wire.balance()).json()["output2"][0]["prvs_rcdl_excc_amt"])
    assert [(row["psbl_qty"], row["sll_buy_dvsn_cd"]) for row in listed] == [("4", "01"), ("100", "02")]
    assert (position["hldg_qty"], position["ord_psbl_qty"]) == ("10", "6")
    held = 100 * int(quote["stck_llam"])
    assert int(buying["ord_psbl_cash"]) == cash - held - int(Decimal(held) * Decimal("0.000140527"))
    assert int(buying["max_buy_qty"]) == int(buying["max_buy_amt"]) // int(quote["stck_mxpr"])


@pytest.mark.parametrize(
    ("change", "real", "demo"),
    [
        ({"PDNO": "999999"}, "APBK0656", "40070000"),
        ({"ORD_UNPR": "70001"}, "APBK0506", "40030000"),
        ({"ORD_UNPR": "10000"}, "APBK0507", "40270000"),
        ({"ORD_QTY": "999999"}, "APBK0952", "40250000"),
    ],
)
async def test_a_buy_that_breaks_a_rule_is_refused_in_each_hosts_words(change: dict[str, str], real: str, demo: str):
    async with simulator() as (sim, real_wire, demo_wire):
        for wire, code in ((real_wire, real), (demo_wire, demo)):
            reply = await wire.order("buy", 1, "70000", **change)
            assert (reply["rt_cd"] != "0", reply["msg_cd"]) == (True, code)
        assert sim.ledger.orders == []


async def test_selling_what_one_does_not_have_is_refused():
    async with simulator() as (_, wire, demo):
        assert (await wire.order("sell", 1, code="01"))["msg_cd"] == "APBK0400"
        assert (await demo.order("sell", 1, code="01"))["msg_cd"] == "40240000"
        await demo.order("buy", 1, code="01")
        assert (await demo.order("sell", 2, code="01"))["msg_cd"] == "40260000"


async def test_a_quantity_of_zero_is_refused_by_name():
    async with simulator() as (_, wire, _demo):
        reply = await wire.order("buy", 0, code="01")
    assert (reply["msg_cd"], "ORD_QTY" in reply["msg1"]) == ("OPSQ2001", True)


async def test_an_amendment_names_an_original_of_its_exchange():
    async with simulator() as (_, wire, demo):
        price = (await wire.price())["stck_llam"]
        number = (await wire.order("buy", 1, price))["output"]["ODNO"]
        assert (await wire.change("cancel", "0000000099"))["msg_cd"] == "APBK0344"
        assert (await wire.change("cancel", number, EXCG_ID_DVSN_CD="NXT"))["msg_cd"] == "APBK0344"
        assert (await demo.change("cancel", number))["msg_cd"] == "40320000"
        assert (await wire.change("cancel", number.lstrip("0")))["rt_cd"] == "0"


async def test_ioc_keeps_what_it_gets_and_fok_takes_all_or_nothing():
    async with simulator(starting_krw=Decimal(10**13)) as (sim, wire, _demo):
        much = 30_000_000
        limit = (await wire.price())["stck_mxpr"]
        ioc = sim.ledger.order((await wire.order("buy", much, limit, code="11"))["output"]["ODNO"])
        fok = sim.ledger.order((await wire.order("buy", much, limit, code="12"))["output"]["ODNO"])
    assert 0 < ioc.filled < much
    assert (ioc.remaining, fok.filled, fok.remaining) == (0, 0, 0)


async def test_pages_of_fills_follow_one_another():
    async with simulator() as (_, _wire, demo):
        price = (await demo.price())["stck_llam"]
        for _order in range(31):
            await demo.order("buy", 1, price)
        seen: list[str] = []
        page, replies = None, []
        while True:
            reply = await demo.day_orders(page=page)
            body = reply.json()
            seen += [row["odno"] for row in body["output1"]]
            replies.append((reply.headers["tr_cont"], len(body["output1"])))
            if reply.headers["tr_cont"] not in ("F", "M"):
                break
            page = {"CTX_AREA_FK100": body["ctx_area_fk100"], "CTX_AREA_NK100": body["ctx_area_nk100"]}
        other = await demo.day_orders(page=page, PDNO="005930")
    assert replies == [("M", 15), ("M", 15), ("D", 1)]
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 31
    assert "CTX_AREA_FK100" in other.json()["msg1"]


async def test_a_us_buy_is_filled_listed_and_valued_in_dollars():
    async with simulator() as (sim, wire, _demo):
        receipt = (await wire.post(f"{US}/order", "TTTT1002U", APPLE_ORDER)).json()
        paid = sum(fill.amount for fill in sim.ledger.fills)
        fills = ACCOUNT | PAGE_200 | {"PDNO": "%", "ORD_STRT_DT": "20260614", "ORD_END_DT": "20260615"}
        fills |= {"SLL_BUY_DVSN": "00", "CCLD_NCCS_DVSN": "00", "OVRS_EXCG_CD": "%", "SORT_SQN": "DS"}
        fills |= {"ORD_DT": "", "ORD_GNO_BRNO": "", "ODNO": ""}
        (row,) = (await wire.get(f"{US}/inquire-ccnl", "TTTS3035R", fills)).json()["output"]
        elements = ACCOUNT | PAGE_200 | {"OVRS_EXCG_CD": "NASD", "TR_CRCY_CD": "USD"}
        balance = (await wire.get(f"{US}/inquire-balance", "TTTS3012R", elements)).json()
    assert receipt["msg_cd"] == "APBK0013"
    assert (row["odno"], row["ft_ccld_qty"], row["nccs_qty"]) == (receipt["output"]["ODNO"], "3", "0")
    assert (row["ord_dt"], row["dmst_ord_dt"], row["prcs_stat_name"]) == ("20260614", "20260615", "완료")
    (position,) = balance["output1"]
    assert (position["ovrs_pdno"], position["ovrs_cblc_qty"], position["ovrs_excg_cd"]) == ("AAPL", "3", "NASD")
    assert Decimal(position["frcr_pchs_amt1"]) == paid < Decimal("2700")


async def test_a_resting_us_order_is_cancelled_under_its_exchange():
    async with simulator() as (sim, wire, _demo):
        order = APPLE_ORDER | {"OVRS_ORD_UNPR": "1.00"}
        number = (await wire.post(f"{US}/order", "TTTT1002U", order)).json()["output"]["ODNO"]
        waiting = ACCOUNT | PAGE_200 | {"OVRS_EXCG_CD": "NASD", "SORT_SQN": "DS"}
        (row,) = (await wire.get(f"{US}/inquire-nccs", "TTTS3018R", waiting)).json()["output"]
        cancel = ACCOUNT | {"OVRS_EXCG_CD": "NASD", "PDNO": "AAPL", "ORGN_ODNO": number, "RVSE_CNCL_DVSN_CD": "02"}
        cancel |= {"ORD_QTY": "3", "OVRS_ORD_UNPR": "0", "ORD_SVR_DVSN_CD": "0"}
        reply = (await wire.post(f"{US}/order-rvsecncl", "TTTT1004U", cancel)).json()
        left = (await wire.get(f"{US}/inquire-nccs", "TTTS3018R", waiting)).json()["output"]
        cancelled = sim.ledger.order(number)
    assert (row["odno"], row["nccs_qty"]) == (number, "3")
    assert (reply["rt_cd"], left, cancelled.cancelled) == ("0", [], 3)


async def test_an_order_expires_with_its_day():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        number = (await wire.order("buy", 1, (await wire.price())["stck_llam"]))["output"]["ODNO"]
        clock.pass_time(hours=14)
        await wire.price()
        order = sim.ledger.order(number)
    assert (order.filled, order.remaining) == (0, 0)


async def test_a_reservation_becomes_an_order_when_its_day_opens():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        reserved = ACCOUNT | {"PDNO": "005930", "ORD_QTY": "2", "ORD_UNPR": "0", "SLL_BUY_DVSN_CD": "02"}
        reserved |= {"ORD_DVSN_CD": "01", "ORD_OBJT_CBLC_DVSN_CD": "10"}
        base = "/uapi/domestic-stock/v1/trading"
        receipt = (await wire.post(f"{base}/order-resv", "CTSC0008U", reserved)).json()
        assert sim.ledger.orders == []
        clock.pass_time(hours=14)
        (position,) = (await wire.balance()).json()["output1"]
    assert (receipt["rt_cd"], position["hldg_qty"]) == ("0", "2")
