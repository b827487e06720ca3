"""Alerts through the core tool: what a model can do with them, and what the person gets."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client

from kis_mcp.settings import Settings
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.kis.live.fake_live_kis import encrypted, run_fake_live_kis
from tests.notify.receiver import run_receiver
from tests.server.tools.test_watch import NOTICES, SAMSUNG, Live, live_server, record, trade

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


async def test_an_alert_is_made_listed_and_deleted(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        arguments = {"condition": ABOVE, "repeat_minutes": 30, "until": "2026-03-10"}
        result = await live.call("alerts", action="create", **arguments)
        (made,) = blocks(result)["alerts"]
        assert result.structured_content["notes"] == [
            "The operator set no channel, so it is seen by action=fired and in `kis-mcp watch` only; README, Alerts."
        ]
        assert (made["until"], made["repeat_minutes"]) == ("2026-03-11T00:00:00+09:00", 30)
        (listed,) = blocks(await live.call("alerts", action="list"))["alerts"]
        assert listed["alert_id"] == made["alert_id"]
        (deleted,) = blocks(await live.call("alerts", action="delete", alert_id=made["alert_id"]))["alerts"]
        assert deleted["status"] == "deleted"
        assert blocks(await live.call("alerts", action="list"))["alerts"] == []
        failure = error(await live.call("alerts", action="delete", alert_id=made["alert_id"]))
        assert failure["field"] == "alert_id"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"action": "create"}, "condition"),
        ({"action": "delete"}, "alert_id"),
        ({"action": "create", "condition": {"symbol": "005930", "price_abov": 1}}, "condition.price_abov"),
        ({"action": "create", "condition": {"symbol": "999999", "price_above": 1}}, "condition"),
        ({"action": "create", "condition": {"symbol": "ZZZH40", "price_above": 1}}, "condition"),
        ({"action": "create", "condition": {"symbol": "AAPL", "vi": True}}, "kinds"),
        ({"action": "create", "condition": ABOVE, "until": "2026-03-03"}, "until"),
        ({"action": "create", "condition": ABOVE, "until": "2027-06-01"}, "until"),
        ({"action": "fired", "cursor": "x"}, "cursor"),
    ],
)
async def test_an_alert_that_could_not_fire_is_refused_and_not_kept(
    simulator: Simulator, arguments: dict[str, Any], field: str
) -> None:
    async with connected(settings_for(simulator)) as client:
        assert error(await client.call_tool("alerts", arguments))["field"] == field
        assert blocks(await client.call_tool("alerts", {"action": "list"}))["alerts"] == []


async def test_what_fired_is_read_in_pages(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        await live.call("alerts", action="create", condition={"symbol": "005930", "event": "trade"})
        await live.call("alerts", action="create", condition=ABOVE)
        await until(live, lambda told: all(row["watching"] == "watched" for row in told["alerts"]), action="list")
        await live.kis.send(trade(10_000_001))
        await until(live, lambda told: len(told["fired"]) == 2, action="fired")
        first = await live.call("alerts", action="fired", limit=1)
        cursor = first.structured_content["next_cursor"]
        second = await live.call("alerts", action="fired", limit=1, cursor=cursor)
        assert second.structured_content["complete"] is True
        ids = [row["alert_id"] for page in (first, second) for row in blocks(page)["fired"]]
        assert len(set(ids)) == 2


async def test_a_fill_of_the_persons_order_fires_without_an_account_number(simulator: Simulator) -> None:
    async with run_receiver() as hook, live_server(simulator, alert_webhook_url=hook.url) as live:
        await live.call("alerts", action="create", condition={"order": "filled"})
        await live.kis.until(("H0STCNI0", "simulator"), ("H0GSCNI0", "simulator"))
        values = {"account_number": "8765432101", "order_id": "0000001234", "symbol": "005930", "side": "02"}
        fill = record(
            NOTICES,
            **values,
            notice_type=2,
            fill_quantity=3,
            fill_price=72600,
            trade_time="103105",
        )
        await live.kis.send(f"1|H0STCNI0|001|{encrypted(fill)}")
        await hook.until(1)
    assert hook.posts[0].json["text"] == ("005930 has an order filled (0000001234, 3 at 72,600) at 10:31:05 KST.")
    assert b"87654321" not in hook.posts[0].body


async def test_no_tool_takes_or_shows_a_destination(simulator: Simulator) -> None:
    hidden = {
        "alert_ntfy_url": "https://ntfy.example/hidden",
        "alert_telegram_token": "42:hidden",
        "alert_telegram_chat": "-777",
    }
    async with connected(settings_for(simulator, **hidden)) as client:
        (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "alerts"]
        listed = await client.call_tool("alerts", {"action": "list"})
        refused = await client.call_tool(
            "alerts", {"action": "create", "condition": ABOVE, "webhook_url": "https://evil.example"}
        )
    names = set(tool.input_schema["properties"])
    assert names == {"action", "condition", "repeat_minutes", "until", "alert_id", "limit", "cursor", "fields"}
    assert [row["channel"] for row in blocks(listed)["channels"]] == ["ntfy", "telegram"]
    assert "hidden" not in str(listed)
    assert error(refused)["class"] == "bad_argument"


async def test_another_server_takes_over_when_the_one_that_keeps_the_alerts_ends(simulator: Simulator) -> None:
    ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
    may_end = asyncio.Event()

    async def serve_first(settings: Settings) -> None:
        async with connected(settings) as client:
            ready.set_result(client)
            await may_end.wait()

    async with run_receiver() as hook, run_fake_live_kis() as kis:
        url = kis.url.removesuffix("/tryitout")
        settings = settings_for(simulator, url_ws=url, alert_webhook_url=hook.url)
        serving = asyncio.create_task(serve_first(settings))
        first = Live(kis, await ready)
        for condition in (ABOVE, {"symbol": "005930", "price_below": 1}):
            await first.call("alerts", action="create", condition=condition)
        await until(first, lambda told: all(row["watching"] == "watched" for row in told["alerts"]), action="list")
        async with connected(settings) as client:
            second = Live(kis, client)
            await kis.send(trade(10_000_001))
            await until(second, lambda told: "delivered" in str(told["fired"]), action="fired")
            assert kis.connections == 1
            may_end.set()
            await serving
            await kis.until_connected(2)
            await kis.until(SAMSUNG)
            await kis.send(trade(10_000_002))
            await kis.send(trade(1))
            await until(second, lambda told: str(told["fired"]).count("delivered") == 2, action="fired")
    texts = [post.json["text"].removeprefix("삼성전자: 005930 traded at ") for post in hook.posts]
    assert [text.split(", at")[0] for text in texts] == ["10,000,001", "1"]
