"""What leaves for ntfy, Telegram and webhooks, and what each answer means."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from kis_mcp.alerts import Attempt, Notice, NoticeChannel
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.notify import NtfyChannel, TelegramChannel, WebhookChannel
from tests.notify.receiver import run_receiver

NOTICE = Notice(
    "f0123",
    "aabc",
    Environment.DEMO,
    datetime(2026, 3, 4, 10, 31, 5, tzinfo=KST),
    "KIS alert (demo)",
    "삼성전자 <b>_up_",
)
UNCLEAR = "it may have arrived"


def channels(url: str, seconds: float = 10) -> list[NoticeChannel]:
    return [
        NtfyChannel(SecretStr(f"{url}/hidden-topic"), SecretStr("tk_hidden"), seconds=seconds),
        TelegramChannel(SecretStr("42:hidden"), SecretStr("-777"), base_url=url, seconds=seconds),
        WebhookChannel(SecretStr(f"{url}/hidden?key=hidden"), seconds=seconds),
    ]


async def test_ntfy_gets_the_text_with_the_firings_id_as_its_sequence() -> None:
    async with run_receiver() as receiver:
        ntfy, _, _ = channels(receiver.url)
        assert await ntfy.send(NOTICE) == Attempt("delivered", "delivered")
    (post,) = receiver.posts
    assert (post.path, post.body.decode()) == ("/hidden-topic", NOTICE.text)
    wanted = {"title": NOTICE.title, "x-sequence-id": NOTICE.id, "authorization": "Bearer tk_hidden"}
    assert {name: post.headers[name] for name in wanted} == wanted


async def test_telegram_gets_the_text_as_it_is_and_no_markup() -> None:
    async with run_receiver() as receiver:
        _, telegram, _ = channels(receiver.url)
        assert await telegram.send(NOTICE) == Attempt("delivered", "delivered")
    (post,) = receiver.posts
    assert post.path == "/bot42:hidden/sendMessage"
    assert post.json == {
        "chat_id": "-777",
        "text": f"{NOTICE.title}\n{NOTICE.text}",
        "link_preview_options": {"is_disabled": True},
    }


async def test_a_webhook_gets_json_with_the_firings_id_as_its_key() -> None:
    async with run_receiver() as receiver:
        _, _, webhook = channels(receiver.url)
        assert await webhook.send(NOTICE) == Attempt("delivered", "delivered")
    (post,) = receiver.posts
    assert (post.path, post.headers["idempotency-key"]) == ("/hidden?key=hidden", NOTICE.id)
    assert post.json == {
        "id": "f0123",
        "alert_id": "aabc",
        "environment": "demo",
        "at": "2026-03-04T10:31:05+09:00",
        "title": "KIS alert (demo)",
        "text": "삼성전자 <b>_up_",
    }


@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        (204, "delivered", "delivered"),
        (302, "refused", "HTTP 302"),
        (404, "refused", "HTTP 404"),
        (429, "failed", "HTTP 429"),
        (503, "failed", "HTTP 503"),
        (-1, "unclear", f"the connection broke; {UNCLEAR}"),
        (0, "unclear", f"no answer in time; {UNCLEAR}"),
    ],
)
async def test_an_answer_means_the_same_for_each_channel(kind: int, status: int, outcome: Any, words: str) -> None:
    async with run_receiver() as receiver:
        receiver.statuses = [status]
        channel = channels(receiver.url, 10 if status else 0.5)[kind]
        assert await channel.send(NOTICE) == Attempt(outcome, words)
    assert len(receiver.posts) == 1


async def test_a_redirect_is_not_followed() -> None:
    async with run_receiver() as elsewhere, run_receiver() as receiver:
        receiver.statuses, receiver.location = [307], elsewhere.url
        assert (await channels(receiver.url)[2].send(NOTICE)).outcome == "refused"
        assert elsewhere.posts == []


async def test_what_was_never_sent_has_failed() -> None:
    async with run_receiver() as receiver:
        url = receiver.url
    for channel in channels(url):
        assert await channel.send(NOTICE) == Attempt("failed", "no connection")


async def test_no_address_and_no_secret_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with run_receiver() as receiver:
        receiver.statuses = [500, 404, -1]
        found = channels(receiver.url)
        attempts = [await channel.send(NOTICE) for channel in found]
    shown = f"{caplog.text}{attempts}{[vars(channel) for channel in found]}"
    assert "hidden" not in shown
    assert "-777" not in shown


async def test_an_answer_without_end_holds_nobody_up() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 1_000)
        await reader.read()
        writer.close()
        closed.set()

    closed = asyncio.Event()
    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert (await channels(url)[2].send(replace(NOTICE, text="x"))).outcome == "delivered"
        await closed.wait()
