from collections.abc import Mapping
from decimal import Decimal

import pytest

from tests.simulator.wire import ACCOUNT, ManualClock, Wire, simulator

HOME = "/uapi/domestic-futureoption/v1"
ABROAD = "/uapi/overseas-futureoption/v1"
FUTURES = ACCOUNT | {"ACNT_PRDT_CD": "03"}
OVERSEAS = ACCOUNT | {"ACNT_PRDT_CD": "08"}
PAGE_200 = {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
PAGE_100 = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
ES_ORDER = OVERSEAS | {
    "OVRS_FUTR_FX_PDNO": "ESZ26",
    "SLL_BUY_DVSN_CD": "02",
    "PRIC_DVSN_CD": "2",
    "FM_LIMIT_ORD_PRIC": "",
    "FM_STOP_ORD_PRIC": "",
    "CCLD_CNDT_CD": "2",
    "CPLX_ORD_DVSN_CD": "0",
    "ECIS_RSVN_ORD_YN": "N",
    "FM_HDGE_ORD_SCRN_YN": "N",
    "FM_ORD_QTY": "1",
}


async def order(
    wire: Wire, side: str, quantity: int, price: str = "0", code: str = "01", tr_id: str = "TTTO1101U", **others: str
):
    elements = FUTURES | {
        "ORD_PRCS_DVSN_CD": "02",
        "SLL_BUY_DVSN_CD": {"sell": "01", "buy": "02"}[side],
        "SHTN_PDNO": "101W12",
        "ORD_QTY": str(quantity),
        "UNIT_PRICE": price,
        "ORD_DVSN_CD": code,
    }
    return (await wire.post(f"{HOME}/trading/order", tr_id, elements | others)).json()


async def change(wire: Wire, number: str, action: str = "02", tr_id: str = "TTTO1103U", **others: str):
    elements = FUTURES | {
        "ORD_PRCS_DVSN_CD": "02",
        "RVSE_CNCL_DVSN_CD": action,
        "ORGN_ODNO": number,
        "ORD_QTY": "0",
        "UNIT_PRICE": "0",
        "NMPR_TYPE_CD": "01",
        "KRX_NMPR_CNDT_CD": "0",
        "RMN_QTY_YN": "Y",
        "ORD_DVSN_CD": "01",
    }
    return (await wire.post(f"{HOME}/trading/order-rvsecncl", tr_id, elements | others)).json()


async def quote(wire: Wire, symbol: str = "101W12", market: str = "F") -> Mapping[str, str]:
    elements = {"FID_COND_MRKT_DIV_CODE": market, "FID_INPUT_ISCD": symbol}
    return (await wire.get(f"{HOME}/quotations/inquire-price", "FHMIF10000000", elements)).json()["output1"]


async def balance(wire: Wire):
    elements = FUTURES | PAGE_200 | {"MGNA_DVSN": "01", "EXCC_STAT_CD": "1"}
    return (await wire.get(f"{HOME}/trading/inquire-balance", "CTFO6118R", elements)).json()


async def listed(wire: Wire, path: str = "inquire-ccnl", tr_id: str = "TTTO5201R", **others: str):
    elements = FUTURES | PAGE_200 | {"STRT_ORD_DT": "20260615", "END_ORD_DT": "20260615", "SLL_BUY_DVSN_CD": "00"}
    elements |= {"CCLD_NCCS_DVSN": "00", "SORT_SQN": "DS", "STRT_ODNO": "", "PDNO": "", "MKET_ID_CD": ""}
    return (await wire.get(f"{HOME}/trading/{path}", tr_id, elements | others)).json()["output1"]


async def test_a_long_position_binds_margin_and_closing_it_realises_its_profit():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        receipt = await order(wire, "buy", 2, code="02")
        opened = await balance(wire)
        now = Decimal((await quote(wire))["futs_prpr"])
        clock.pass_time(hours=2)
        await order(wire, "sell", 2, code="02")
        closed = await balance(wire)
        bought, *sold = sim.ledger.fills
    (position,) = opened["output1"]
    funds, after = opened["output2"], closed["output2"]
    value = bought.price * 2 * 250_000
    assert receipt["rt_cd"] == "0"
    assert receipt["output"]["ITEM_NAME"] == "F 202612"
    assert (position["shtn_pdno"], position["cblc_qty"], position["sll_buy_dvsn_name"]) == ("101W12", "2", "매수")
    assert Decimal(position["ccld_avg_unpr1"]) == bought.price
    assert Decimal(position["evlu_pfls_amt"]) == (now - bought.price) * 2 * 250_000
    assert Decimal(funds["mgna_tota"]) == value / 10
    assert Decimal(funds["dnca_cash"]) == 100_000_000 - bought.commission
    assert Decimal(funds["ord_psbl_cash"]) == 100_000_000 - bought.commission - value / 10
    gain = sum((fill.price - bought.price) * fill.quantity * 250_000 for fill in sold)
    assert gain != 0
    assert closed["output1"] == []
    assert Decimal(after["futr_trad_pfls_amt"]) == gain
    assert Decimal(after["dnca_cash"]) == 100_000_000 + gain - bought.commission - sum(fill.commission for fill in sold)
    assert Decimal(after["mgna_tota"]) == 0


async def test_after_a_close_a_position_stands_at_it_and_what_it_gained_is_cash():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        await order(wire, "buy", 2, code="02")
        clock.pass_time(hours=20)
        (position,), funds = (reply := await balance(wire))["output1"], reply["output2"]
        today = await quote(wire)
        (bought,) = sim.ledger.fills
    close, now = Decimal(today["futs_prdy_clpr"]), Decimal(today["futs_prpr"])
    gained = (close - bought.price) * 2 * 250_000
    assert gained != 0
    assert (Decimal(position["excc_unpr"]), Decimal(position["ccld_avg_unpr1"])) == (close, bought.price)
    assert Decimal(position["pchs_amt"]) == close * 2 * 250_000
    assert Decimal(position["evlu_pfls_amt"]) == (now - close) * 2 * 250_000
    assert Decimal(funds["dnca_cash"]) == 100_000_000 - bought.commission + gained
    assert Decimal(funds["mgna_tota"]) == close * 2 * 250_000 / 10


async def test_a_short_position_gains_when_the_price_falls():
    clock = ManualClock()
    async with simulator(clock=clock) as (sim, wire, _demo):
        await order(wire, "sell", 3, code="02")
        clock.pass_time(hours=3)
        await order(wire, "buy", 1, code="02")
        (position,) = (await balance(wire))["output1"]
        now = Decimal((await quote(wire))["futs_prpr"])
        sold, bought = sim.ledger.fills
    assert (position["cblc_qty"], position["sll_buy_dvsn_name"], position["lqd_psbl_qty"]) == ("2", "매도", "2")
    assert Decimal(position["ccld_avg_unpr1"]) == sold.price
    assert Decimal(position["evlu_pfls_amt"]) == (sold.price - now) * 2 * 250_000
    assert Decimal(position["trad_pfls_amt"]) == (sold.price - bought.price) * 250_000


async def test_an_order_through_the_position_turns_it_round():
    async with simulator() as (sim, wire, _demo):
        await order(wire, "buy", 1, code="02")
        await order(wire, "sell", 3, code="02")
        (position,) = (await balance(wire))["output1"]
        last = sim.ledger.fills[-1]
    assert (position["cblc_qty"], position["sll_buy_dvsn_name"]) == ("2", "매도")
    assert Decimal(position["ccld_avg_unpr1"]) == last.price
    assert (last.quantity, last.closed) == (3, 1)


async def test_a_resting_order_is_listed_amended_and_cancelled():
    async with simulator() as (_, wire, _demo):
        low = Decimal((await quote(wire))["futs_llam"])
        number = (await order(wire, "buy", 3, str(low)))["output"]["ODNO"]
        held = (await balance(wire))["output2"]["ord_psbl_cash"]
        amended = await change(wire, number, "01", UNIT_PRICE=str(low + Decimal("0.05")))
        second = amended["output"]["ODNO"]
        part = await change(wire, second, ORD_QTY="1", RMN_QTY_YN="N")
        (row,) = await listed(wire, CCLD_NCCS_DVSN="02")
        rest = await change(wire, second)
        again = await change(wire, second)
        free = (await balance(wire))["output2"]["ord_psbl_cash"]
    assert Decimal(held) < Decimal(free) == 100_000_000
    assert (amended["output"]["ORGN_ODNO"], part["rt_cd"], rest["rt_cd"]) == (number, "0", "0")
    assert (row["odno"], row["ord_qty"], row["qty"]) == (second, "3", "2")
    assert Decimal(row["ord_idx"]) == low + Decimal("0.05")
    assert again["msg_cd"] == "APBK0927"


async def test_night_orders_are_listed_and_cancelled_at_night():
    async with simulator() as (_, wire, _demo):
        low = (await quote(wire))["futs_llam"]
        number = (await order(wire, "buy", 1, low, tr_id="STTN1101U"))["output"]["ODNO"]
        (row,) = await listed(wire, "inquire-ngt-ccnl", "STTN5201R", SCRN_DVSN="02", FUOP_DVSN_CD="", SORT_SQN="")
        by_day = await listed(wire)
        wrong = await change(wire, number)
        right = await change(wire, number, tr_id="STTN1103U", ORD_QTY="1", FUOP_ITEM_DVSN_CD="01")
    assert (row["odno"], row["qty"], by_day) == (number, "1", [])
    assert (wrong["msg_cd"], right["rt_cd"]) == ("APBK0344", "0")


@pytest.mark.parametrize(
    ("others", "real", "demo"),
    [
        ({"UNIT_PRICE": "350.03"}, "APBK0506", "40030000"),
        ({"UNIT_PRICE": "150.00"}, "APBK0507", "40270000"),
        ({"ORD_QTY": "50"}, "APBK0952", "40250000"),
        ({"SHTN_PDNO": "999W12"}, "APBK0656", "40070000"),
        ({"SHTN_PDNO": "005930"}, "APBK0656", "40070000"),
    ],
)
async def test_an_order_that_breaks_a_rule_is_refused_in_each_hosts_words(others: dict[str, str], real: str, demo: str):
    async with simulator() as (sim, real_wire, demo_wire):
        for wire, tr_id, code in ((real_wire, "TTTO1101U", real), (demo_wire, "VTTO1101U", demo)):
            assert (await order(wire, "buy", 1, "350.00", tr_id=tr_id, **others))["msg_cd"] == code
        assert sim.ledger.orders == []


async def test_closing_needs_no_free_cash():
    async with simulator(starting_krw=Decimal(12_000_000)) as (sim, wire, _demo):
        assert (await order(wire, "buy", 1, code="04"))["rt_cd"] == "0"
        assert (await order(wire, "buy", 1, code="04"))["msg_cd"] == "APBK0952"
        assert (await order(wire, "sell", 1, code="04"))["rt_cd"] == "0"
        assert sim.ledger.fills[-1].closed == 1


async def test_what_can_be_ordered_is_told_by_side():
    async with simulator() as (_, wire, _demo):
        await order(wire, "buy", 2, code="02")
        seen: list[tuple[int, int]] = []
        for side in ("01", "02"):
            elements = FUTURES | {
                "PDNO": "101W12",
                "SLL_BUY_DVSN_CD": side,
                "UNIT_PRICE": "350.00",
                "ORD_DVSN_CD": "01",
            }
            reply = await wire.get(f"{HOME}/trading/inquire-psbl-order", "TTTO5105R", elements)
            output = reply.json()["output"]
            seen.append((int(output["lqd_psbl_qty1"]), int(output["ord_psbl_qty"])))
    assert [closing for closing, _ in seen] == [2, 0]
    assert seen[0][1] == seen[1][1] == 9


async def test_the_options_board_agrees_with_each_options_price():
    async with simulator() as (_, wire, _demo):
        elements = {"FID_COND_MRKT_DIV_CODE": "O", "FID_COND_SCR_DIV_CODE": "20503", "FID_MRKT_CLS_CODE": "CO"}
        elements |= {"FID_MTRT_CNT": "202612", "FID_COND_MRKT_CLS_CODE": "", "FID_MRKT_CLS_CODE1": "PO"}
        board = (await wire.get(f"{HOME}/quotations/display-board-callput", "FHPIF05030100", elements)).json()
        call = await quote(wire, "201W12350", "O")
    strikes = [Decimal(row["acpr"]) for row in board["output1"]]
    assert strikes == sorted(strikes, reverse=True) == [Decimal(row["acpr"]) for row in board["output2"]]
    assert len(strikes) >= 21
    (row,) = (row for row in board["output1"] if row["optn_shrn_iscd"] == "B01612350")
    assert row["optn_prpr"] == call["futs_prpr"]
    prices = [Decimal(row["optn_prpr"]) for row in board["output1"]]
    assert prices == sorted(prices)


async def test_a_stock_future_moves_with_its_stock():
    async with simulator() as (_, wire, _demo):
        stock, future = await wire.price(), await quote(wire, "111W12", "JF")
    assert abs(Decimal(stock["prdy_ctrt"]) - Decimal(future["futs_prdy_ctrt"])) < Decimal("0.3")


async def test_an_overseas_position_is_listed_valued_and_closed_in_dollars():
    async with simulator() as (sim, wire, _demo):
        receipt = (await wire.post(f"{ABROAD}/trading/order", "OTFM3001U", ES_ORDER)).json()
        unpaid = {"FUOP_DVSN": "00"} | PAGE_100
        (position,) = (await wire.get(f"{ABROAD}/trading/inquire-unpd", "OTFM1412R", OVERSEAS | unpaid)).json()[
            "output"
        ]
        purse = {"CRCY_CD": "USD", "INQR_DT": "20260614"}
        deposit = (await wire.get(f"{ABROAD}/trading/inquire-deposit", "OTFM1411R", OVERSEAS | purse)).json()["output"]
        await wire.post(f"{ABROAD}/trading/order", "OTFM3001U", ES_ORDER | {"SLL_BUY_DVSN_CD": "01"})
        after = (await wire.get(f"{ABROAD}/trading/inquire-deposit", "OTFM1411R", OVERSEAS | purse)).json()["output"]
        bought, sold = sim.ledger.fills
    assert (receipt["msg_cd"], receipt["output"]["ORD_DT"], len(receipt["output"]["ODNO"])) == (
        "APBK0013",
        "20260614",
        8,
    )
    assert (position["ovrs_futr_fx_pdno"], position["fm_ustl_qty"], position["sll_buy_dvsn_cd"]) == ("ESZ26", "1", "02")
    assert Decimal(position["fm_ccld_avg_pric"]) == bought.price
    assert Decimal(position["fm_evlu_pfls_amt"]) == (Decimal(position["fm_now_pric"]) - bought.price) * 50
    assert Decimal(deposit["fm_brkg_mgn_amt"]) == bought.price * 50 * Decimal("0.06")
    costs = bought.commission + sold.commission
    assert Decimal(after["fm_dnca_rmnd"]) == 100_000 + (sold.price - bought.price) * 50 - costs
    assert Decimal(after["fm_brkg_mgn_amt"]) == 0


async def test_an_overseas_order_is_changed_under_its_date():
    async with simulator() as (sim, wire, _demo):
        resting = ES_ORDER | {"PRIC_DVSN_CD": "1", "FM_LIMIT_ORD_PRIC": "5000.25", "CCLD_CNDT_CD": "6"}
        number = (await wire.post(f"{ABROAD}/trading/order", "OTFM3001U", resting)).json()["output"]["ODNO"]
        named = OVERSEAS | {"ORGN_ORD_DT": "20260614", "ORGN_ODNO": number, "FM_STOP_ORD_PRIC": ""}
        named |= {"FM_HDGE_ORD_SCRN_YN": "N", "FM_LIMIT_ORD_PRIC": "5000.50"}
        other = {"ORGN_ORD_DT": "20260612"}
        path = f"{ABROAD}/trading/order-rvsecncl"
        wrong = (await wire.post(path, "OTFM3002U", named | other)).json()
        amended = (await wire.post(path, "OTFM3002U", named)).json()
        second = amended["output"]["ODNO"]
        unfilled = {"CCLD_NCCS_DVSN": "03", "SLL_BUY_DVSN_CD": "%%", "FUOP_DVSN": "00"} | PAGE_200
        (row,) = (await wire.get(f"{ABROAD}/trading/inquire-ccld", "OTFM3116R", OVERSEAS | unfilled)).json()["output"]
        at_market = {"ORGN_ODNO": second, "FM_MKPR_CVSN_YN": "Y"}
        cancelled = (await wire.post(path, "OTFM3003U", named | at_market)).json()
        filled = sim.ledger.order(cancelled["output"]["ODNO"]).filled
    assert wrong["msg_cd"] == "APBK0344"
    assert (row["odno"], row["fm_ord_pric"], row["fm_ord_rmn_qty"]) == (second, "5000.50", "1")
    assert filled == 1


async def test_an_order_of_condition_5_lives_on_and_is_listed_on_each_of_its_days():
    clock = ManualClock()
    lasting = ES_ORDER | {"PRIC_DVSN_CD": "1", "FM_LIMIT_ORD_PRIC": "5000.00", "CCLD_CNDT_CD": "5"}
    unfilled = {"CCLD_NCCS_DVSN": "03", "SLL_BUY_DVSN_CD": "%%", "FUOP_DVSN": "00"} | PAGE_200
    async with simulator(clock=clock) as (_, wire, _demo):
        for condition in ("5", "6"):
            await wire.post(f"{ABROAD}/trading/order", "OTFM3001U", lasting | {"CCLD_CNDT_CD": condition})
        lists: list[list[tuple[str, ...]]] = []
        for _ in range(2):
            reply = await wire.get(f"{ABROAD}/trading/inquire-ccld", "OTFM3116R", OVERSEAS | unfilled)
            names = ("odno", "ord_dt", "ccld_cndt_cd", "fm_ord_rmn_qty")
            lists.append([tuple(row[name] for name in names) for row in reply.json()["output"]])
            clock.pass_time(hours=23)
    assert lists == [
        [("00000002", "20260614", "6", "1"), ("00000001", "20260614", "5", "1")],
        [("00000001", "20260614", "5", "1")],
    ]


async def test_a_stop_order_waits_for_its_price():
    async with simulator() as (sim, wire, _demo):
        stop = ES_ORDER | {"PRIC_DVSN_CD": "3", "FM_STOP_ORD_PRIC": "6500.00", "CCLD_CNDT_CD": "6"}
        number = (await wire.post(f"{ABROAD}/trading/order", "OTFM3001U", stop)).json()["output"]["ODNO"]
        order = sim.ledger.order(number)
    assert (order.filled, order.trigger, order.limit) == (0, Decimal("6500.00"), None)
