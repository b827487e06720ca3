from dataclasses import replace
from pathlib import Path

from tests.simulator.wire import PRICE, SAMSUNG, ManualClock, Wire, simulator, with_token

SIX_HOURS = 6 * 3600


async def test_a_token_lives_a_day_and_is_the_same_for_six_hours():
    clock = ManualClock()
    async with simulator(clock=clock) as (_, wire, _demo):
        first = (await wire.ask_token()).json()
        clock.pass_time(hours=5, minutes=59)
        again = (await wire.ask_token()).json()
        clock.pass_time(minutes=1)
        later = (await wire.ask_token()).json()
    assert first["token_type"] == "Bearer"
    assert (first["expires_in"], first["access_token_token_expired"]) == (86400, "2026-06-16 11:00:00")
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == 86400 - (SIX_HOURS - 60)
    assert later["access_token"] != first["access_token"]


async def test_two_token_requests_within_a_minute_are_refused():
    seconds = [0.0]
    async with simulator(token_interval_seconds=60, monotonic=lambda: seconds[0]) as (_, wire, _demo):
        refused = await wire.ask_token()
        seconds[0] = 60.0
        allowed = await wire.ask_token()
    assert (refused.status_code, refused.json()["error_code"]) == (403, "EGW00133")
    assert allowed.status_code == 200


async def test_an_app_key_keeps_its_first_secret_and_host():
    async with simulator() as (_, wire, demo):
        wrong = await replace(wire, app_secret="another").ask_token()
        elsewhere = await replace(wire, http=demo.http).ask_token()
        used_elsewhere = await replace(wire, http=demo.http).get(*PRICE, SAMSUNG)
    assert (wrong.status_code, wrong.json()["error_code"]) == (403, "EGW00105")
    assert elsewhere.json()["error_code"] == "EGW02004"
    assert (used_elsewhere.status_code, used_elsewhere.json()["msg_cd"]) == (500, "EGW02004")


async def test_a_request_without_a_live_token_is_refused():
    clock = ManualClock()
    async with simulator(clock=clock) as (_, wire, _demo):
        headers = wire.headers(PRICE[1])
        del headers["authorization"]
        missing = await wire.http.get(PRICE[0], params=SAMSUNG, headers=headers)
        unknown = await replace(wire, token="made-up").get(*PRICE, SAMSUNG)
        clock.pass_time(hours=24)
        expired = await wire.get(*PRICE, SAMSUNG)
    codes = [(reply.status_code, reply.json()["msg_cd"]) for reply in (missing, unknown, expired)]
    assert codes == [(500, "EGW00122"), (500, "EGW00121"), (500, "EGW00123")]


async def test_a_revoked_token_is_dead():
    async with simulator() as (_, wire, _demo):
        body = {"appkey": wire.app_key, "appsecret": wire.app_secret, "token": wire.token}
        revoked = await wire.http.post("/oauth2/revokeP", json=body)
        dead = await wire.get(*PRICE, SAMSUNG)
        renewed = await (await with_token(wire)).get(*PRICE, SAMSUNG)
    assert (revoked.status_code, revoked.json()["code"]) == (200, 200)
    assert dead.json()["msg_cd"] == "EGW00121"
    assert renewed.json()["rt_cd"] == "0"


async def test_an_approval_key_wants_the_secret_under_its_own_name():
    async with simulator() as (_, wire, _demo):
        right = {"grant_type": "client_credentials", "appkey": wire.app_key, "secretkey": wire.app_secret}
        given = await wire.http.post("/oauth2/Approval", json=right)
        wrong = {"grant_type": "client_credentials", "appkey": wire.app_key, "appsecret": wire.app_secret}
        refused = await wire.http.post("/oauth2/Approval", json=wrong)
    assert given.json()["approval_key"]
    assert (refused.status_code, refused.json()["error_code"]) == (403, "EGW00104")


async def test_a_hash_key_is_given_without_a_token():
    async with simulator() as (_, wire, _demo):
        headers = {"appkey": wire.app_key, "appsecret": wire.app_secret}
        reply = await wire.http.post("/uapi/hashkey", json={"ORD_QTY": "1"}, headers=headers)
    assert reply.json()["BODY"] == {"ORD_QTY": "1"}
    assert len(reply.json()["HASH"]) == 64


async def test_tokens_survive_a_restart_when_state_is_kept(tmp_path: Path):
    state = tmp_path / "state.sqlite"
    async with simulator(state_path=state) as (_, wire, _demo):
        token = wire.token
    async with simulator(state_path=state) as (sim, wire, _demo):
        old = Wire(wire.http, token=token)
        assert (await old.get(*PRICE, SAMSUNG)).json()["rt_cd"] == "0"
        assert token == wire.token
        assert sim.received
