"""Who may register for what: approval keys, sessions, slots."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator
from tests.simulator.live.client import PATIENCE_SECONDS, TRADES, Script, approval, live
from tests.simulator.wire import ManualClock, Wire, simulator, with_token

SAMSUNG = "005930"
BOOKS = "H0STASP0"


@asynccontextmanager
async def running(**options: Any) -> AsyncGenerator[tuple[Simulator, Wire, Wire]]:
    async with asyncio.timeout(PATIENCE_SECONDS), simulator(channels=Script().channels, **options) as all_of_it:
        yield all_of_it


def outcome(answer: dict[str, Any]) -> tuple[str, str, str]:
    body = answer["body"]
    return body["rt_cd"], body["msg_cd"], body["msg1"]


async def test_a_registration_is_answered_with_a_key_and_an_initial_vector_of_its_own():
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        answer, other = await client.register(TRADES, SAMSUNG), await client.register(TRADES, "000660")
        notice = await client.register("H0STCNI0", "tester")
    output = answer["body"].pop("output")
    assert (len(output["iv"]), len(output["key"])) == (16, 32)
    assert (output["iv"] + output["key"]).isascii()
    assert other["body"]["output"] != output
    assert answer == {
        "header": {"tr_id": TRADES, "tr_key": SAMSUNG, "encrypt": "N"},
        "body": {"rt_cd": "0", "msg_cd": "OPSP0000", "msg1": "SUBSCRIBE SUCCESS"},
    }
    assert notice["header"] == {"tr_id": "H0STCNI0", "tr_key": "tester", "encrypt": "Y"}


async def test_what_is_on_already_and_what_is_not_on_are_told_apart():
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire, path="/any/path") as client:
        answers = [
            await client.register(TRADES, SAMSUNG),
            await client.register(TRADES, SAMSUNG),
            await client.release(TRADES, SAMSUNG),
            await client.release(TRADES, SAMSUNG),
            await client.register(TRADES, SAMSUNG),
        ]
    assert [outcome(answer) for answer in answers] == [
        ("0", "OPSP0000", "SUBSCRIBE SUCCESS"),
        ("1", "OPSP0002", "ALREADY IN SUBSCRIBE"),
        ("0", "OPSP0001", "UNSUBSCRIBE SUCCESS"),
        ("1", "OPSP0003", "UNSUBSCRIBE ERROR(not found!)"),
        ("0", "OPSP0000", "SUBSCRIBE SUCCESS"),
    ]
    assert answers[0]["body"]["output"] == answers[1]["body"]["output"]


async def test_the_keys_of_a_header_come_in_any_order_and_registrations_close_together():
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        for number in range(5):
            header = {"content-type": "utf-8", "tr_type": "1", "approval_key": client.approval_key, "custtype": "P"}
            body = {"input": {"tr_key": f"00000{number}", "tr_id": TRADES}}
            await client.connection.send(json.dumps({"body": body, "header": header}))
        answers = [await client.answer() for _ in range(5)]
    assert [answer["header"]["tr_key"] for answer in answers] == [f"00000{number}" for number in range(5)]
    assert {answer["body"]["msg_cd"] for answer in answers} == {"OPSP0000"}


async def test_the_42nd_registration_is_over_the_slots_until_one_is_given_back():
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        codes = [(await client.register(TRADES, f"{number:06}"))["body"]["msg_cd"] for number in range(41)]
        over = await client.register(BOOKS, SAMSUNG)
        await client.release(TRADES, "000007")
        fits = await client.register(BOOKS, SAMSUNG)
    assert set(codes) == {"OPSP0000"}
    assert outcome(over) == ("1", "OPSP0008", "MAX SUBSCRIBE OVER")
    assert fits["body"]["rt_cd"] == "0"


async def test_an_app_key_has_one_session_which_is_free_at_once_when_it_is_closed():
    async with (
        running() as (sim, wire, _demo),
        live(sim.real_ws_url, wire) as first,
        live(sim.real_ws_url, wire) as second,
    ):
        await first.register(TRADES, SAMSUNG)
        refused = await second.register(TRADES, "000660")
        again = await second.register(TRADES, "000660")
        await first.connection.close()
        accepted = await second.register(TRADES, "000660")
    assert refused == again
    assert refused == {
        "header": {"tr_id": "(null)", "tr_key": "", "encrypt": "N"},
        "body": {"rt_cd": "9", "msg_cd": "OPSP8996", "msg1": "ALREADY IN USE appkey"},
    }
    assert accepted["body"]["msg_cd"] == "OPSP0000"


async def test_another_app_key_stands_beside_it():
    async with running() as (sim, wire, _demo):
        other = await with_token(replace(wire, app_key="another-key"))
        async with live(sim.real_ws_url, wire) as first, live(sim.real_ws_url, other) as second:
            codes = [(await client.register(TRADES, SAMSUNG))["body"]["msg_cd"] for client in (first, second)]
    assert codes == ["OPSP0000", "OPSP0000"]


async def test_an_approval_key_is_good_for_a_day_at_its_own_host():
    clock = ManualClock()
    async with (
        running(clock=clock) as (sim, wire, demo),
        live(sim.real_ws_url, wire) as client,
        live(sim.real_ws_url, demo) as from_demo,
    ):
        unknown = await client.register(TRADES, SAMSUNG, approval_key="made-up")
        elsewhere = await from_demo.register(TRADES, SAMSUNG)
        clock.pass_time(hours=23, minutes=59)
        young = await client.register(TRADES, SAMSUNG)
        clock.pass_time(minutes=1)
        old = await client.register(TRADES, "000660")
    assert outcome(unknown) == ("1", "OPSP0011", "invalid approval : NOT FOUND")
    assert [answer["body"]["msg_cd"] for answer in (elsewhere, young, old)] == ["OPSP0011", "OPSP0000", "OPSP0011"]


async def test_an_approval_key_outlives_a_restart(tmp_path: Path):
    clock = ManualClock()
    options = {"clock": clock, "state_path": tmp_path / "world.db"}
    async with running(**options) as (_sim, wire, _demo):
        key = await approval(wire)
    async with running(**options) as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        assert (await client.register(TRADES, SAMSUNG, approval_key=key))["body"]["msg_cd"] == "OPSP0000"


async def test_demo_has_five_channels_under_their_own_trs():
    theirs = {"H0STCNT0", "H0STASP0", "H0STCNI9", "H0GSCNI9", "H0IFCNI9"}
    every_tr = {tr_id for api in catalog().apis if api.kind == "websocket" for tr_id in api.tr.real.values()}
    async with running() as (sim, _wire, demo), live(sim.demo_ws_url, demo) as client:
        answers = {tr_id: await client.register(tr_id, SAMSUNG) for tr_id in every_tr | theirs}
    assert {tr_id for tr_id, answer in answers.items() if answer["body"]["rt_cd"] == "0"} == theirs
    assert outcome(answers["H0STCNI0"]) == ("1", "OPSP0007", "SUBSCRIBE INTERNAL ERROR")


async def test_real_has_all_sixty_and_none_of_demos_own():
    every_tr = sorted({tr_id for api in catalog().apis if api.kind == "websocket" for tr_id in api.tr.real.values()})
    assert len(every_tr) == 60
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        for tr_id in every_tr:
            assert (await client.register(tr_id, SAMSUNG))["body"]["rt_cd"] == "0"
            await client.release(tr_id, SAMSUNG)
        assert (await client.register("H0STCNI9", "tester"))["body"]["msg_cd"] == "OPSP0007"


async def test_a_key_that_nothing_has_is_refused():
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        assert (await client.register(TRADES, "999999"))["body"]["msg_cd"] == "OPSP8992"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "OPSP9999"),
        ("[]", "OPSP9998"),
        ('{"header": {"tr_type": "1", "custtype": "P"}}', "OPSP9992"),
        ('{"header": {"tr_type": "1", "custtype": "P"}, "body": {}}', "OPSP9991"),
        ('{"header": {"tr_type": "1", "custtype": "P"}, "body": {"input": {"tr_id": "H0STCNT0"}}}', "OPSP9990"),
        ('{"header": {"tr_type": "0"}, "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "1"}}}', "OPSP8997"),
        (
            '{"header": {"tr_type": "1", "custtype": "X"}, "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "1"}}}',
            "OPSP8998",
        ),
        ('{"header": {"tr_type": "1"}, "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "1"}}}', "OPSP0011"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_the_connection_stays(message: str, code: str):
    async with running() as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        await client.connection.send(message)
        assert (await client.answer())["body"]["msg_cd"] == code
        assert (await client.register(TRADES, SAMSUNG))["body"]["rt_cd"] == "0"


async def test_custtype_is_missed_where_it_is_required():
    switches = {"custtype_required": True}
    async with running(switches=switches) as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        assert (await client.register(TRADES, SAMSUNG, custtype=""))["body"]["msg_cd"] == "OPSP9997"


async def test_pingpong_comes_by_itself_and_may_be_echoed_in_any_way():
    async with running(pingpong_seconds=0.01) as (sim, wire, _demo), live(sim.real_ws_url, wire) as client:
        first = await client.receive()
        await client.connection.send(first.replace(" ", ""))
        await client.connection.send(json.dumps(json.loads(first), indent=2))
        await client.connection.pong(await client.receive())
        seen = [json.loads(await client.receive()) for _ in range(3)]
        answer = await client.register(TRADES, SAMSUNG)
    assert seen[-1] == {"header": {"tr_id": "PINGPONG", "datetime": "20260615110000"}}
    assert answer["body"]["msg_cd"] == "OPSP0000"


async def test_pings_of_the_protocol_are_answered():
    async with running() as (sim, _wire, _demo), connect(sim.demo_ws_url, proxy=None) as connection:
        await (await connection.ping("are you there"))


async def test_no_subprotocol_and_no_compression_are_agreed_on():
    chat = [Subprotocol("chat")]
    async with running() as (sim, _w, _d), connect(sim.real_ws_url, proxy=None, subprotocols=chat) as connection:
        assert (connection.subprotocol, connection.protocol.extensions) == (None, [])
