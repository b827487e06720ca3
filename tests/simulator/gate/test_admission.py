from dataclasses import replace
from typing import Any

import pytest

from tests.simulator.wire import ACCOUNT, PRICE, SAMSUNG, simulator, with_token

ORDER_PATH = "/uapi/domestic-stock/v1/trading/order-cash"
ORDER = ACCOUNT | {"PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0", "EXCG_ID_DVSN_CD": "KRX"}


def problem(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["msg_cd"]


async def test_an_app_keys_requests_within_a_second_are_counted():
    seconds = [100.0]
    async with simulator(real_rate=18, monotonic=lambda: seconds[0]) as (_, wire, _demo):
        allowed = [problem(await wire.get(*PRICE, SAMSUNG))[0] for _ in range(18)]
        refused = await wire.get(*PRICE, SAMSUNG)
        seconds[0] += 0.999
        still_refused = await wire.get(*PRICE, SAMSUNG)
        seconds[0] += 0.001
        allowed_again = await wire.get(*PRICE, SAMSUNG)
    assert allowed == [200] * 18
    assert problem(refused) == problem(still_refused) == (500, "EGW00201")
    assert problem(allowed_again) == (200, "MCA00000")


async def test_each_host_has_its_own_limit():
    async with simulator(demo_rate=1, monotonic=lambda: 0.0) as (_, wire, demo):
        assert problem(await demo.get(*PRICE, SAMSUNG))[0] == 200
        assert problem(await demo.get(*PRICE, SAMSUNG)) == (500, "EGW00201")
        assert problem(await wire.get(*PRICE, SAMSUNG))[0] == 200


async def test_a_tr_belongs_to_its_path_and_host():
    async with simulator() as (_, wire, demo):
        assert problem(await wire.get(PRICE[0], "FHKST99999999", SAMSUNG)) == (500, "OPSQ0002")
        assert problem(await wire.get(PRICE[0], "", SAMSUNG)) == (500, "OPSQ9999")
        assert problem(await wire.post(ORDER_PATH, "VTTC0012U", ORDER)) == (500, "EGW02004")
        assert problem(await demo.post(ORDER_PATH, "TTTC0012U", ORDER)) == (500, "EGW02006")
        assert problem(await wire.get("/uapi/nowhere", "X", {})) == (404, "EGW00203")


async def test_what_demo_lacks_is_refused_there():
    elements = ACCOUNT | {"PDNO": "005930"}
    path, tr_id = "/uapi/domestic-stock/v1/trading/inquire-psbl-sell", "TTTC8408R"
    async with simulator() as (_, wire, demo):
        assert problem(await demo.get(path, tr_id, elements)) == (500, "EGW02006")
        assert problem(await wire.get(path, tr_id, elements))[0] == 200


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("appkey", "", "EGW00102"),
        ("appkey", "never-seen", "EGW00103"),
        ("appsecret", "", "EGW00104"),
        ("appsecret", "wrong", "EGW00105"),
        ("custtype", "X", "EGW00208"),
    ],
)
async def test_a_wrong_header_is_refused(header: str, value: str, code: str):
    async with simulator() as (_, wire, _demo):
        assert problem(await wire.get(*PRICE, SAMSUNG, **{header: value})) == (500, code)


async def test_a_missing_element_is_named():
    async with simulator() as (_, wire, _demo):
        without_market = await wire.get(*PRICE, {"FID_INPUT_ISCD": "005930"})
        without_quantity = await wire.post(ORDER_PATH, "TTTC0012U", {k: v for k, v in ORDER.items() if k != "ORD_QTY"})
    for reply, element in ((without_market, "FID_COND_MRKT_DIV_CODE"), (without_quantity, "ORD_QTY")):
        assert problem(reply) == (500, "OPSQ2001")
        assert element in reply.json()["msg1"]


async def test_a_value_outside_its_codes_is_refused():
    async with simulator() as (_, wire, _demo):
        reply = await wire.get(*PRICE, SAMSUNG | {"FID_COND_MRKT_DIV_CODE": "ZZ"})
    assert "FID_COND_MRKT_DIV_CODE" in reply.json()["msg1"]


async def test_a_get_may_write_its_elements_in_small_letters():
    async with simulator() as (_, wire, _demo):
        reply = await wire.get(*PRICE, {name.lower(): value for name, value in SAMSUNG.items()})
    assert problem(reply) == (200, "MCA00000")


async def test_a_post_wants_capital_letters_strings_and_json():
    async with simulator() as (sim, wire, _demo):
        small = await wire.post(ORDER_PATH, "TTTC0012U", {name.lower(): value for name, value in ORDER.items()})
        number = await wire.post(ORDER_PATH, "TTTC0012U", ORDER | {"ORD_QTY": 1})
        form = await wire.post(ORDER_PATH, "TTTC0012U", ORDER, **{"content-type": "text/plain"})
        headers = wire.headers("TTTC0012U")
        broken = await wire.http.post(ORDER_PATH, content=b'{"CANO":', headers=headers)
        assert sim.ledger.orders == []
    assert [problem(r) for r in (small, number, form, broken)] == [
        (500, "OPSQ2001"),
        (500, "OPSQ2002"),
        (500, "EGW00132"),
        (500, "OPSQ9997"),
    ]


async def test_an_account_belongs_to_the_app_key_that_opened_it():
    async with simulator() as (_, wire, _demo):
        assert problem(await wire.balance())[0] == 200
        stranger = await with_token(replace(wire, app_key="another-key"))
        assert problem(await stranger.balance()) == (500, "OPSQ2000")


async def test_requests_are_remembered_as_they_came():
    async with simulator() as (sim, wire, _demo):
        await wire.get(*PRICE, SAMSUNG)
        received = sim.received[-1]
    assert (received.host, received.method, received.path, received.tr_id) == ("real", "GET", *PRICE)
    assert received.elements == SAMSUNG
    assert received.headers["custtype"] == "P"
