"""The approval page over its real socket."""

import asyncio
import logging
import re
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from kis_mcp.confirm.page.approvals import REPORT_SECONDS, Approvals
from kis_mcp.confirm.pin import MOST_WRONG
from kis_mcp.errors import OrderRefused
from kis_mcp.trading.decision import Decision
from tests.confirm.page.conftest import DOOR, FACTS, PIN, SECONDS, FakeTime, Visitor, Waiting, form, waiting

Page = tuple[Waiting, Visitor]


def is_listening(url: str) -> bool:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


async def test_the_page_shows_every_fact_of_the_question(page: Page) -> None:
    shown = (await page[1].look()).text
    for fact in (
        "REAL",
        "BUY 3 삼성전자",
        "삼성전자 (005930), krx",
        "매수 BUY",
        "60,000 KRW",
        "180,000 KRW",
        "87****21-01",
    ):
        assert fact in shown
    assert "--seconds: 120 " in shown
    assert "until 10:32:00 KST" in shown
    assert "10:32:00 (한국시간)까지" in shown


async def test_text_of_others_cannot_become_markup(approvals: Approvals, time: FakeTime) -> None:
    hostile = """</title><script>alert('$nonce')</script>"""
    facts = replace(FACTS, headline=hostile, terms={"instrument": hostile}, warnings=(hostile,))
    async with waiting(approvals, time, facts) as (_, visitor):
        shown = (await visitor.look()).text
    assert "<script" not in shown
    assert shown.count("&lt;/title&gt;&lt;script&gt;alert(&#x27;$nonce&#x27;)&lt;/script&gt;") == 4


async def test_the_right_pin_approves_and_the_socket_is_gone(page: Page) -> None:
    question, visitor = page
    answered = await visitor.answer("approve", PIN)
    assert answered.status_code == 200
    assert "승인했습니다" in answered.text
    assert "<form" not in answered.text
    await question.done.wait()
    assert question.decision == Decision(verdict="accepted", channel="page")
    assert not is_listening(question.url)


async def test_rejecting_needs_no_pin(page: Page) -> None:
    question, visitor = page
    answered = await visitor.answer("reject")
    assert "거절했습니다" in answered.text
    await question.done.wait()
    assert question.decision
    assert (question.decision.verdict, question.decision.channel) == ("declined", "page")
    assert not is_listening(question.url)


async def test_three_wrong_pins_reject(page: Page) -> None:
    question, visitor = page
    for left in (2, 1):
        answered = await visitor.answer("approve", "0000")
        assert answered.status_code == 403
        assert "That is not the PIN." in answered.text
        assert f"{left} tries left" in answered.text
    answered = await visitor.answer("approve", "0000")
    assert "too many wrong PINs" in answered.text
    await question.done.wait()
    assert question.decision == Decision(verdict="declined", channel="page", reason="3 wrong PINs")


async def test_a_wrong_pin_can_be_followed_by_the_right_one(page: Page) -> None:
    question, visitor = page
    await visitor.answer("approve", "0000")
    await visitor.answer("approve", PIN)
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "accepted"


async def test_a_pin_left_out_is_no_try(page: Page) -> None:
    answered = await page[1].answer("approve")
    assert "Type your PIN" in answered.text
    assert "3 tries left" in answered.text


async def test_wrong_pins_sent_at_once_are_no_more_than_three_tries(page: Page) -> None:
    question, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve", "pin": "0000"}
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(visitor.send, fields)
    shown = (await visitor.look()).text
    assert "2 tries left" in shown
    assert question.decision is None


async def test_a_form_sent_again_is_no_second_try(page: Page) -> None:
    _, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve"}
    await visitor.send({**fields, "pin": "0000"})
    again = await visitor.send({**fields, "pin": PIN})
    assert again.status_code == 403
    assert "2 tries left" in again.text


async def test_an_answer_after_the_decision_changes_nothing(page: Page) -> None:
    question, visitor = page
    fields = form(await visitor.look())
    async with anyio.create_task_group() as tasks:
        for answer in ("reject", "approve", "approve"):
            tasks.start_soon(visitor.send, {**fields, "answer": answer, "pin": PIN})
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "declined"


async def test_a_question_expires(page: Page, time: FakeTime) -> None:
    question, _ = page
    time.pass_by(SECONDS - 1)
    assert not question.done.is_set()
    time.pass_by(1)
    await question.done.wait()
    assert question.decision == Decision(verdict="cancelled", channel="page", reason="nobody answered in time")
    assert not is_listening(question.url)


async def test_the_right_pin_comes_too_late_once_the_time_is_up(page: Page, time: FakeTime) -> None:
    question, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve", "pin": PIN}
    time.now += timedelta(seconds=SECONDS)
    answered = await visitor.send(fields)
    assert "This question is over." in answered.text
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "cancelled"


async def test_a_cancelled_caller_takes_its_page_along(approvals: Approvals, time: FakeTime) -> None:
    async with waiting(approvals, time) as (question, _):
        assert is_listening(question.url)
    assert question.decision is None
    assert not is_listening(question.url)


async def test_who_shares_a_page_is_cancelled_with_its_first_caller(approvals: Approvals, time: FakeTime) -> None:
    other = Waiting(approvals, time)
    async with waiting(approvals, time):
        sharing = asyncio.create_task(other.run())
        await other.reported.wait()
    await sharing
    assert other.decision == Decision(verdict="cancelled", channel="page", reason="the call was cancelled")


async def test_the_client_is_told_now_and_then_where_the_page_is(page: Page, time: FakeTime) -> None:
    question, _ = page
    question.reported = anyio.Event()
    time.pass_by(REPORT_SECONDS)
    await question.reported.wait()
    assert question.reports == [
        f"Waiting for a person to approve at {question.url} ({left} s left). A client that gives up earlier takes the"
        " page away: let its time-out for tool calls be over 120 s."
        for left in (120, 118)
    ]


async def test_a_client_that_takes_no_reports_can_be_approved_for(approvals: Approvals, tmp_path: Path) -> None:
    async def show(url: str) -> None:
        visitor = Visitor(url)
        async with visitor.http:
            await visitor.answer("approve", PIN)

    async def broken(message: str) -> None:
        raise anyio.BrokenResourceError

    time = FakeTime()
    headless = Approvals(tmp_path, seconds=SECONDS, clock=time.clock, sleep=time.sleep, show=show)
    decision = await headless.ask("an-intent", FACTS, broken)
    assert decision.verdict == "accepted"


async def test_the_address_is_logged_for_who_has_no_screen(
    approvals: Approvals, time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "kis_mcp"):
        async with waiting(approvals, time) as (question, _):
            pass
    assert question.url in caplog.text


async def test_questions_at_the_same_time_have_pages_of_their_own(approvals: Approvals, time: FakeTime) -> None:
    questions = [Waiting(approvals, time) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for number, question in enumerate(questions):
            tasks.start_soon(question.run, f"intent-{number}")
            await question.reported.wait()
        assert len({question.url for question in questions}) == 3
        visitors = [Visitor(question.url) for question in questions]
        swapped = await visitors[0].http.get(f"{questions[0].origin}{urlsplit(questions[1].url).path}")
        assert swapped.status_code == 404
        await visitors[1].answer("approve", PIN)
        await questions[1].done.wait()
        assert questions[0].decision is questions[2].decision is None
        await visitors[0].answer("reject")
        await visitors[2].answer("approve", PIN)
        for visitor in visitors:
            await visitor.http.aclose()
    assert [question.decision.verdict for question in questions if question.decision] == [
        "declined",
        "accepted",
        "accepted",
    ]


async def test_who_asks_the_same_again_waits_on_the_same_page(approvals: Approvals, time: FakeTime) -> None:
    one, other = Waiting(approvals, time), Waiting(approvals, time)
    async with anyio.create_task_group() as tasks:
        for question in (one, other):
            tasks.start_soon(question.run)
        for question in (one, other):
            await question.reported.wait()
        assert one.url == other.url
        visitor = Visitor(one.url)
        async with visitor.http:
            await visitor.answer("approve", PIN)
    assert one.decision == other.decision
    assert one.decision


async def test_a_locked_pin_refuses_before_anything_is_served(approvals: Approvals) -> None:
    for _ in range(MOST_WRONG):
        approvals.pin.matches("0000")

    async def no_report(message: str) -> None:
        raise AssertionError(message)

    with pytest.raises(OrderRefused, match="setup-pin"):
        await approvals.ask("an-intent", FACTS, no_report)


async def test_only_the_address_itself_is_answered_with_the_page(page: Page) -> None:
    question, visitor = page
    secret = urlsplit(question.url).path
    for path in ("", "/", "/approve", secret[:-1], f"{secret}x", f"{secret}/", secret.lower(), "/favicon.ico"):
        answered = await visitor.http.get(f"{question.origin}{path}")
        assert answered.status_code == 404
        assert "삼성전자" not in answered.text
    assert len(secret) > 40


@pytest.mark.parametrize("host", ["localhost", "evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]", ""])
async def test_another_host_name_is_refused(page: Page, host: str) -> None:
    question, visitor = page
    port = urlsplit(question.url).port
    named = f"{host}:{port}" if host in ("localhost", "evil.example", "[::1]") else host
    assert (await visitor.http.get(question.url, headers={"Host": named})).status_code in (400, 421)
    fields = {**form(await visitor.look()), "answer": "approve", "pin": PIN}
    assert (await visitor.send(fields, headers={"Host": named})).status_code in (400, 421)
    assert question.decision is None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://{host}", "http://localhost:{port}", None])
async def test_another_page_cannot_answer(page: Page, origin: str | None) -> None:
    question, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve", "pin": PIN}
    del visitor.http.headers["Origin"]
    parts = urlsplit(question.url)
    headers = {} if origin is None else {"Origin": origin.format(host=parts.netloc, port=parts.port)}
    assert (await visitor.send(fields, headers=headers)).status_code == 403
    assert question.decision is None


@pytest.mark.parametrize("token", [None, "", "0" * 64, "한글"])
async def test_a_form_without_its_token_decides_nothing(page: Page, token: str | None) -> None:
    question, visitor = page
    await visitor.look()
    fields = {"answer": "approve", "pin": PIN} | ({} if token is None else {"form_token": token})
    answered = await visitor.send(fields)
    assert answered.status_code == 403
    assert "3 tries left" in answered.text
    assert question.decision is None


async def test_the_first_visit_gets_a_cookie_of_this_page_and_shows_nothing_yet(page: Page) -> None:
    question, visitor = page
    door = await visitor.http.get(question.url)
    assert DOOR in door.text
    assert "삼성전자" not in door.text
    assert door.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in door.headers["content-security-policy"]
    cookie = door.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert f"path={urlsplit(question.url).path.lower()}" in cookie
    shown = await visitor.http.get(question.url)
    assert "삼성전자" in shown.text
    assert "set-cookie" not in shown.headers


@pytest.mark.parametrize("answer", ["approve", "reject"])
async def test_whoever_has_the_address_and_not_the_cookie_sees_nothing_and_answers_nothing(
    page: Page, answer: str
) -> None:
    question, visitor = page
    fields = form(await visitor.look())
    thief = Visitor(question.url)
    async with thief.http:
        for response in (
            await thief.look(),
            await thief.answer(answer, PIN),
            await thief.send({**fields, "answer": answer, "pin": PIN}),
            await thief.send(fields, headers={"Cookie": "kis_mcp_approval="}),
            await thief.look(),
        ):
            assert response.status_code == 403
            assert "set-cookie" not in response.headers
            assert "삼성전자" not in response.text
            assert "처음 연 브라우저에서만" in response.text
    assert question.decision is None
    await visitor.answer("approve", PIN)
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "accepted"


async def test_an_answer_before_the_first_visit_is_none_and_no_visit(page: Page) -> None:
    question, visitor = page
    assert (await visitor.send({"answer": "reject"})).status_code == 403
    assert question.decision is None
    await visitor.answer("approve", PIN)
    await question.done.wait()
    assert question.decision
    assert question.decision.verdict == "accepted"


async def test_of_visitors_at_the_same_time_one_is_let_in(page: Page) -> None:
    question, _ = page
    visitors = [Visitor(question.url) for _ in range(6)]
    statuses = list[int]()

    async def look(visitor: Visitor) -> None:
        async with visitor.http:
            statuses.append((await visitor.look()).status_code)

    async with anyio.create_task_group() as tasks:
        for visitor in visitors:
            tasks.start_soon(look, visitor)
    assert sorted(statuses) == [200, *[403] * 5]


async def test_a_browser_that_lost_its_cookie_cannot_answer(page: Page) -> None:
    question, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve", "pin": PIN}
    visitor.http.cookies.clear()
    assert (await visitor.send(fields)).status_code == 403
    assert question.decision is None


async def test_other_methods_and_bodies_are_refused(page: Page) -> None:
    question, visitor = page
    fields = {**form(await visitor.look()), "answer": "approve", "pin": PIN}
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert (await visitor.http.request(method, question.url)).status_code == 405
    assert (await visitor.http.post(question.url, json=fields)).status_code == 400
    assert (await visitor.send({**fields, "pad": "x" * 5000})).status_code == 400
    assert (await visitor.send({**fields, "answer": "perhaps"})).status_code == 403
    assert question.decision is None


async def test_the_page_forbids_scripts_framing_caching_and_strangers(page: Page) -> None:
    shown = await page[1].look()
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    nonce = re.search("'nonce-([^']+)'", policy)
    assert nonce
    assert f'<style nonce="{nonce[1]}">' in shown.text
    assert nonce[1] not in (await page[1].look()).text
    assert shown.headers["cache-control"] == "no-store"
    assert "<script" not in shown.text
    assert not re.search(r'(?:src|href)="', shown.text)


async def test_nothing_is_shown_elsewhere_on_the_machine(page: Page) -> None:
    parts = urlsplit(page[0].url)
    assert parts.hostname == "127.0.0.1"
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.2:{parts.port}{parts.path}")
