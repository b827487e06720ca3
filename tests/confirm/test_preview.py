"""Orders in two calls: a preview, and its token sent back."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from kis_mcp.confirm import preview
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.desk.question import question
from kis_mcp.wiring.brokerage import JOURNAL
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, connected, error, settings_for
from tests.server.tools.test_orders import journaled

TOKEN = "confirmation_token"


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_the_first_call_previews_and_the_second_orders(simulator: Simulator, era: str, environment: str) -> None:
    settings = settings_for(simulator, environment)
    async with connected(settings, era=era) as client:
        first = await client.call_tool("place_order", BUY)
        order = blocks(first)["order"]
        assert simulator.ledger.orders == []
        second = blocks(await client.call_tool("place_order", {**BUY, TOKEN: order[TOKEN]}))["order"]
    assert order["status"] == "needs_confirmation"
    assert order["preview"].startswith(f"[{environment.upper()}] BUY 3 삼성전자")
    assert order["expires_at"] == "2026-03-04T10:35:00+09:00"
    assert first.structured_content["notes"][0].startswith("Nothing was sent.")
    assert second["status"] == "accepted"
    assert second["intent_id"] == order["intent_id"]
    assert len(simulator.ledger.orders) == 1
    (record,) = await journaled(settings)
    assert record.decision is not None
    assert (record.decision.verdict, record.decision.channel) == ("accepted", "preview")
    assert order["preview"] == question(record.intent)


async def token_of(client: Any, arguments: dict[str, Any] = BUY, tool: str = "place_order") -> str:
    return blocks(await client.call_tool(tool, arguments))["order"][TOKEN]


async def test_a_token_sent_again_is_answered_the_same_and_orders_once(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        confirmed = {**BUY, TOKEN: await token_of(client)}
        first = blocks(await client.call_tool("place_order", confirmed))
        assert blocks(await client.call_tool("place_order", confirmed)) == first
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(client.call_tool, "place_order", confirmed)
    assert len(simulator.ledger.orders) == 1


@pytest.mark.parametrize(
    "change", [{"quantity": 30}, {"price": 60_100}, {"side": "sell"}, {"symbol": "000660"}, {"idempotency_key": "mine"}]
)
async def test_a_token_holds_for_its_own_call_only(simulator: Simulator, change: dict[str, Any]) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: await token_of(client), **change}))
    assert facts["field"] == TOKEN
    assert simulator.ledger.orders == []


async def test_the_same_call_in_other_words_is_the_same_call(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        said = {"symbol": SAMSUNG, "side": "buy", "quantity": "3", "price": "60000.0", "order_type": "limit"}
        result = await client.call_tool("place_order", {**said, TOKEN: await token_of(client)})
    assert blocks(result)["order"]["status"] == "accepted"


async def test_a_call_that_repeats_what_its_preview_showed_is_the_same_call(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        shown = blocks(await client.call_tool("place_order", BUY))["order"]
        echoed = {name: shown[name] for name in ("exchange", "order_type", "price", "quantity", "side", "symbol")}
        confirmed = {**echoed, "market": shown["market"].lower(), TOKEN: shown[TOKEN]}
        assert "exchange" not in BUY
        assert blocks(await client.call_tool("place_order", confirmed))["order"]["status"] == "accepted"
    assert len(simulator.ledger.orders) == 1


@pytest.mark.parametrize(
    "change", [{"exchange": "nxt"}, {"session": "reserved"}, {"credit_type": "broker_margin_open"}]
)
async def test_a_token_call_adds_nothing_that_its_preview_did_not_show(
    simulator: Simulator, change: dict[str, Any]
) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: await token_of(client), **change}))
    assert facts["what"].startswith(f"This call differs from the one that was previewed, in {next(iter(change))}.")
    assert simulator.ledger.orders == []


async def test_a_token_call_leaves_nothing_out(simulator: Simulator) -> None:
    said = {**BUY, "exchange": "krx"}
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: await token_of(client, said)}))
    assert "in exchange" in facts["what"]
    assert simulator.ledger.orders == []


async def test_a_token_holds_in_every_process_with_its_data_and_orders_once_in_all(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings) as client:
        confirmed = {**BUY, TOKEN: await token_of(client)}
    async with connected(settings) as one, connected(settings) as other:
        async with anyio.create_task_group() as tasks:
            for client in (one, other) * 3:
                tasks.start_soon(client.call_tool, "place_order", confirmed)
        for client in (one, other):
            assert blocks(await client.call_tool("place_order", confirmed))["order"]["status"] == "accepted"
    assert len(simulator.ledger.orders) == 1


async def test_each_issue_of_a_token_is_in_the_journal(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings) as client:
        for _ in range(2):
            await token_of(client)
    (record,) = await journaled(settings)
    journal = await SqlJournal.open(settings.data_dir / "sim" / JOURNAL)
    previews = await journal.previews(record.intent.id)
    await journal.aclose()
    said = {"symbol": SAMSUNG, "side": "buy", "quantity": "3", "price": "60000", "order_type": "limit"}
    assert [
        (preview.at, preview.expires_at, preview.tool, preview.arguments.items() & said.items()) for preview in previews
    ] == [(NOW, NOW + preview.LIFETIME, "place_order", said.items())] * 2


async def test_a_token_of_other_data_leads_to_a_new_preview(simulator: Simulator, tmp_path: Path) -> None:
    async with connected(settings_for(simulator, data_dir=tmp_path / "other")) as client:
        token = await token_of(client)
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: token}))
    assert "no preview that was made here" in facts["what"]
    assert "Call again without confirmation_token" in facts["next_step"]
    assert simulator.ledger.orders == []


async def test_another_key_makes_tokens_void(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings) as client:
        token = await token_of(client)
        (settings.data_dir / "sim" / preview.KEY_FILE).unlink()
        assert error(await client.call_tool("place_order", {**BUY, TOKEN: token}))["field"] == TOKEN
    assert simulator.ledger.orders == []


async def test_a_token_holds_for_one_environment(simulator: Simulator) -> None:
    settings = settings_for(simulator, "sim", switchable_envs="demo")
    async with connected(settings) as client:
        token = await token_of(client)
        await client.call_tool("set_environment", {"environment": "demo"})
        assert error(await client.call_tool("place_order", {**BUY, TOKEN: token}))["field"] == TOKEN
    assert simulator.ledger.orders == []


@pytest.mark.parametrize("token", ["x", "1.2.3", "..", "01JQ.9999999999.00000000000000000000000000000000"])
async def test_an_invented_token_orders_nothing(simulator: Simulator, token: str) -> None:
    async with connected(settings_for(simulator)) as client:
        await token_of(client)
        assert error(await client.call_tool("place_order", {**BUY, TOKEN: token}))["field"] == TOKEN
    assert simulator.ledger.orders == []


@pytest.mark.parametrize(("speed", "told"), [(1, "10:35"), (60, "15:30"), (0, "10:30")])
async def test_times_are_told_by_the_clock_of_the_world(speed: int, told: str) -> None:
    """The person has five minutes of their own."""
    settings = Settings.load(result_shape="rows", sim_at="2026-03-03T10:30", sim_speed=speed)
    async with connected(settings) as client:
        asked = await client.call_tool("place_order", BUY)
    assert asked.structured_content["as_of"] == "2026-03-03T10:30:00+09:00"
    assert blocks(asked)["order"]["expires_at"] == f"2026-03-03T{told}:00+09:00"


async def test_a_token_expires(simulator: Simulator) -> None:
    now = NOW
    async with connected(settings_for(simulator), clock=lambda: now) as client:
        token = await token_of(client)
        now += preview.LIFETIME
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: token}))
    assert "expired" in facts["what"]
    assert simulator.ledger.orders == []


@pytest.mark.parametrize(
    ("environment", "more", "person"),
    [("sim", {"confirm": "never"}, None), ("sim", {}, Person()), ("real", {"allow_real_orders": True}, Person())],
    ids=["never", "asked", "real"],
)
async def test_where_there_is_no_preview_a_token_is_refused(
    simulator: Simulator, era: str, environment: str, more: dict[str, Any], person: Person | None
) -> None:
    async with connected(settings_for(simulator, environment, **more), era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", {**BUY, TOKEN: "01JQ.1.2"}))
    assert facts["field"] == TOKEN
    assert simulator.ledger.orders == []


async def test_changes_cancels_and_typed_orders_take_tokens_too(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), SurfaceOptions("all")) as client:

        async def twice(tool: str, **arguments: Any) -> dict[str, Any]:
            confirmed = {**arguments, TOKEN: await token_of(client, arguments, tool)}
            return blocks(await client.call_tool(tool, confirmed))["order"]

        placed = await twice("domestic_stock_order_cash", symbol=SAMSUNG, side="buy", quantity=2, price=60_000)
        changed = await twice("modify_order", order_id=placed["order_id"], price=60_100)
        cancelled = await twice("cancel_order", order_id=changed["order_id"])
    assert [order["status"] for order in (placed, changed, cancelled)] == ["accepted"] * 3
