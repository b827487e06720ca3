"""One token for all: kept, shared, renewed when due or refused, and asked for at most once a minute."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.errors import CredentialsError, KisUnavailable, OrderRejected, RateLimited, StorageError
from kis_mcp.kis.tokens import _life_seconds
from kis_mcp.storage.shared import LockedFile
from tests.kis.conftest import NewGateway
from tests.kis.fake_kis import Answered, Break, FakeKis, FakeTime, at_once, business_error, oauth_error

READ = KisRequest("GET", "/uapi/quote", "FHKST01010100", {})
ORDER = KisRequest("POST", "/uapi/order", "TTTC0012U", {"CANO": "12345678"})
TOO_SOON = oauth_error("EGW00133")
DEAD_TOKEN_CODES = ["EGW00121", "EGW00122", "EGW00123"]


def tokens_used(kis: FakeKis) -> list[str]:
    return [seen.headers["authorization"].removeprefix("Bearer ") for seen in kis.seen]


async def test_a_token_is_asked_for_without_credentials_in_headers(new_gateway: NewGateway, kis: FakeKis) -> None:
    await new_gateway().read(READ)
    (asked,) = kis.token_requests
    assert asked.body == {"grant_type": "client_credentials", "appkey": "the-app-key", "appsecret": "the-app-secret"}
    assert not {"authorization", "appkey", "appsecret"} & asked.headers.keys()


async def test_many_requests_at_once_ask_for_one_token(new_gateway: NewGateway, kis: FakeKis) -> None:
    gateway, other_process = new_gateway(), new_gateway()
    await asyncio.gather(*(process.read(READ) for process in [gateway, other_process] * 5))
    assert len(kis.token_requests) == 1


async def test_a_token_outlives_the_process(new_gateway: NewGateway, kis: FakeKis) -> None:
    await new_gateway().read(READ)
    await new_gateway().read(READ)
    assert len(kis.token_requests) == 1


@pytest.mark.parametrize("change", [{"app_key": "another-key"}, {"rest_url": "http://localhost"}])
async def test_another_key_or_host_has_a_token_of_its_own(
    new_gateway: NewGateway, kis: FakeKis, change: dict[str, str]
) -> None:
    await new_gateway().read(READ)
    if "rest_url" in change:
        change = {"rest_url": kis.url.replace("127.0.0.1", "localhost")}
    await new_gateway(**change).read(READ)
    assert tokens_used(kis) == ["token-1", "token-2"]


async def test_a_token_is_renewed_shortly_before_it_expires(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    time.seconds += 86400 - 601
    await gateway.read(READ)
    time.seconds += 2
    await gateway.read(READ)
    assert tokens_used(kis) == ["token-1", "token-1", "token-2"]


@pytest.mark.parametrize("answer", [TOO_SOON, oauth_error("EGW00002", status=500), Answered(b"", 502), Break.RESET])
async def test_a_token_that_still_works_is_used_while_kis_gives_no_other(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime, answer: Answered | Break
) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    time.seconds += 86400 - 300
    kis.token_script.append(answer)
    await gateway.read(READ)
    await gateway.read(READ)
    assert tokens_used(kis) == ["token-1"] * 3
    assert len(kis.token_requests) == 2


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize("code", DEAD_TOKEN_CODES)
async def test_a_dead_token_is_renewed_once_and_the_request_sent_again(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime, status: int, code: str
) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    time.seconds += 3600
    kis.script.append(business_error(code, status=status))
    await gateway.read(READ)
    assert tokens_used(kis) == ["token-1", "token-1", "token-2"]


async def test_an_order_refused_for_its_token_is_sent_again_with_another(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    time.seconds += 3600
    kis.script.extend([oauth_error("EGW00123", status=500), business_error("APBK0919")])
    with pytest.raises(OrderRejected):
        await gateway.order(ORDER, at_once)
    assert tokens_used(kis) == ["token-1", "token-1", "token-2"]


async def test_a_new_token_that_is_refused_too_is_an_error(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    time.seconds += 3600
    kis.script.extend([business_error("EGW00123")] * 5)
    with pytest.raises(CredentialsError) as raised:
        await gateway.read(READ)
    assert raised.value.kis_code == "EGW00123"
    assert len(kis.token_requests) == 2


async def test_processes_that_hit_a_dead_token_together_ask_for_one(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    processes = [new_gateway(), new_gateway(), new_gateway()]
    await asyncio.gather(*(process.read(READ) for process in processes))
    time.seconds += 3600
    kis.script.extend([business_error("EGW00123")] * 3)
    await asyncio.gather(*(process.read(READ) for process in processes))
    assert len(kis.token_requests) == 2
    assert tokens_used(kis)[-3:] == ["token-2"] * 3


async def test_a_token_refused_right_after_its_issue_waits_for_the_next_turn_or_says_when(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway = new_gateway()
    kis.script.append(business_error("EGW00121"))
    with pytest.raises(RateLimited, match="60 seconds"):
        await gateway.read(READ)
    assert len(kis.token_requests) == 1
    time.seconds += 45
    told: list[float] = []

    async def waiting(seconds: float) -> None:
        told.append(seconds)

    await gateway.read(READ, waiting=waiting)
    assert told[0] == pytest.approx(15)
    assert tokens_used(kis) == ["token-1", "token-2"]


async def test_kis_own_refusal_of_a_second_token_is_remembered_by_all_processes(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    kis.token_script.append(TOO_SOON)
    for _ in range(2):
        with pytest.raises(RateLimited, match="60 seconds"):
            await new_gateway().read(READ)
    assert len(kis.token_requests) == 1
    time.seconds += 60
    await new_gateway().read(READ)
    assert len(kis.token_requests) == 2


async def test_a_short_refusal_of_a_second_token_is_waited_out(new_gateway: NewGateway, kis: FakeKis) -> None:
    kis.token_script.append(TOO_SOON)
    await new_gateway(token_interval_seconds=10).read(READ)
    assert len(kis.token_requests) == 2


@pytest.mark.parametrize(
    ("answer", "error", "asked"),
    [
        (oauth_error("EGW00103"), CredentialsError, 1),
        (oauth_error("EGW00105"), CredentialsError, 1),
        (Answered(b"<html>", 502), KisUnavailable, 1),
        (Answered({"token_type": "Bearer"}), KisUnavailable, 1),
        (Answered({"access_token": "two\nlines"}), KisUnavailable, 1),
        (Break.RESET, KisUnavailable, 1),
    ],
)
async def test_an_order_that_found_no_token_was_not_sent(
    new_gateway: NewGateway, kis: FakeKis, answer: Answered | Break, error: type[Exception], asked: int
) -> None:
    kis.token_script.extend([answer] * 9)
    with pytest.raises(error):
        await new_gateway().order(ORDER, at_once)
    assert kis.seen == []
    assert len(kis.token_requests) == asked


async def test_a_process_that_hangs_while_renewing_is_not_waited_for_without_end(
    new_gateway: NewGateway, tmp_path: Path, time: FakeTime
) -> None:
    gateway = new_gateway()
    hanging = LockedFile(tmp_path / f"token-{gateway._connection.digest}.lock")
    assert hanging.try_lock()
    with pytest.raises(StorageError, match=r"token-\w+\.lock, held by another process"):
        await gateway.read(READ)
    hanging.close()
    await gateway.read(READ)


async def test_a_token_of_another_process_needs_no_lock(
    new_gateway: NewGateway, kis: FakeKis, tmp_path: Path, time: FakeTime
) -> None:
    """Not even to be used on while another process hangs over its renewal."""
    await new_gateway().read(READ)
    gateway = new_gateway()
    hanging = LockedFile(tmp_path / f"token-{gateway._connection.digest}.lock")
    assert hanging.try_lock()
    time.slept.clear()
    await gateway.read(READ)
    assert time.slept == []
    time.seconds += 86_400 - 60
    await gateway.read(READ)
    assert sum(time.slept) < 2
    assert len(kis.token_requests) == 1
    hanging.close()
    await gateway.read(READ)
    assert len(kis.token_requests) == 2


async def test_a_damaged_store_costs_a_token(new_gateway: NewGateway, kis: FakeKis, tmp_path: Path) -> None:
    gateway = new_gateway()
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / f"{gateway._connection.digest}.json").write_bytes(b"damaged")
    await gateway.read(READ)
    await new_gateway().read(READ)
    assert len(kis.token_requests) == 1


async def test_a_store_that_cannot_be_used_is_named(new_gateway: NewGateway, tmp_path: Path) -> None:
    (tmp_path / "tokens").touch()
    with pytest.raises(StorageError, match="tokens") as raised:
        await new_gateway().read(READ)
    assert raised.value.field == "KIS_DATA_DIR"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "expires_in": st.one_of(st.integers(), st.floats().map(str), st.text(), st.none()),
            "access_token_token_expired": st.one_of(st.text(), st.datetimes().map(str), st.none()),
        },
    )
)
def test_a_token_always_lives_for_a_sensible_time(body: dict[str, object]) -> None:
    assert 0 < _life_seconds(body, 1_756_684_800.0) <= 90 * 86400
