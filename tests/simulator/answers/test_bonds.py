from decimal import Decimal
from typing import Any

from tests.simulator.wire import ACCOUNT, Wire, simulator

TRADING = "/uapi/domestic-bond/v1/trading"
BOND = "KR6095572D81"
PAGE_200 = {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}


async def order(wire: Wire, side: str, quantity: int, price: str, **others: str) -> dict[str, Any]:
    elements = ACCOUNT | {
        "PDNO": BOND,
        "ORD_QTY2": str(quantity),
        "BOND_ORD_UNPR": price,
        "SAMT_MKET_PTCI_YN": "N",
        "BOND_RTL_MKET_YN": "N",
        "ORD_SVR_DVSN_CD": "0",
    }
    if side == "sell":
        elements |= {"ORD_DVSN": "01", "SPRX_YN": "N", "SLL_AGCO_OPPS_SLL_YN": "N"}
    tr_id = {"buy": "TTTC0952U", "sell": "TTTC0958U"}[side]
    return (await wire.post(f"{TRADING}/{side}", tr_id, elements | others)).json()


async def change(wire: Wire, number: str, action: str, **others: str) -> dict[str, Any]:
    elements = ACCOUNT | {
        "PDNO": BOND,
        "ORGN_ODNO": number,
        "RVSE_CNCL_DVSN_CD": action,
        "ORD_QTY2": "0",
        "BOND_ORD_UNPR": "0",
        "QTY_ALL_ORD_YN": "Y",
        "ORD_SVR_DVSN_CD": "0",
    }
    return (await wire.post(f"{TRADING}/order-rvsecncl", "TTTC0953U", elements | others)).json()


async def quote(wire: Wire) -> dict[str, str]:
    elements = {"FID_COND_MRKT_DIV_CODE": "B", "FID_INPUT_ISCD": BOND}
    path = "/uapi/domestic-bond/v1/quotations/inquire-price"
    return (await wire.get(path, "FHKBJ773400C0", elements)).json()["output"]


async def holdings(wire: Wire) -> list[dict[str, str]]:
    elements = ACCOUNT | PAGE_200 | {"INQR_CNDT": "00", "PDNO": "", "BUY_DT": ""}
    return (await wire.get(f"{TRADING}/inquire-balance", "CTSC8407R", elements)).json()["output"]


async def test_a_bond_is_paid_per_ten_thousand_won_in_units_of_a_thousand():
    async with simulator() as (sim, wire, _demo):
        price = (await quote(wire))["bond_mxpr"]
        receipt = await order(wire, "buy", 200, price)
        (held,) = await holdings(wire)
        sums = (await wire.balance()).json()
        fills = sim.ledger.fills
        sold = await order(wire, "sell", 80, (await quote(wire))["bond_llam"])
        (left,) = await holdings(wire)
    assert (receipt["msg_cd"], sold["rt_cd"]) == ("APBK0013", "0")
    assert (held["pdno"], held["cblc_qty"], held["ord_psbl_qty"]) == (BOND, "200", "200")
    paid = sum((fill.price * fill.quantity for fill in fills), Decimal(0)) / 10
    assert Decimal(held["buy_amt"]) == paid.quantize(Decimal(1))
    assert Decimal(held["buy_unpr"]) == (paid / 20).quantize(Decimal("0.0001"))
    assert Decimal(held["buy_erng_rt"]) > 0
    assert int(sums["output2"][0]["dnca_tot_amt"]) == int(100_000_000 - paid - sum(fill.commission for fill in fills))
    assert sums["output1"] == []
    assert left["cblc_qty"] == "120"


async def test_a_resting_order_is_listed_amended_and_cancelled():
    async with simulator() as (_, wire, _demo):
        low = int((await quote(wire))["bond_llam"])
        number = (await order(wire, "buy", 30, str(low)))["output"]["odno"]
        amended = await change(wire, number, "01", BOND_ORD_UNPR=str(low + 1))
        second = amended["output"]["odno"]
        open_orders = ACCOUNT | PAGE_200 | {"ORD_DT": "", "ODNO": ""}
        reply = await wire.get(f"{TRADING}/inquire-psbl-rvsecncl", "CTSC8035R", open_orders)
        (row,) = reply.json()["output"]
        wrong = await change(wire, second, "02", PDNO="KR2033022D33")
        cancelled = await change(wire, second, "02")
        days = {"INQR_STRT_DT": "20260615", "INQR_END_DT": "20260615", "SLL_BUY_DVSN_CD": "%", "PDNO": ""}
        days |= {"NCCS_YN": "N", "SORT_SQN_DVSN": "01"}
        history = (await wire.get(f"{TRADING}/inquire-daily-ccld", "CTSC8013R", ACCOUNT | PAGE_200 | days)).json()
        stocks = (await wire.day_orders()).json()["output1"]
    assert (row["odno"], row["ord_psbl_qty"], row["bond_ord_unpr"]) == (second, "30", str(low + 1))
    assert (wrong["msg_cd"], cancelled["rt_cd"]) == ("APBK0344", "0")
    assert [order["odno"] for order in history["output2"]][:2] == [number, second]
    assert {order["nccs_qty"] for order in history["output2"]} == {"0"}
    assert stocks == []


async def test_an_order_that_breaks_a_rule_is_refused():
    async with simulator() as (sim, wire, _demo):
        assert (await order(wire, "sell", 10, "10000"))["msg_cd"] == "APBK0400"
        assert (await order(wire, "buy", 10, "10000.5"))["msg_cd"] == "APBK0506"
        assert (await order(wire, "buy", 1_000_000, "10000"))["msg_cd"] == "APBK0952"
        assert (await order(wire, "buy", 10, "10000", PDNO="KR0000000000"))["msg_cd"] == "APBK0656"
        assert (await change(wire, "0000015402", "02"))["msg_cd"] == "APBK0344"
        assert sim.ledger.orders == []


async def test_buying_power_is_the_cash_over_the_price_times_ten():
    async with simulator() as (_, wire, _demo):
        elements = ACCOUNT | {"PDNO": BOND, "BOND_ORD_UNPR": "10000", "SAMT_MKET_PTCI_YN": "N"}
        output = (await wire.get(f"{TRADING}/inquire-psbl-order", "TTTC8910R", elements)).json()["output"]
    assert output["ord_psbl_cash"] == "100000000"
    assert 99_900 <= int(output["buy_psbl_qty"]) <= 100_000
