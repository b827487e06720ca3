"""The odd things that people measured at KIS happen while their switch is on, and not before."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from kis_mcp.simulator import UnknownSwitch
from kis_mcp.simulator.gate.switches import SWITCHES
from tests.simulator.wire import ACCOUNT, PRICE, SAMSUNG, Wire, simulator

Body = dict[str, Any]


async def with_orders(wire: Wire, count: int) -> None:
    for _ in range(count):
        assert (await wire.order("buy", 1, code="01"))["rt_cd"] == "0"


def numbers(reply: httpx.Response) -> list[str]:
    return [row["odno"] for row in reply.json()["output1"]]


def keys(reply: httpx.Response) -> Mapping[str, str]:
    body = reply.json()
    return {"CTX_AREA_FK100": body["ctx_area_fk100"], "CTX_AREA_NK100": body["ctx_area_nk100"]}


async def test_demos_list_of_the_day_is_blank_but_for_its_totals():
    async with simulator() as (sim, wire, demo):
        for client in (wire, demo):
            await with_orders(client, 2)
        truth = (await demo.day_orders()).json()
        sim.switches.choose({"demo_blank_day_list": True})
        blank, real = (await demo.day_orders()).json(), (await wire.day_orders()).json()
    assert (blank["rt_cd"], blank["msg_cd"], blank["output1"]) == ("0", "70070000", [])
    assert blank["output2"] == truth["output2"]
    assert blank["output2"]["tot_ord_qty"] == "2"
    assert len(truth["output1"]) == len(real["output1"]) == 2


async def test_a_balance_by_stock_is_refused_as_a_business_matter():
    async with simulator() as (sim, wire, _demo):
        assert (await wire.balance()).json()["rt_cd"] == "0"
        sim.switches.choose({"inquiry_02_refused": True})
        refused, allowed = await wire.balance(), await wire.balance(by_loan_date=True)
    assert (refused.status_code, refused.json()) == (
        200,
        {"rt_cd": "2", "msg_cd": "OPSQ2001", "msg1": "ERROR : INPUT INVALID_CHECK_INQR_DVSN"},
    )
    assert allowed.json()["rt_cd"] == "0"


@pytest.mark.parametrize(("orders", "announced"), [(14, "D"), (15, "M")])
async def test_a_full_last_page_announces_another_one_without_a_key(orders: int, announced: str):
    async with simulator() as (sim, _wire, demo):
        await with_orders(demo, orders)
        plain = await demo.day_orders()
        sim.switches.choose({"full_page_without_key": True})
        odd = await demo.day_orders()
    assert (plain.headers["tr_cont"], odd.headers["tr_cont"]) == ("D", announced)
    assert numbers(odd) == numbers(plain)
    if announced == "M":
        assert set(keys(odd).values()) == {""}


async def test_data_can_change_between_two_pages():
    async with simulator() as (sim, _wire, demo):
        await with_orders(demo, 16)
        sim.switches.choose({"changed_on_page_2": True})
        first = await demo.day_orders()
        second = await demo.day_orders(page=keys(first))
        sim.switches.choose({"changed_on_page_2": False})
        again = await demo.day_orders(page=keys(first))
    assert (first.json()["rt_cd"], second.json()["msg_cd"]) == ("0", "SYDB0050")
    assert len(numbers(again)) == 1


async def test_the_first_page_can_come_again_for_ever():
    async with simulator() as (sim, _wire, demo):
        await with_orders(demo, 16)
        sim.switches.choose({"repeated_page": True})
        first = await demo.day_orders()
        second = await demo.day_orders(page=keys(first))
    assert numbers(second) == numbers(first)
    assert (second.headers["tr_cont"], keys(second)) == ("M", keys(first))


async def foreign_balance(wire: Wire, exchange: str) -> list[Body]:
    asked = {"OVRS_EXCG_CD": exchange, "TR_CRCY_CD": "USD", "CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
    path = "/uapi/overseas-stock/v1/trading/inquire-balance"
    return (await wire.get(path, "TTTS3012R", ACCOUNT | asked)).json()["output1"]


async def buy_abroad(wire: Wire, symbol: str, exchange: str, quotes: str) -> None:
    path = "/uapi/overseas-price/v1/quotations/price"
    quote = (await wire.get(path, "HHDFS00000300", {"AUTH": "", "EXCD": quotes, "SYMB": symbol})).json()["output"]
    price = f"{float(quote['last']) * 1.05:.2f}"
    order = {"OVRS_EXCG_CD": exchange, "PDNO": symbol, "ORD_QTY": "2", "OVRS_ORD_UNPR": price, "ORD_DVSN": "00"}
    order |= {"ORD_SVR_DVSN_CD": "0", "SLL_TYPE": "", "CTAC_TLNO": "", "MGCO_APTM_ODNO": ""}
    answer = (await wire.post("/uapi/overseas-stock/v1/trading/order", "TTTT1002U", ACCOUNT | order)).json()
    assert answer["rt_cd"] == "0", answer


def test_only_what_kis_does_for_everybody_is_on_at_first():
    assert [name for name, switch in SWITCHES.items() if switch.on] == ["inquiry_02_refused"]


async def test_each_us_exchange_can_list_the_whole_country():
    async with simulator() as (sim, wire, _demo):
        await buy_abroad(wire, "AAPL", "NASD", "NAS")
        await buy_abroad(wire, "KO", "NYSE", "NYS")
        apart = [[row["ovrs_pdno"] for row in await foreign_balance(wire, place)] for place in ("NYSE", "AMEX")]
        sim.switches.choose({"rows_three_times": True})
        rows = [[row["ovrs_pdno"] for row in await foreign_balance(wire, e)] for e in ("NASD", "NYSE", "AMEX")]
    assert apart == [["KO"], []]
    assert [sorted(set(listed)) for listed in rows] == [["AAPL", "KO"]] * 3
    assert [len(listed) for listed in rows] == [2, 2, 2]


async def test_holdings_can_be_fractions_at_the_same_prices():
    async with simulator() as (sim, wire, _demo):
        await buy_abroad(wire, "AAPL", "NASD", "NAS")
        (whole,) = await foreign_balance(wire, "NASD")
        sim.switches.choose({"fractional_holdings": True})
        (row,) = await foreign_balance(wire, "NASD")
    assert (float(whole["ovrs_cblc_qty"]), float(row["ovrs_cblc_qty"])) == (2, 2.012638)
    assert float(row["ovrs_stck_evlu_amt"]) == pytest.approx(2.012638 * float(row["now_pric2"]), abs=0.01)
    assert row["now_pric2"] == whole["now_pric2"]


async def test_switches_and_faults_are_set_over_the_socket_of_either_host():
    async with simulator() as (sim, wire, demo):
        listed = (await wire.http.get("/simulator/switches")).json()
        chosen = (await demo.http.post("/simulator/switches", json={"demo_blank_day_list": True})).json()
        await wire.http.post("/simulator/faults", json={"kind": "error", "target": PRICE[1], "code": "EGW00201"})
        struck = (await wire.get(*PRICE, SAMSUNG)).json()["msg_cd"]
        await wire.http.post("/simulator/faults", json={"kind": "error", "times": 9})
        await wire.http.delete("/simulator/faults")
        after = (await wire.get(*PRICE, SAMSUNG)).json()["rt_cd"]
        await wire.http.post("/simulator/faults", json={"kind": "expire_tokens"})
        expired = (await wire.get(*PRICE, SAMSUNG)).json()["msg_cd"]
        is_on = sim.switches["demo_blank_day_list"]
        asked = [request.path for request in sim.received if request.path.startswith("/simulator")]
    assert {name: switch["says"] for name, switch in listed.items()} == {n: s.says for n, s in SWITCHES.items()}
    assert (listed["demo_blank_day_list"]["on"], chosen["demo_blank_day_list"]["on"], is_on) == (False, True, True)
    assert (struck, after, expired, asked) == ("EGW00201", "0", "EGW00123", [])


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("switches", {"repeated_page": True, "no_such": True}, "no switch 'no_such'"),
        ("switches", {"repeated_page": "perhaps"}, "repeated_page"),
        ("faults", {"kind": "fire"}, "kind"),
        ("faults", {"kind": "delay", "seconds": -1}, "seconds"),
        ("faults", {"kind": "delay", "minutes": 1}, "minutes"),
    ],
)
async def test_what_the_simulator_cannot_do_is_refused_and_changes_nothing(path: str, body: Body, says: str):
    async with simulator() as (sim, wire, _demo):
        refused = await wire.http.post(f"/simulator/{path}", json=body)
        assert not sim.switches["repeated_page"]
        assert (await wire.get(*PRICE, SAMSUNG)).status_code == 200
    assert (refused.status_code, says in refused.json()["error"]) == (400, True)


async def test_a_page_in_a_browser_may_not_change_the_simulator():
    async with simulator() as (sim, wire, _demo):
        headers = {"origin": "http://elsewhere.example"}
        refused = await wire.http.post("/simulator/switches", json={"repeated_page": True}, headers=headers)
        assert (refused.status_code, sim.switches["repeated_page"]) == (403, False)


async def test_a_switch_that_does_not_exist_is_refused_at_the_start():
    with pytest.raises(UnknownSwitch, match="no_such"):
        async with simulator(switches={"no_such": True}):
            pass
