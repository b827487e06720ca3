"""What may be amended or cancelled, in every market, over the socket."""

from typing import Any

import pytest

from tests.simulator.answers import test_bonds as bonds
from tests.simulator.answers.contracts import test_futures as futures
from tests.simulator.answers.stocks.test_orders import APPLE_ORDER, US
from tests.simulator.wire import ACCOUNT, Wire, simulator

OTHERS = {"CANO": "33334444"}
ES_AT_LIMIT = futures.ES_ORDER | {"PRIC_DVSN_CD": "1", "CCLD_CNDT_CD": "6", "FM_LIMIT_ORD_PRIC": "5000.00"}


async def change_abroad(wire: Wire, number: str, action: str = "02", **others: str) -> dict[str, Any]:
    elements = ACCOUNT | {"OVRS_EXCG_CD": "NASD", "PDNO": "AAPL", "ORGN_ODNO": number, "RVSE_CNCL_DVSN_CD": action}
    elements |= {"ORD_QTY": "3", "OVRS_ORD_UNPR": "0" if action == "02" else "2.00", "ORD_SVR_DVSN_CD": "0"}
    return (await wire.post(f"{US}/order-rvsecncl", "TTTT1004U", elements | others)).json()


async def change_es(wire: Wire, number: str, tr_id: str = "OTFM3003U", **others: str) -> dict[str, Any]:
    elements = futures.OVERSEAS | {"ORGN_ORD_DT": "20260614", "ORGN_ODNO": number, "FM_HDGE_ORD_SCRN_YN": "N"}
    return (await wire.post(f"{futures.ABROAD}/trading/order-rvsecncl", tr_id, elements | others)).json()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"KRX_FWDG_ORD_ORGNO": "91252"}, "APBK0344"),
        ({"EXCG_ID_DVSN_CD": "SOR"}, "APBK0344"),
        ({"ORGN_ODNO": "0000000009"}, "APBK0344"),
        (OTHERS, "APBK0344"),
        ({"QTY_ALL_ORD_YN": "N", "ORD_QTY": "11"}, "APBK0927"),
        ({"QTY_ALL_ORD_YN": "N", "ORD_QTY": "0"}, "OPSQ2001"),
    ],
)
@pytest.mark.parametrize("action", ["amend", "cancel"])
async def test_a_change_at_home_that_does_not_fit_its_original_is_refused(
    action: str, wrong: dict[str, str], code: str
):
    async with simulator() as (sim, wire, _demo):
        price = (await wire.price())["stck_llam"]
        number = (await wire.order("buy", 10, price))["output"]["ODNO"]
        reply = await wire.change(action, **{"number": number, "ORD_UNPR": price} | wrong)
        assert (reply["rt_cd"] != "0", reply["msg_cd"]) == (True, code)
        assert (len(sim.ledger.orders), sim.ledger.order(number).remaining) == (1, 10)


@pytest.mark.parametrize("action", ["amend", "cancel"])
async def test_what_is_filled_or_gone_cannot_be_changed(action: str):
    async with simulator() as (_, wire, _demo):
        price = (await wire.price())["stck_llam"]
        filled = (await wire.order("buy", 10, code="01"))["output"]["ODNO"]
        amended = (await wire.order("buy", 10, price))["output"]["ODNO"]
        cancelled = (await wire.change("amend", amended, ORD_UNPR=price))["output"]["odno"]
        cancel = (await wire.change("cancel", cancelled))["output"]["odno"]
        codes = [(await wire.change(action, n, ORD_UNPR=price))["msg_cd"] for n in (filled, amended, cancelled, cancel)]
    assert codes == ["APBK0927"] * 4


@pytest.mark.parametrize(
    ("venue", "code", "is_taken"),
    [
        ("KRX", "02", True),
        ("KRX", "27", False),
        ("NXT", "01", False),
        ("NXT", "03", True),
        ("NXT", "02", False),
        ("NXT", "41", False),
        ("SOR", "01", True),
        ("SOR", "21", False),
        ("SOR", "22", False),
    ],
)
async def test_orders_and_amendments_are_of_types_that_the_venue_takes(venue: str, code: str, is_taken: bool):
    async with simulator() as (_, wire, _demo):
        price = (await wire.price())["stck_llam"]
        at = {"EXCG_ID_DVSN_CD": venue}
        number = (await wire.order("buy", 10, price, **at))["output"]["ODNO"]
        ordered = await wire.order("buy", 10, price, code, **at)
        amended = await wire.change("amend", number, ORD_DVSN=code, ORD_UNPR=price, **at)
    expected = "APBK0013" if is_taken else "APBK0963"
    assert (ordered["msg_cd"], amended["msg_cd"]) == (expected, expected)


@pytest.mark.parametrize("action", ["01", "02"])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"OVRS_EXCG_CD": "NYSE"}, "APBK0344"),
        ({"PDNO": "MSFT"}, "APBK0344"),
        ({"ORD_QTY": "4"}, "APBK0927"),
        (OTHERS, "APBK0344"),
    ],
)
async def test_a_change_in_the_us_names_the_exchange_and_the_symbol(action: str, wrong: dict[str, str], code: str):
    async with simulator() as (_, wire, _demo):
        order = APPLE_ORDER | {"OVRS_ORD_UNPR": "1.00"}
        number = (await wire.post(f"{US}/order", "TTTT1002U", order)).json()["output"]["ODNO"]
        assert (await change_abroad(wire, number, action, **wrong))["msg_cd"] == code
        assert (await change_abroad(wire, number, action))["rt_cd"] == "0"


async def test_orders_of_the_us_daytime_market_are_changed_there():
    async with simulator() as (_, wire, _demo):
        order = APPLE_ORDER | {"OVRS_ORD_UNPR": "1.00", "CTAC_TLNO": "", "MGCO_APTM_ODNO": ""}
        number = (await wire.post(f"{US}/daytime-order", "TTTS6036U", order)).json()["output"]["ODNO"]
        assert (await change_abroad(wire, number))["msg_cd"] == "APBK0344"
        cancel = ACCOUNT | {"OVRS_EXCG_CD": "NASD", "PDNO": "AAPL", "ORGN_ODNO": number, "RVSE_CNCL_DVSN_CD": "02"}
        cancel |= {"ORD_QTY": "3", "OVRS_ORD_UNPR": "0", "ORD_SVR_DVSN_CD": "0", "CTAC_TLNO": "", "MGCO_APTM_ODNO": ""}
        assert (await wire.post(f"{US}/daytime-order-rvsecncl", "TTTS6038U", cancel)).json()["rt_cd"] == "0"


@pytest.mark.parametrize(("side", "tr_id"), [("buy", "TTTT1002U"), ("sell", "TTTT1006U")])
async def test_at_the_us_open_and_close_only_sells_have_no_limit_and_sliced_orders_are_not_amended(
    side: str, tr_id: str
):
    async with simulator() as (_, wire, _demo):
        await wire.post(f"{US}/order", "TTTT1002U", APPLE_ORDER)
        order = APPLE_ORDER | {"SLL_TYPE": "00" if side == "sell" else "", "ORD_QTY": "1"}
        codes = {
            code: (await wire.post(f"{US}/order", tr_id, order | {"ORD_DVSN": code, "OVRS_ORD_UNPR": "0"})).json()
            for code in ("31", "33")
        }
        sliced = order | {"ORD_DVSN": "35", "OVRS_ORD_UNPR": "900.00" if side == "sell" else "1.00"}
        sliced |= {"ALGO_ORD_TMD_DVSN_CD": "02"}
        number = (await wire.post(f"{US}/order", tr_id, sliced)).json()["output"]["ODNO"]
        amended = await change_abroad(wire, number, "01", ORD_QTY="1")
        assert (await change_abroad(wire, number, ORD_QTY="1"))["rt_cd"] == "0"
    expected = "APBK0013" if side == "sell" else "APBK0963"
    assert ([reply["msg_cd"] for reply in codes.values()], amended["msg_cd"]) == ([expected] * 2, "APBK0963")


@pytest.mark.parametrize("action", ["01", "02"])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"tr_id": "STTN1103U", "ORD_QTY": "4"}, "APBK0344"),
        ({"ORD_QTY": "5", "RMN_QTY_YN": "N"}, "APBK0927"),
        (OTHERS, "APBK0344"),
    ],
)
async def test_a_change_of_a_day_contract_fits_its_original(action: str, wrong: dict[str, str], code: str):
    async with simulator() as (_, wire, _demo):
        price = (await futures.quote(wire))["futs_llam"]
        number = (await futures.order(wire, "buy", 4, price))["output"]["ODNO"]
        chosen = {"number": number, "action": action, "UNIT_PRICE": price}
        assert (await futures.change(wire, **chosen | wrong))["msg_cd"] == code
        assert (await futures.change(wire, **chosen))["rt_cd"] == "0"


@pytest.mark.parametrize("action", ["01", "02"])
async def test_a_night_contract_is_changed_as_a_whole_in_its_session(action: str):
    async with simulator() as (_, wire, _demo):
        price = (await futures.quote(wire))["futs_llam"]
        number = (await futures.order(wire, "buy", 4, price, tr_id="STTN1101U"))["output"]["ODNO"]
        night = {"tr_id": "STTN1103U", "FUOP_ITEM_DVSN_CD": "01", "UNIT_PRICE": price}

        async def code(**others: str) -> str:
            return (await futures.change(wire, number, action, **night | others))["msg_cd"]

        assert await code(tr_id="TTTO1103U", ORD_QTY="4") == "APBK0344"
        assert await code(ORD_QTY="0") == "OPSQ2001"
        assert await code(ORD_QTY="3") == "APBK0927"
        assert await code(ORD_QTY="5") == "APBK0927"
        assert await code(ORD_QTY="4") == "APBK0013"


@pytest.mark.parametrize("tr_id", ["OTFM3002U", "OTFM3003U"])
async def test_a_change_of_an_overseas_contract_repeats_its_number_and_day(tr_id: str):
    async with simulator() as (_, wire, _demo):
        receipt = (await wire.post(f"{futures.ABROAD}/trading/order", "OTFM3001U", ES_AT_LIMIT)).json()["output"]
        number, at = receipt["ODNO"], {"FM_LIMIT_ORD_PRIC": "5001.00", "ORGN_ORD_DT": receipt["ORD_DT"]}
        wrongs: list[dict[str, str]] = [
            {"number": number.lstrip("0")},
            {"number": "00000009"},
            {"ORGN_ORD_DT": "20260601"},
            OTHERS,
        ]
        for wrong in wrongs:
            assert (await change_es(wire, **{"number": number, "tr_id": tr_id} | at | wrong))["msg_cd"] == "APBK0344"
        assert (await change_es(wire, number, tr_id, **at))["rt_cd"] == "0"
        assert (await change_es(wire, number, tr_id, **at))["msg_cd"] == "APBK0927"


@pytest.mark.parametrize(("code", "condition"), [("1", "2"), ("2", "6")])
async def test_only_overseas_market_orders_have_their_condition(code: str, condition: str):
    async with simulator() as (_, wire, _demo):
        order = ES_AT_LIMIT | {"PRIC_DVSN_CD": code, "CCLD_CNDT_CD": condition}
        reply = (await wire.post(f"{futures.ABROAD}/trading/order", "OTFM3001U", order)).json()
    assert "CCLD_CNDT_CD" in reply["msg1"]


@pytest.mark.parametrize("action", ["01", "02"])
async def test_a_change_of_a_bond_names_it_and_takes_tens_in_the_general_market(action: str):
    async with simulator() as (_, wire, _demo):
        price = (await bonds.quote(wire))["bond_llam"]
        assert "ORD_QTY2" in (await bonds.order(wire, "buy", 15, price))["msg1"]
        assert (await bonds.order(wire, "buy", 15, price, SAMT_MKET_PTCI_YN="Y"))["rt_cd"] == "0"
        number = (await bonds.order(wire, "buy", 40, price))["output"]["odno"]
        part = {"QTY_ALL_ORD_YN": "N", "BOND_ORD_UNPR": price}
        assert (await bonds.change(wire, number, action, PDNO="KR1035017AE8", **part))["msg_cd"] == "APBK0344"
        assert "ORD_QTY2" in (await bonds.change(wire, number, action, ORD_QTY2="15", **part))["msg1"]
        assert (await bonds.change(wire, number, action, ORD_QTY2="50", **part))["msg_cd"] == "APBK0927"
        assert (await bonds.change(wire, number, action, ORD_QTY2="10", **part | OTHERS))["msg_cd"] == "APBK0344"
        assert (await bonds.change(wire, number, action, ORD_QTY2="10", **part))["rt_cd"] == "0"


async def test_an_order_of_one_market_is_not_changed_through_anothers_api():
    async with simulator() as (_, wire, _demo):
        number = (await wire.order("buy", 1, (await wire.price())["stck_llam"]))["output"]["ODNO"]
        assert (await change_abroad(wire, number))["msg_cd"] == "APBK0344"
        assert (await bonds.change(wire, number, "02"))["msg_cd"] == "APBK0344"
        assert (await futures.change(wire, number))["msg_cd"] == "APBK0344"
