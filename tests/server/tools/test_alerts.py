"""Alerts through the core tool: what a model can do with them, and what the person gets."""

import asyncio
from collections.abc import Callable
from typing import Any

from kis_mcp.simulator import Simulator
from tests.client import blocks
from tests.notify.receiver import run_receiver
from tests.server.tools.test_watch import SAMSUNG, Live, live_server, trade

ABOVE = {"symbol": "005930", "price_above": 10_000_000}


async def until(live: Live, holds: Callable[[dict[str, Any]], bool], **arguments: Any) -> dict[str, Any]:
    """The tool's blocks, once they are so."""
    async with asyncio.timeout(20):
        while not holds(told := blocks(await live.call("alerts", **arguments))):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return told


async def test_an_alert_fires_once_and_reaches_the_person_and_who_asks_what_fired(simulator: Simulator) -> None:
    async with (
        run_receiver() as hook,
        live_server(simulator, alert_webhook_url=f"{hook.url}/secret-path") as live,
    ):
        (made,) = blocks(await live.call("alerts", action="create", condition=ABOVE))["alerts"]
        assert (made["status"], made["watching"], made["firings"]) == ("active", "starts within seconds", 0)
        assert made["fires_when"] == "005930 trades at or above 10,000,000"
        await live.kis.until(SAMSUNG)
        await until(live, lambda told: told["alerts"][0]["watching"] == "watched", action="list")
        await live.kis.send(trade(10_000_001))
        await hook.until(1)
        words = "005930 traded at 10,000,001, at or above 10,000,000 at 10:31:05 KST"
        told = await until(live, lambda told: "delivered" in str(told["fired"]), action="fired")
        (fired,) = told["fired"]
        assert (fired["alert_id"], fired["what"], fired["after_gap"]) == (made["alert_id"], words, False)
        assert fired["deliveries"] == "webhook: delivered"
        message = hook.posts[0].json
        assert message["text"] == f"삼성전자: {words}."
        assert (message["id"], message["alert_id"]) == (fired["firing_id"], made["alert_id"])
        assert hook.posts[0].headers["idempotency-key"] == fired["firing_id"]
        await live.kis.until_cut()
        listed = blocks(await live.call("alerts", action="list"))
        assert [(row["status"], row["firings"]) for row in listed["alerts"]] == [("fired", 1)]
        assert [row["channel"] for row in listed["channels"]] == ["webhook"]
        assert listed["channels"][0]["last_outcome"] == "delivered"
        assert "secret-path" not in str(listed) + str(told)
        assert blocks(await live.call("alerts", action="fired", cursor=told["result"]["cursor"]))["fired"] == []
        assert len(hook.posts) == 1
