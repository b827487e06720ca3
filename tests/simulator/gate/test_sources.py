"""What KIS' examples, sample code and older sheets show is taken too, unless it shall be strict."""

import base64
import json
import socket
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import KST
from kis_mcp.simulator import Simulator
from kis_mcp.simulator.wire.elements import upper_elements
from kis_mcp.simulator.wire.sources import Sources, sources_of
from tests.simulator.wire import ACCOUNT, PRICE, SAMSUNG, ManualClock, Wire, simulator

RANK = ("/uapi/domestic-stock/v1/quotations/volume-rank", "FHPST01710000")
RANKED = {
    "FID_COND_MRKT_DIV_CODE": "J",
    "FID_COND_SCR_DIV_CODE": "20171",
    "FID_INPUT_ISCD": "0000",
    "FID_DIV_CLS_CODE": "0",
    "FID_BLNG_CLS_CODE": "0",
    "FID_TRGT_CLS_CODE": "111111111",
    "FID_TRGT_EXLS_CLS_CODE": "000000",
    "FID_INPUT_PRICE_1": "",
    "FID_INPUT_PRICE_2": "",
    "FID_VOL_CNT": "",
}
APIS = {api.tool: api for api in catalog().apis}
TABLE = [api.tool for api in catalog().apis if sources_of(api.tool) != Sources()]


def raw_headers(sim: Simulator, wire: Wire) -> list[str]:
    """The names of an answer's headers as they stand on the wire."""
    address = urlsplit(sim.real_url)
    lines = [
        f"GET {PRICE[0]}?FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=005930 HTTP/1.1",
        "Host: kis",
        "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in wire.headers(PRICE[1]).items()]
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return [line.split(":")[0] for line in answer.decode().split("\r\n\r\n")[0].split("\r\n")[1:]]


async def test_header_names_that_are_all_small_are_kis_own():
    async with simulator(switches={}) as (sim, wire, _demo):
        names = raw_headers(sim, wire)
    assert {name for name in names if name.islower()} <= {"tr_id", "tr_cont", "gt_uid", "connection"}
    assert {"Content-Type", "Content-Length"} <= set(names)
    assert all(name.isidentifier() for name in names if name.islower())


async def test_an_access_token_says_whose_it_is():
    async with simulator(switches={}) as (_, wire, demo):
        for client in (wire, demo):
            _header, claims, signature = client.token.split(".")
            said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            assert said["jti"] == client.app_key
            assert said["exp"] - said["iat"] == 86_400
            assert signature


async def test_a_token_whose_claims_are_changed_is_refused():
    async with simulator(switches={}) as (_, wire, _demo):
        header, claims, signature = wire.token.split(".")
        forged = replace(wire, token=f"{header}.{claims}A.{signature}")
        assert (await forged.get(*PRICE, SAMSUNG)).json()["msg_cd"] == "EGW00121"


async def test_custtype_may_be_left_out_but_not_be_wrong():
    async with simulator(switches={}) as (sim, wire, _demo):
        headers = wire.headers(PRICE[1])
        del headers["custtype"]
        without = await wire.http.get(PRICE[0], params=SAMSUNG, headers=headers)
        sim.switches.choose({"custtype_required": True})
        strictly = await wire.http.get(PRICE[0], params=SAMSUNG, headers=headers)
        assert (await wire.get(*PRICE, SAMSUNG)).status_code == 200
    assert (without.status_code, strictly.json()["msg_cd"]) == (200, "EGW00208")


async def test_a_second_slash_before_the_path_does_no_harm():
    async with simulator(switches={}) as (sim, wire, _demo):
        reply = await wire.http.get(f"{sim.real_url}/{PRICE[0]}", params=SAMSUNG, headers=wire.headers(PRICE[1]))
    assert reply.json()["rt_cd"] == "0"


@pytest.mark.parametrize(("old", "side"), [("TTTC0802U", "02"), ("TTTC0801U", "01")])
async def test_an_old_tr_is_the_one_that_replaced_it_until_it_is_refused(old: str, side: str):
    path = "/uapi/domestic-stock/v1/trading/order-cash"
    order = ACCOUNT | {"PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    async with simulator(switches={}) as (sim, wire, _demo):
        await wire.order("buy", 1, code="01")
        taken = (await wire.post(path, old, order)).json()
        sim.switches.choose({"old_trs_refused": True})
        refused = (await wire.post(path, old, order)).json()
        sides = [placed.side.value for placed in sim.ledger.orders]
    assert (taken["rt_cd"], refused["msg_cd"]) == ("0", "OPSQ0002")
    assert sides == ["02", side]


@pytest.mark.parametrize(("day", "answer"), [(10, "MCA00000"), (11, "OPSQ0002")])
async def test_an_old_tr_whose_end_kis_announced_is_answered_until_then(day: int, answer: str):
    path = "/uapi/domestic-stock/v1/quotations/comp-interest"
    asked = {
        "FID_COND_MRKT_DIV_CODE": "I",
        "FID_COND_SCR_DIV_CODE": "20702",
        "FID_DIV_CLS_CODE": "1",
        "FID_DIV_CLS_CODE1": "",
    }
    clock = ManualClock(datetime(2026, 10, day, 12, tzinfo=KST))
    async with simulator(switches={}, clock=clock) as (_, wire, _demo):
        found = (await wire.get(path, "FHPST07020000", asked)).json()
    assert found["msg_cd"] == answer
    if day == 10:
        assert [row["hts_kor_isnm"] for row in found["output1"]] == ["미국 30년T-BOND", "미국 10년T-NOTE 수익률"]
        assert "국고채 3년" in [row["hts_kor_isnm"] for row in found["output2"]]


async def test_an_old_tr_has_its_host_too():
    path = "/uapi/domestic-stock/v1/trading/order-cash"
    order = ACCOUNT | {"PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    async with simulator(switches={}) as (_, wire, demo):
        assert (await demo.post(path, "VTTC0802U", order)).json()["rt_cd"] == "0"
        assert (await demo.post(path, "TTTC0802U", order)).json()["msg_cd"] == "EGW02006"
        assert (await wire.post(path, "VTTC0802U", order)).json()["msg_cd"] == "EGW02004"


async def test_values_and_block_names_of_examples_are_used_until_it_is_strict():
    async with simulator(switches={}) as (sim, wire, _demo):
        loose = await wire.get(*RANK, RANKED)
        sim.switches.choose({"strict_elements": True})
        strictly = await wire.get(*RANK, RANKED | {"FID_INPUT_DATE_1": ""})
        as_in_sheet = await wire.get(*RANK, RANKED | {"FID_TRGT_EXLS_CLS_CODE": "0000000000", "FID_INPUT_DATE_1": ""})
    assert "output" in loose.json()
    assert strictly.json()["msg1"].endswith("FID_TRGT_EXLS_CLS_CODE")
    assert "Output" in as_in_sheet.json()


async def test_a_change_of_an_order_is_answered_in_capital_letters_until_it_is_strict():
    async with simulator(switches={}) as (sim, wire, _demo):
        answers: list[dict[str, Any]] = []
        for strict in (False, True):
            sim.switches.choose({"strict_elements": strict})
            number = (await wire.order("buy", 1, (await wire.price())["stck_llam"]))["output"]["ODNO"]
            answers.append((await wire.change("cancel", number))["output"])
    assert [sorted(answer) for answer in answers] == [
        ["KRX_FWDG_ORD_ORGNO", "ODNO", "ORD_TMD"],
        ["krx_fwdg_ord_orgno", "odno", "ord_tmd"],
    ]


async def test_continuation_keys_that_sample_code_reads_are_there():
    elements = {"TRAD_DT": "20260615", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
    async with simulator(switches={}) as (sim, wire, _demo):
        path = "/uapi/overseas-stock/v1/quotations/countries-holiday"
        loose = (await wire.get(path, "CTOS5011R", elements)).json()
        sim.switches.choose({"strict_elements": True})
        strictly = (await wire.get(path, "CTOS5011R", elements)).json()
    assert (loose["ctx_area_fk"], loose["ctx_area_nk"]) == ("", "")
    assert "ctx_area_fk" not in strictly


async def test_minutes_of_an_option_are_where_sample_code_reads_them_until_it_is_strict():
    path, minutes = "/uapi/overseas-futureoption/v1/quotations/inquire-time-optchartprice", "HHDFO55020100"
    elements = {
        "SRS_CD": "OESZ26 C5500",
        "EXCH_CD": "CME",
        "QRY_CNT": "30",
        "QRY_GAP": "",
        "QRY_TP": "",
        "INDEX_KEY": "",
    }
    elements |= {"START_DATE_TIME": "", "CLOSE_DATE_TIME": ""}
    async with simulator(switches={}) as (sim, wire, _demo):
        loose = (await wire.get(path, minutes, elements)).json()
        sim.switches.choose({"strict_elements": True})
        in_full = elements | {"QRY_GAP": "1", "QRY_TP": "Q"}
        strictly = (await wire.get(path, "HHDFO55020400", in_full)).json()
    assert loose["output1"]["index_key"] == ""
    assert loose["output2"] == strictly["output1"]
    assert len(loose["output2"]) == 30
    assert strictly["output2"]["ret_cnt"] == "30"


async def test_an_orders_sums_are_the_only_row_of_an_array_until_it_is_strict():
    path, elements = "/uapi/overseas-stock/v1/trading/inquire-algo-ccnl", ACCOUNT
    in_full = elements | {"ORD_DT": "20260615", "ODNO": "1", "ORD_GNO_BRNO": "", "TTLZ_ICLD_YN": ""}
    in_full |= {"CTX_AREA_FK200": "", "CTX_AREA_NK200": ""}
    async with simulator(switches={}) as (sim, wire, _demo):
        loose = (await wire.get(path, "TTTS6059R", elements)).json()
        sim.switches.choose({"strict_elements": True})
        strictly = (await wire.get(path, "TTTS6059R", in_full)).json()
    assert loose["output3"] == [strictly["output3"]]


@pytest.mark.parametrize("tool", TABLE)
def test_what_the_table_names_is_in_the_api(tool: str):
    api, sources = APIS[tool], sources_of(tool)
    elements = {p.element.upper() for p in api.parameters if p.element} | {name.upper() for name in api.constants}
    elements |= set(api.paging.keys if api.paging else ()) | ({"CANO"} if api.account else set())
    assert {*sources.absent, *sources.values, *sources.names.values()} <= elements
    assert {*sources.blocks, *sources.lists, *sources.index_keys} <= {block.key for block in api.blocks}
    assert set(sources.trs.values()) <= {*api.tr.real.values(), *api.tr.demo.values()}
    assert len({sources.blocks.get(block.key, block.key) for block in api.blocks}) == len(api.blocks)
    assert upper_elements(api, {}) == {}
