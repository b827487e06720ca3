"""One request through the whole gateway, over a real socket."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from kis_mcp.catalog.gateway import KisRequest, reading_for_an_order
from kis_mcp.clock import KST
from kis_mcp.errors import (
    BadArgument,
    CredentialsError,
    KisMcpError,
    KisUnavailable,
    NotInEnvironment,
    OrderRefused,
    OrderRejected,
    OrderStateUnknown,
    RateLimited,
)
from kis_mcp.kis.rest import HttpGateway
from tests.kis.conftest import NewGateway
from tests.kis.fake_kis import SUCCESS, Answered, Break, FakeKis, FakeTime, at_once, business_error, oauth_error

READ = KisRequest("GET", "/uapi/quote", "FHKST01010100", {"FID_INPUT_ISCD": "005930", "EMPTY": ""})
ORDER = KisRequest("POST", "/uapi/order", "TTTC0012U", {"CANO": "12345678", "PDNO": "005930", "ORD_UNPR": "0"})
NO_JSON = Answered(b"<html>Bad Gateway</html>", 502)


async def test_a_read_is_a_query_with_kis_headers(gateway: HttpGateway, kis: FakeKis) -> None:
    reply = await gateway.read(READ)
    assert reply.body["output"] == {"stck_prpr": "1"}
    (seen,) = kis.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/uapi/quote", {"FID_INPUT_ISCD": "005930", "EMPTY": ""})
    expected = {
        "authorization": "Bearer token-1",
        "appkey": "the-app-key",
        "appsecret": "the-app-secret",
        "tr_id": "FHKST01010100",
        "tr_cont": "",
        "custtype": "P",
        "content-type": "application/json; charset=utf-8",
    }
    assert {name: seen.headers.get(name) for name in expected} == expected


async def test_an_order_is_a_json_body_of_strings(gateway: HttpGateway, kis: FakeKis) -> None:
    await gateway.order(ORDER, at_once)
    (seen,) = kis.seen
    assert (seen.method, seen.query, seen.body) == ("POST", {}, dict(ORDER.elements))


async def test_the_next_page_is_asked_for_and_announced_in_headers(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.append(Answered({"rt_cd": "0", "output": []}, headers={"tr_cont": "M"}))
    reply = await gateway.read(KisRequest("GET", "/uapi/list", "X", {}, tr_cont="N"))
    assert kis.seen[0].headers["tr_cont"] == "N"
    assert reply.has_more


async def test_fractions_in_a_body_stay_text(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.append(Answered(b'{"rt_cd": 0, "output": {"price": 0.1, "rate": NaN, "count": 3}}'))
    assert (await gateway.read(READ)).body["output"] == {"price": "0.1", "rate": "NaN", "count": 3}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (business_error("OPSQ2001"), BadArgument),
        (business_error("OPSQ2001", status=200), BadArgument),
        (business_error("APBK1234"), BadArgument),
        (business_error("EGW02004"), NotInEnvironment),
        (business_error("EGW02006"), NotInEnvironment),
        (business_error("MCA00124", status=200), NotInEnvironment),
        (business_error("EGW00206"), CredentialsError),
        (oauth_error("EGW00103"), CredentialsError),
    ],
)
async def test_a_refused_read_is_told_once_with_kis_own_words(
    gateway: HttpGateway, kis: FakeKis, answer: Answered, error: type[KisMcpError]
) -> None:
    kis.script.append(answer)
    with pytest.raises(error) as raised:
        await gateway.read(READ)
    assert isinstance(answer.body, dict)
    assert raised.value.kis_code == answer.body.get("msg_cd", answer.body.get("error_code"))
    assert raised.value.kis_message == "refused"
    assert len(kis.seen) == 1


PASSING: list[Answered | Break] = [
    NO_JSON,
    business_error("EGW00001"),
    business_error("EGW00202", status=200),
    Answered({}, 500),
    Answered([1]),  # pyright: ignore[reportArgumentType]
    Answered(b""),
    Break.RESET,
    Break.HALF,
]


@pytest.mark.parametrize("answer", PASSING, ids=str)
async def test_a_read_that_got_no_usable_answer_is_tried_again(
    gateway: HttpGateway, kis: FakeKis, answer: Answered | Break
) -> None:
    kis.script.extend([answer, answer])
    assert (await gateway.read(READ)).body["rt_cd"] == "0"
    assert len(kis.seen) == 3


async def test_a_read_is_given_up_after_three_attempts_with_growing_waits(
    gateway: HttpGateway, kis: FakeKis, time: FakeTime
) -> None:
    kis.script.extend([NO_JSON] * 9)
    with pytest.raises(KisUnavailable, match="HTTP 502"):
        await gateway.read(READ)
    assert len(kis.seen) == 3
    assert time.slept == [0.25, 0.5]


async def test_a_silent_kis_is_given_up(new_gateway: NewGateway, kis: FakeKis) -> None:
    gateway = new_gateway(timeout_seconds=0.05)
    kis.script.extend([Break.SILENT] * 3)
    with pytest.raises(KisUnavailable, match="ReadTimeout"):
        await gateway.read(READ)


@pytest.mark.parametrize("status", [200, 500])
async def test_a_read_over_the_limit_waits_out_the_window_and_goes_again(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime, status: int
) -> None:
    gateway = new_gateway(requests_per_second=18)
    kis.script.append(business_error("EGW00201", status=status))
    started = time.seconds
    await gateway.read(READ)
    assert len(kis.seen) == 2
    assert time.seconds - started >= 1
    assert (gateway.status().requests_per_second, gateway.status().limit_now) == (18, 13)


async def test_a_full_ledger_of_kis_is_asked_again_without_slowing_the_own_requests(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway = new_gateway(requests_per_second=18)
    kis.script.append(business_error("EGW00215"))
    started = time.seconds
    assert (await gateway.read(READ)).body["rt_cd"] == "0"
    assert len(kis.seen) == 2
    assert time.seconds - started < 1
    assert (gateway.status().taken, gateway.status().limit_now) == (2, 18)


async def test_a_ledger_that_stays_full_is_told_apart_from_the_own_limit(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.extend([business_error("EGW00215")] * 20)
    with pytest.raises(RateLimited, match="limit of requests of all customers together") as raised:
        await gateway.read(READ)
    assert "the own rate limit is not the cause" in raised.value.remedy
    assert len(kis.seen) == 6


async def test_an_order_goes_before_reads_that_came_earlier(new_gateway: NewGateway, kis: FakeKis) -> None:
    gateway = new_gateway(requests_per_second=1)
    await gateway.read(READ)
    await asyncio.gather(gateway.read(READ), gateway.read(READ), gateway.order(ORDER, at_once))
    assert [seen.method for seen in kis.seen] == ["GET", "POST", "GET", "GET"]


async def test_what_an_order_needs_to_know_goes_before_reads_that_came_earlier(
    new_gateway: NewGateway, kis: FakeKis
) -> None:
    gateway, needed = new_gateway(requests_per_second=1), replace(READ, path="/uapi/needed")

    async def needs() -> None:
        with reading_for_an_order():
            await gateway.read(needed)

    await gateway.read(READ)
    await asyncio.gather(gateway.read(READ), gateway.read(READ), needs())
    assert [seen.path for seen in kis.seen] == [READ.path, needed.path, READ.path, READ.path]


async def test_kis_own_time_comes_with_its_answer(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.append(Answered(SUCCESS.body, 200, {"date": "Tue, 03 Mar 2026 01:00:00 GMT"}))
    assert (await gateway.read(READ)).kis_time == datetime(2026, 3, 3, 10, tzinfo=KST)
    kis.script.append(Answered(SUCCESS.body, 200, {"date": "yesterday"}))
    assert (await gateway.read(READ)).kis_time is None


async def test_a_wrong_clock_is_known_to_the_next_process_until_it_is_right(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    for hours in (3, 0, -72):
        at_kis = (time.clock() + timedelta(hours=hours)).astimezone(UTC)
        kis.script.append(Answered(SUCCESS.body, 200, {"date": format_datetime(at_kis, usegmt=True)}))
        await new_gateway().read(READ)
        kis.script.append(SUCCESS)
        later = new_gateway()
        await later.read(READ)
        assert abs(later.status().clock_error - timedelta(hours=hours)) <= timedelta(seconds=1)


@pytest.mark.parametrize("kept", ["NaN", "1e300", '"long"', "null"])
async def test_a_damaged_note_of_the_clock_counts_as_none(gateway: HttpGateway, tmp_path: Path, kept: str) -> None:
    await gateway.read(READ)
    (token,) = (tmp_path / "tokens").glob("*.json")
    token.with_name(f"clock-{token.name}").write_text(f'{{"seconds": {kept}}}')
    assert gateway.status().clock_error == timedelta()


async def test_a_limit_that_never_clears_is_an_error(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.extend([business_error("EGW00201")] * 20)
    with pytest.raises(RateLimited) as raised:
        await gateway.read(READ)
    assert raised.value.kis_code == "EGW00201"
    assert len(kis.seen) == 6


async def test_an_order_over_the_limit_was_rejected_and_goes_again(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.extend([business_error("EGW00201"), business_error("EGW00215", status=200)])
    assert (await gateway.order(ORDER, at_once)).body["rt_cd"] == "0"
    assert len(kis.seen) == 3


UNCLEAR: list[Answered | Break] = [
    *PASSING,
    business_error("", status=200),
    business_error("EGW00002"),
    business_error("EGW99999"),
    business_error("EGW00301"),
    business_error("EGW00302", status=200),
    business_error("OPSQ0004"),
    business_error("OPSQ2003", status=200),
    oauth_error("E-1"),
    Answered({"rt_cd": "0", "msg_cd": "APBK0013"}, 500),
    business_error("APBK0013", status=200),
]


@pytest.mark.parametrize("answer", UNCLEAR, ids=str)
async def test_an_order_without_a_clear_answer_is_unknown_and_never_resent(
    gateway: HttpGateway, kis: FakeKis, answer: Answered | Break
) -> None:
    kis.script.append(answer)
    with pytest.raises(OrderStateUnknown, match="Do not place it again"):
        await gateway.order(ORDER, at_once)
    assert len(kis.seen) == 1


async def test_an_order_that_kis_does_not_answer_in_time_is_unknown(new_gateway: NewGateway, kis: FakeKis) -> None:
    kis.script.append(Break.SILENT)
    with pytest.raises(OrderStateUnknown):
        await new_gateway(timeout_seconds=0.05).order(ORDER, at_once)
    assert len(kis.seen) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (business_error("APBK0919", status=200), OrderRejected),
        (business_error("40570000", status=500), OrderRejected),
        (business_error("40100000", status=200), OrderRejected),
        (business_error("OPSQ2002"), OrderRejected),
        (business_error("EGW02006"), NotInEnvironment),
        (business_error("EGW00206"), CredentialsError),
    ],
)
async def test_an_order_that_kis_plainly_refused_is_rejected(
    gateway: HttpGateway, kis: FakeKis, answer: Answered, error: type[KisMcpError]
) -> None:
    kis.script.append(answer)
    with pytest.raises(error) as raised:
        await gateway.order(ORDER, at_once)
    assert raised.value.kis_message == "refused"
    assert len(kis.seen) == 1


async def test_an_order_that_found_no_kis_was_not_sent(new_gateway: NewGateway, kis: FakeKis) -> None:
    gateway = new_gateway()
    await gateway.read(READ)
    await gateway.aclose()
    kis.stop_listening()
    with pytest.raises(KisUnavailable, match="ConnectError"):
        await gateway.order(ORDER, at_once)
    assert len(kis.seen) == 1


class Gate:
    """Lets an order leave until it is shut, and notes when it was asked."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time
        self.asked: list[float] = []
        self.is_shut = False

    async def __call__(self) -> None:
        self.asked.append(self._time.seconds)
        if self.is_shut:
            raise OrderRefused("Halted.", remedy="Ask a person.")


async def test_an_order_asks_whether_it_may_leave_when_it_has_waited_for_the_limit(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime
) -> None:
    gateway, gate = new_gateway(requests_per_second=1), Gate(time)
    await gateway.read(READ)
    started = time.seconds
    sending = asyncio.create_task(gateway.order(ORDER, gate))
    await asyncio.sleep(0)
    gate.is_shut = True
    with pytest.raises(OrderRefused, match="Halted"):
        await sending
    (asked,) = gate.asked
    assert asked - started >= 1
    assert [seen.method for seen in kis.seen] == ["GET"]


async def test_an_order_that_has_to_wait_for_a_token_asks_after_it(
    gateway: HttpGateway, kis: FakeKis, time: FakeTime
) -> None:
    gate = Gate(time)
    gate.is_shut = True
    with pytest.raises(OrderRefused):
        await gateway.order(ORDER, gate)
    assert (len(kis.token_requests), kis.seen) == (1, [])


@pytest.mark.parametrize("answer", [business_error("EGW00201"), business_error("EGW00123")], ids=["limit", "token"])
async def test_an_order_that_kis_turned_away_asks_again_before_it_goes_again(
    new_gateway: NewGateway, kis: FakeKis, time: FakeTime, answer: Answered
) -> None:
    gateway, gate = new_gateway(token_interval_seconds=0), Gate(time)
    kis.script.append(answer)

    async def once() -> None:
        await gate()
        gate.is_shut = True

    with pytest.raises(OrderRefused):
        await gateway.order(ORDER, once)
    assert len(kis.seen) == 1


async def test_no_secret_and_no_account_number_is_told_even_if_kis_repeats_it(
    gateway: HttpGateway, kis: FakeKis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hidden = ["the-app-key", "the-app-secret", "token-1", "12345678"]
    kis.script.append(business_error("APBK0001", " ".join(hidden)))
    with pytest.raises(OrderRejected) as raised:
        await gateway.order(ORDER, at_once)
    await gateway.read(KisRequest("GET", "/uapi/balance", "X", {"CANO": "12345678"}))
    told = f"{raised.value} {raised.value.facts()} {gateway.status()} {gateway._connection} {caplog.text}"
    assert raised.value.kis_message == "*** *** *** ***"
    assert [secret for secret in hidden if secret in told] == []


async def test_the_state_on_disk_is_private_and_files_do_not_tell_the_key(gateway: HttpGateway, tmp_path: Path) -> None:
    await gateway.read(READ)
    paths = list(tmp_path.rglob("*"))  # noqa: ASYNC240
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
    assert not any("the-app-key" in str(path) for path in paths)
    assert not any(b"the-app-key" in path.read_bytes() for path in paths if path.is_file())


async def test_the_status_tells_token_and_limiter(new_gateway: NewGateway, time: FakeTime) -> None:
    gateway = new_gateway(requests_per_second=5)
    assert not gateway.status().has_token
    await gateway.read(READ)
    status = gateway.status()
    assert status.has_token
    assert status.token_expires_at and (status.token_expires_at - time.clock()).total_seconds() == 86400
    assert (status.requests_per_second, status.taken, status.waiting) == (5, 1, 0)


async def test_a_cancelled_read_stops(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.append(Break.SILENT)
    reading = asyncio.create_task(gateway.read(READ))
    await kis.asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await gateway.read(READ)).body == json.loads(json.dumps(SUCCESS.body))


async def test_an_order_over_the_limit_is_sent_again_at_most_twice(gateway: HttpGateway, kis: FakeKis) -> None:
    kis.script.extend([business_error("EGW00201")] * 20)
    with pytest.raises(RateLimited):
        await gateway.order(ORDER, at_once)
    assert len([request for request in kis.seen if request.path == ORDER.path]) == 3
