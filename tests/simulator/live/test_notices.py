"""Notices of orders say what the lists of orders over REST say."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator
from tests.simulator.answers.contracts import test_futures as futures
from tests.simulator.answers.overseas.test_asia import PLACES, buy as buy_abroad, detail
from tests.simulator.live.client import PATIENCE_SECONDS, LiveClient, live
from tests.simulator.wire import ACCOUNT, MONDAY, ManualClock, Wire, simulator, with_token

HTS_ID = "tester"
TODAY = MONDAY.strftime("%Y%m%d")
ABROAD = "/uapi/overseas-stock/v1/trading/inquire-ccnl"

Notice = Mapping[str, str]


@dataclass
class Customer:
    """An app key with a connection that is registered for its notices."""

    sim: Simulator
    wire: Wire
    client: LiveClient
    clock: ManualClock

    async def notices(self, count: int) -> list[Notice]:
        """The next so many."""
        frames = [await self.client.frame() for _ in range(count)]
        assert {(frame.count, frame.is_encrypted) for frame in frames} == {(1, True)}
        return [named(frame.tr_id, frame.fields) for frame in frames]

    async def until_filled(self, quantity: int) -> list[Notice]:
        """An order's acceptance, and its fills until it is done."""
        found = await self.notices(1)
        while sum(int(notice["CNTG_QTY"]) for notice in found[1:]) < quantity:
            found += await self.notices(1)
        return found


def named(tr_id: str, fields: Sequence[str]) -> Notice:
    (api,) = catalog().of_kis(tr_id)
    names = [field.element for field in api.blocks[0].fields]
    return dict(zip(names, fields, strict=True))


@asynccontextmanager
async def customer(*tr_ids: str, demo: bool = False, **options: Any) -> AsyncGenerator[Customer]:
    clock = ManualClock()
    async with asyncio.timeout(PATIENCE_SECONDS), simulator(clock=clock, **options) as (sim, real, paper):
        wire = paper if demo else real
        async with live(sim.demo_ws_url if demo else sim.real_ws_url, wire) as client:
            for tr_id in tr_ids:
                assert (await client.register(tr_id, HTS_ID))["body"]["rt_cd"] == "0"
            yield Customer(sim, wire, client, clock)


async def row_of(wire: Wire, number: str) -> dict[str, str]:
    rows = (await wire.day_orders()).json()["output1"]
    return next(row for row in rows if row["odno"] == number)


@pytest.mark.parametrize(("tr_id", "demo"), [("H0STCNI0", False), ("H0STCNI9", True)])
async def test_an_acceptance_and_each_fill_of_a_stock_order_agree_with_the_days_list(tr_id: str, demo: bool):
    async with customer(tr_id, demo=demo) as me:
        me.sim.kis.deposit(f"{'demo' if demo else 'real'}:11112222-01", "KRW", Decimal(10**11))
        number = (await me.wire.order("buy", 20_000, code="01"))["output"]["ODNO"]
        accepted, *fills = await me.until_filled(20_000)
        row = await row_of(me.wire, number)
        ledger = me.sim.ledger.fills
    assert accepted == {
        "CUST_ID": HTS_ID,
        "ACNT_NO": ACCOUNT["CANO"] + ACCOUNT["ACNT_PRDT_CD"],
        "ODER_NO": row["odno"],
        "OODER_NO": row["orgn_odno"],
        "SELN_BYOV_CLS": row["sll_buy_dvsn_cd"],
        "RCTF_CLS": "0",
        "ODER_KIND": row["ord_dvsn_cd"],
        "ODER_COND": "0",
        "STCK_SHRN_ISCD": row["pdno"],
        "CNTG_QTY": row["ord_qty"].zfill(10),
        "CNTG_UNPR": "000000000",
        "STCK_CNTG_HOUR": row["ord_tmd"],
        "RFUS_YN": "0",
        "CNTG_YN": "1",
        "ACPT_YN": "1",
        "BRNC_NO": row["ord_gno_brno"],
        "ODER_QTY": row["ord_qty"].zfill(9),
        "ACNT_NAME": "",
        "ORD_COND_PRC": "000000000",
        "ORD_EXG_GB": "1",
        "POPUP_YN": "Y",
        "FILLER": "",
        "CRDT_CLS": "10",
        "CRDT_LOAN_DATE": row["loan_dt"],
        "CNTG_ISNM40": row["prdt_name"],
        "ODER_PRC": "000000000",
    }
    assert len(fills) > 1
    changed = {"CNTG_QTY", "CNTG_UNPR", "STCK_CNTG_HOUR", "CNTG_YN", "ACPT_YN"}
    assert {notice["CNTG_YN"] + notice["ACPT_YN"] for notice in fills} == {"22"}
    assert all({name for name in accepted if accepted[name] != fill[name]} <= changed for fill in fills)
    executions = [(int(notice["CNTG_QTY"]), int(notice["CNTG_UNPR"])) for notice in fills]
    assert executions == [(fill.quantity, fill.price) for fill in ledger]
    assert sum(quantity * price for quantity, price in executions) == int(row["tot_ccld_amt"])
    assert sum(quantity for quantity, _ in executions) == int(row["tot_ccld_qty"])


async def test_a_change_is_received_and_confirmed_under_its_own_number():
    async with customer("H0STCNI0") as me:
        price = await me.wire.price()
        low = str(int(price["stck_llam"]))
        number = (await me.wire.order("buy", 5, low))["output"]["ODNO"]
        amended = (await me.wire.change("amend", number, ORD_UNPR=low))["output"]["odno"]
        cancelled = (await me.wire.change("cancel", amended, QTY_ALL_ORD_YN="N", ORD_QTY="2"))["output"]["odno"]
        notices = await me.notices(5)
        row = await row_of(me.wire, cancelled)
    told = ("ODER_NO", "OODER_NO", "RCTF_CLS", "ACPT_YN", "CNTG_QTY", "CNTG_YN")
    assert [tuple(notice[name] for name in told) for notice in notices] == [
        (number, "", "0", "1", "0000000005", "1"),
        (amended, number, "1", "1", "0000000005", "1"),
        (amended, number, "1", "2", "0000000005", "1"),
        (cancelled, amended, "2", "1", "0000000002", "1"),
        (cancelled, amended, "2", "2", "0000000002", "1"),
    ]
    assert (row["orgn_odno"], row["ord_qty"]) == (amended, "2")


async def test_what_an_order_for_now_leaves_is_cut():
    async with customer("H0STCNI0") as me:
        low = (await me.wire.price())["stck_llam"]
        await me.wire.order("buy", 7, low, code="11")
        received, cut = await me.notices(2)
    assert [(notice["ACPT_YN"], notice["ODER_COND"], notice["CNTG_QTY"]) for notice in (received, cut)] == [
        ("1", "1", "0000000007"),
        ("3", "1", "0000000007"),
    ]
    assert cut["CNTG_YN"] == "1"


async def test_an_order_on_credit_says_so():
    async with customer("H0STCNI0") as me:
        await me.wire.credit("buy", "21", 1, code="01")
        accepted, fill = await me.notices(2)
    assert {(notice["CRDT_CLS"], notice["CRDT_LOAN_DATE"]) for notice in (accepted, fill)} == {("21", TODAY)}


async def test_a_refused_order_has_no_number_and_no_notice():
    async with customer("H0STCNI0") as me:
        refused = await me.wire.order("sell", 1, code="01")
        number = (await me.wire.order("buy", 1, code="01"))["output"]["ODNO"]
        (first,) = await me.notices(1)
    assert refused["rt_cd"] == "7"
    assert first["ODER_NO"] == number


async def test_a_resting_order_is_told_when_the_market_reaches_it_though_nobody_asks():
    async with customer("H0STCNI0") as me:
        await me.wire.order("buy", 1, code="01")
        higher = str(int((await me.wire.price())["stck_prpr"]) + 200)
        number = (await me.wire.order("sell", 1, higher))["output"]["ODNO"]
        *_, accepted = await me.notices(3)
        me.clock.pass_time(hours=5)
        (fill,) = await me.notices(1)
        execution = me.sim.ledger.fills[-1]
    assert (accepted["ODER_NO"], fill["ODER_NO"], fill["CNTG_YN"]) == (number, number, "2")
    assert (int(fill["CNTG_UNPR"]), fill["STCK_CNTG_HOUR"]) == (execution.price, f"{execution.at:%H%M%S}")


async def test_notices_tell_of_every_account_of_the_app_key_and_of_no_other():
    async with customer("H0STCNI0") as me:
        other = await with_token(replace(me.wire, app_key="another-key"))
        await other.order("buy", 1, code="01", CANO="99998888")
        await me.wire.order("buy", 1, code="01", CANO="22223333")
        await me.wire.order("buy", 1, code="01")
        notices = await me.notices(4)
    assert [notice["ACNT_NO"] for notice in notices] == ["2222333301", "2222333301", "1111222201", "1111222201"]


async def test_each_market_has_its_own_notices():
    async with customer("H0GSCNI0", "H0IFCNI0") as me:
        await me.wire.order("buy", 1, code="01")
        await buy_abroad(me.wire, "7203", "TKSE", "TTTS0308U", 100, "1")
        await buy_abroad(me.wire, "7203", "TKSE", "TTTS0308U", 100, (await detail(me.wire, "7203", "TSE"))["last"])
        (notice,) = await me.notices(1)
    assert notice["STCK_SHRN_ISCD"] == "7203"


async def test_notices_go_out_with_the_order_while_no_time_passes():
    async with customer("H0STCNI0") as me:
        for _ in range(3):
            await me.wire.order("buy", 1, code="01")
        assert [notice["CNTG_YN"] for notice in await me.notices(6)] == ["1", "2"] * 3
        assert me.sim.clock() == MONDAY


@pytest.mark.parametrize(
    ("place", "exchange", "decimals"),
    [(PLACES[0], "4", 3), (PLACES[1], "A", 3), (PLACES[3], "D", 1), (PLACES[5], "F", 0)],
)
async def test_a_stock_abroad_is_told_with_its_price_without_a_point(
    place: tuple[str, str, str, str, str, int, int], exchange: str, decimals: int
):
    symbol, quoted, code, tr_id, _, lot, _ = place
    async with customer("H0GSCNI0") as me:
        quote = await detail(me.wire, symbol, quoted)
        price = Decimal(quote["last"]) + 3 * Decimal(quote["e_hogau"])
        number = (await buy_abroad(me.wire, symbol, code, tr_id, lot, str(price)))["output"]["ODNO"]
        accepted, *fills = await me.until_filled(lot)
        elements = ACCOUNT | {"PDNO": "%", "ORD_STRT_DT": TODAY, "ORD_END_DT": TODAY, "SLL_BUY_DVSN": "00"}
        elements |= {"CCLD_NCCS_DVSN": "00", "OVRS_EXCG_CD": "%", "SORT_SQN": "DS", "ORD_DT": ""}
        elements |= {"ORD_GNO_BRNO": "", "ODNO": "", "CTX_AREA_NK200": "", "CTX_AREA_FK200": ""}
        (row,) = (await me.wire.get(ABROAD, "TTTS3035R", elements)).json()["output"]
    same = {"ODER_NO": "odno", "OODER_NO": "orgn_odno", "SELN_BYOV_CLS": "sll_buy_dvsn_cd", "STCK_SHRN_ISCD": "pdno"}
    same |= {"CNTG_ISNM": "prdt_name"}
    assert {name: accepted[name] for name in same} == {name: row[element] for name, element in same.items()}
    assert (accepted["ODER_NO"], accepted["ODER_COND"], accepted["ODER_KIND2"]) == (number, exchange, "2")
    assert accepted["CNTG_QTY"] == row["ft_ord_qty"].zfill(10)
    assert (accepted["ODER_QTY"], accepted["STCK_CNTG_HOUR"]) == ("", "")
    assert Decimal(accepted["CNTG_UNPR"]).scaleb(-decimals) == Decimal(row["ft_ord_unpr3"])
    assert {len(notice["CNTG_UNPR"]) for notice in (accepted, *fills)} == {9}
    amount = sum(int(notice["CNTG_QTY"]) * Decimal(notice["CNTG_UNPR"]).scaleb(-decimals) for notice in fills)
    assert amount == Decimal(row["ft_ccld_amt3"])
    assert {(notice["ODER_QTY"], notice["CNTG_UNPR12"]) for notice in fills} == {
        (row["ft_ord_qty"].zfill(9), "000" + notice["CNTG_UNPR"]) for notice in fills
    }


@pytest.mark.parametrize(
    ("tr_id", "order_tr", "symbol", "market", "list_tr"),
    [
        ("H0IFCNI0", "TTTO1101U", "101W12", "F", ("inquire-ccnl", "TTTO5201R")),
        ("H0MFCNI0", "STTN1101U", "101W12", "F", ("inquire-ngt-ccnl", "STTN5201R")),
    ],
)
async def test_a_korean_contract_is_told_by_day_and_at_night_apart(
    tr_id: str, order_tr: str, symbol: str, market: str, list_tr: tuple[str, str]
):
    both = ("H0IFCNI0", "H0MFCNI0", "H0EUCNI0")
    async with customer(*both) as me:
        price = (await futures.quote(me.wire, symbol, market))["futs_llam"]
        await futures.order(me.wire, "buy", 2, price, tr_id=order_tr, SHTN_PDNO=symbol)
        await futures.order(me.wire, "buy", 2, code="02", tr_id=order_tr, SHTN_PDNO=symbol)
        frames = [await me.client.frame() for _ in range(3)]
        others = {"FUOP_DVSN_CD": "", "SCRN_DVSN": "02", "SORT_SQN": ""} if "ngt" in list_tr[0] else {}
        filled, resting = await futures.listed(me.wire, *list_tr, **others)
    waits, accepted, fill = (named(frame.tr_id, frame.fields) for frame in frames)
    assert {frame.tr_id for frame in frames} == {tr_id}
    assert [(notice["ODER_KIND2"], notice["CNTG_YN"], notice["ACPT_YN"]) for notice in (waits, accepted, fill)] == [
        ("L", "1", "1"),
        ("L", "1", "1"),
        ("0", "2", "2"),
    ]
    assert (waits["ODER_NO"], accepted["ODER_NO"], fill["ODER_NO"]) == (resting["odno"], filled["odno"], filled["odno"])
    assert (
        Decimal(waits["CNTG_UNPR"]).scaleb(-2)
        == Decimal(resting.get("ord_idx") or resting["ord_idx4"])
        == Decimal(price)
    )
    assert Decimal(fill["CNTG_UNPR"]).scaleb(-2) == Decimal(filled["avg_idx"])
    assert (int(fill["CNTG_QTY"]), int(fill["ODER_QTY"])) == (int(filled["tot_ccld_qty"]), int(filled["ord_qty"]))
    assert (fill["CNTG_ISNM"], fill["STCK_CNTG_HOUR"]) == (filled["prdt_name"], filled["ord_tmd"])
    assert fill["ACNT_NO"] == "1111222203"


async def test_a_night_option_has_a_tr_of_its_own():
    async with customer("H0IFCNI0", "H0MFCNI0", "H0EUCNI0") as me:
        await futures.order(me.wire, "buy", 1, code="02", tr_id="STTN1101U", SHTN_PDNO="B01612340")
        frames = [await me.client.frame() for _ in range(2)]
        (execution,) = me.sim.ledger.fills
    accepted, fill = (named(frame.tr_id, frame.fields) for frame in frames)
    assert {frame.tr_id for frame in frames} == {"H0EUCNI0"}
    assert (accepted["STCK_SHRN_ISCD"], accepted["CNTG_YN"], fill["CNTG_YN"]) == ("B01612340", "1", "2")
    assert Decimal(fill["CNTG_UNPR"]).scaleb(-2) == execution.price


async def test_a_contract_abroad_has_a_tr_for_orders_and_one_for_fills():
    async with customer("HDFFF1C0", "HDFFF2C0") as me:
        order = futures.ES_ORDER | {"FM_ORD_QTY": "3"}
        await me.wire.post(f"{futures.ABROAD}/trading/order", "OTFM3001U", order)
        frames = [await me.client.frame() for _ in range(2)]
        asked = futures.OVERSEAS | {"CCLD_NCCS_DVSN": "01", "SLL_BUY_DVSN_CD": "%%", "FUOP_DVSN": "00"}
        asked |= {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
        (row,) = (await me.wire.get(f"{futures.ABROAD}/trading/inquire-ccld", "OTFM3116R", asked)).json()["output"]
        (execution,) = me.sim.ledger.fills
    assert [frame.tr_id for frame in frames] == ["HDFFF1C0", "HDFFF2C0"]
    ordered, filled = (named(frame.tr_id, frame.fields) for frame in frames)
    same = {"ORD_DT": "ord_dt", "ODNO": "odno", "ORGN_ODNO": "orgn_odno", "SERIES": "ovrs_futr_fx_pdno"}
    same |= {"SLL_BUY_DVSN_CD": "sll_buy_dvsn_cd", "PRCE_TP": "bass_pric_type_cd"}
    same |= {"FM_EXCG_RCIT_DVSN_CD": "rcit_dvsn_cd", "ORD_QTY": "fm_ord_qty"}
    for notice in (ordered, filled):
        assert {name: notice[name] for name in same} == {name: row[element] for name, element in same.items()}
        assert (notice["USER_ID"], notice["ACCT_NO"], notice["CRCY_CD"]) == (HTS_ID, "1111222208", "USD")
    assert (ordered["TOT_CCLD_QTY"], ordered["ORD_REMQ"]) == ("0", "3")
    assert (filled["TOT_CCLD_QTY"], filled["ORD_REMQ"]) == (row["fm_ccld_qty"], row["fm_ord_rmn_qty"])
    assert Decimal(filled["TOT_CCLD_UV"]) == Decimal(row["fm_ccld_pric"])
    assert (filled["CCLD_QTY"], filled["CCNO"], filled["CCLD_DT"]) == ("3", "0000000001", f"{execution.day:%Y%m%d}")
    assert (Decimal(filled["FM_CCLD_PRIC"]), Decimal(filled["FM_CCLD_AMT"])) == (execution.price, execution.amount)
    assert Decimal(filled["TRST_FEE"]) == execution.commission


async def test_each_fill_of_a_contract_abroad_says_how_far_its_order_was_then():
    async with customer("HDFFF2C0") as me:
        me.sim.kis.deposit("real:11112222-08", "USD", Decimal(10**10))
        order = futures.ES_ORDER | {"FM_ORD_QTY": "2000"}
        assert (await me.wire.post(f"{futures.ABROAD}/trading/order", "OTFM3001U", order)).json()["rt_cd"] == "0"
        fills = me.sim.ledger.fills
        notices = await me.notices(len(fills))
    assert len(fills) > 1
    done = [sum(fill.quantity for fill in fills[: count + 1]) for count in range(len(fills))]
    assert [(int(notice["TOT_CCLD_QTY"]), int(notice["ORD_REMQ"])) for notice in notices] == [
        (quantity, 2000 - quantity) for quantity in done
    ]
