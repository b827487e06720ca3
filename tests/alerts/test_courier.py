"""Deliveries: tried until acknowledged, never again after that, and given up in the end."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kis_mcp.alerts import Attempt, Courier, Delivery, Firing, Notice, new_rule
from kis_mcp.alerts.courier import BACK_OFF
from kis_mcp.alerts.rules import Say
from kis_mcp.environment import Environment
from kis_mcp.storage import SqliteAlerts
from tests.alerts.keeping import NOW
from tests.streams.test_watches import condition

ARRIVED, DOWN = Attempt("delivered", "delivered"), Attempt("failed", "HTTP 503")
UNCLEAR, REFUSED = Attempt("unclear", "no answer in time"), Attempt("refused", "HTTP 404")


class Channel:
    """Ends attempts as it is told, then delivers."""

    def __init__(self, kind: str, *attempts: Attempt) -> None:
        self.kind = kind
        self.attempts = list(attempts)
        self.sent: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def send(self, notice: Notice) -> Attempt:
        await self.is_open.wait()
        self.sent.append(notice.id)
        self.texts.append((notice.title, notice.text))
        return self.attempts.pop(0) if self.attempts else ARRIVED


class Post:
    """The deliveries of one folder, by the machine's clock."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteAlerts(path)
        self.now = NOW

    async def fire(self, firing_id: str, *channels: str, at: datetime = NOW) -> Firing:
        rule = new_rule(condition({"symbol": "005930", "price_above": 1}), at, at + timedelta(days=1), None)
        await self.store.create(rule)
        firing = Firing(firing_id, rule.id, at, "words", False, "text")
        assert await self.store.fire(replace(rule, fired_at=at, firings=1), firing, channels)
        return firing

    async def deliver(self, *channels: Channel, say: Say = str) -> None:
        """What a process does that starts with these channels."""
        courier = Courier(self.store, channels, environment=Environment.SIM, clock=lambda: self.now, say=say)
        await courier.deliver_due()

    async def states(self, *firing_ids: str) -> list[tuple[str, str, int, str]]:
        return [
            (each.channel, each.state, each.attempts, each.words) for each in await self.store.deliveries(firing_ids)
        ]


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path / "alerts.db")


async def test_what_fired_before_a_crash_is_delivered_at_the_next_start_and_once(post: Post) -> None:
    await post.fire("f1", "ntfy", "webhook", at=NOW + timedelta(days=300))
    ntfy, webhook = Channel("ntfy"), Channel("webhook", DOWN)
    await post.deliver(ntfy, webhook)
    post.now += BACK_OFF[0]
    for _ in range(2):
        await post.deliver(ntfy, webhook)
    assert (ntfy.sent, webhook.sent) == (["f1"], ["f1", "f1"])
    assert await post.states("f1") == [
        ("ntfy", "delivered", 1, "delivered"),
        ("webhook", "delivered", 2, "delivered"),
    ]


@pytest.mark.parametrize("attempt", [DOWN, UNCLEAR])
async def test_what_failed_or_may_have_arrived_is_tried_again_with_back_off_and_given_up(
    post: Post, attempt: Attempt
) -> None:
    await post.fire("f1", "ntfy")
    ntfy = Channel("ntfy", *[attempt] * 20)
    await post.deliver(ntfy)
    for made, wait in enumerate(BACK_OFF, start=1):
        post.now += wait - timedelta(seconds=1)
        await post.deliver(ntfy)
        assert len(ntfy.sent) == made
        post.now += timedelta(seconds=1)
        await post.deliver(ntfy)
    post.now += timedelta(days=1)
    await post.deliver(ntfy)
    assert await post.states("f1") == [("ntfy", "given_up", len(BACK_OFF) + 1, attempt.words)]
    assert ntfy.sent == ["f1"] * (len(BACK_OFF) + 1)


async def test_what_is_refused_is_given_up_at_once(post: Post) -> None:
    await post.fire("f1", "telegram")
    await post.deliver(Channel("telegram", REFUSED))
    assert await post.states("f1") == [("telegram", "given_up", 1, "HTTP 404")]


async def test_what_is_owed_by_a_channel_that_this_process_lacks_waits_for_one_that_has_it(post: Post) -> None:
    await post.fire("f1", "telegram")
    await post.deliver(Channel("ntfy"))
    assert await post.states("f1") == [("telegram", "waiting", 0, "")]
    await post.deliver(Channel("telegram"))
    assert await post.states("f1") == [("telegram", "delivered", 1, "delivered")]


async def test_a_slow_channel_holds_up_no_other(post: Post) -> None:
    await post.fire("f1", "ntfy", "webhook")
    await post.fire("f2", "ntfy", "webhook")
    ntfy, webhook = Channel("ntfy"), Channel("webhook")
    ntfy.is_open.clear()
    delivering = asyncio.create_task(post.deliver(ntfy, webhook))
    async with asyncio.timeout(20):
        while len(webhook.sent) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    ntfy.is_open.set()
    await delivering
    assert ntfy.sent == webhook.sent == ["f1", "f2"]


async def test_each_channels_last_outcome_is_that_of_the_latest_firing_tried(post: Post) -> None:
    await post.fire("f1", "ntfy", "webhook")
    await post.deliver(Channel("ntfy", DOWN), Channel("webhook", REFUSED))
    await post.fire("f2", "ntfy")
    await post.deliver(Channel("ntfy"))
    last: list[Delivery] = list(await post.store.last_outcomes())
    assert sorted((each.channel, each.firing.id, each.words) for each in last) == [
        ("ntfy", "f2", "delivered"),
        ("webhook", "f1", "HTTP 404"),
    ]


async def test_what_is_sent_is_said_in_the_language_of_its_reader(post: Post) -> None:
    await post.fire("f1", "ntfy")
    ntfy = Channel("ntfy")
    await post.deliver(ntfy, say=lambda text: f"[{text}]")
    assert ntfy.texts == [("[KIS alert (sim)]", "[text]")]
