"""Which KIS a call goes to, and switching between them."""

import asyncio
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from mcp_types import ElicitResult, InputRequiredResult, InputResponses

from kis_mcp.catalog import catalog
from kis_mcp.environment import Environment
from kis_mcp.errors import StorageError
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, StateInUse, embedded
from kis_mcp.simulator.state import StateStore
from kis_mcp.wiring import Environments, open_environments
from kis_mcp.wiring.brokerage import Brokerage
from tests.client import BUY, SAMSUNG, Person, blocks, connected, error, settings_for


async def test_the_environment_is_told_without_secrets(simulator: Simulator, era: str) -> None:
    async with connected(settings_for(simulator, "demo"), era=era) as client:
        result = await client.call_tool("get_environment", {})
    facts = blocks(result)["environment"]
    assert (facts["environment"], facts["switchable"]) == ("demo", "demo")
    assert facts["account"] == "12****78-01"
    assert "of-a-test" not in result.model_dump_json()


async def test_only_what_the_operator_allowed_can_be_chosen(simulator: Simulator, era: str) -> None:
    person = Person()
    async with connected(settings_for(simulator, switchable_envs="demo"), era=era, person=person) as client:
        facts = error(await client.call_tool("set_environment", {"environment": "real"}))
        assert facts["class"] == "not_in_environment"
        assert "KIS_SWITCHABLE_ENVS" in facts["next_step"]
        switched = await client.call_tool("set_environment", {"environment": "demo"})
        quote = await client.call_tool("get_quote", {"symbol": SAMSUNG})
    assert switched.structured_content["environment"] == "demo"
    assert quote.structured_content["environment"] == "demo"
    assert person.asked == []
    assert {request.host.name for request in simulator.received} == {"DEMO"}


async def test_real_needs_the_persons_consent(simulator: Simulator, era: str) -> None:
    settings = settings_for(simulator, switchable_envs="real")
    person = Person()
    async with connected(settings, era=era, person=person) as client:
        switched = await client.call_tool("set_environment", {"environment": "real"})
        assert switched.structured_content["environment"] == "real"
        assert blocks(await client.call_tool("get_environment", {}))["environment"]["environment"] == "real"
    (question,) = person.asked
    assert question.startswith("[REAL] ")


async def test_a_consent_to_one_switch_is_none_to_the_next(simulator: Simulator) -> None:
    real = {"environment": "real"}
    yes: InputResponses = {"confirm": ElicitResult(action="accept", content={"confirm": True})}
    async with connected(settings_for(simulator, switchable_envs="real"), person=Person()) as client:

        async def ask(**answer: Any) -> Any:
            return await client.session.call_tool("set_environment", real, allow_input_required=True, **answer)

        question = await ask()
        switched = await ask(input_responses=yes, request_state=question.request_state)
        await client.call_tool("set_environment", {"environment": "sim"})
        replayed = await ask(input_responses=yes, request_state=question.request_state)
        now = blocks(await client.call_tool("get_environment", {}))["environment"]["environment"]
    assert switched.structured_content["environment"] == "real"
    assert isinstance(replayed, InputRequiredResult)
    assert now == "sim"


@pytest.mark.parametrize("person", [None, Person("decline"), Person("cancel"), Person(ticks=False)])
async def test_without_consent_it_stays_where_it_is(simulator: Simulator, era: str, person: Person | None) -> None:
    async with connected(settings_for(simulator, switchable_envs="real"), era=era, person=person) as client:
        refused = error(await client.call_tool("set_environment", {"environment": "real"}))
        quote = await client.call_tool("get_quote", {"symbol": SAMSUNG})
    assert refused["class"] == "order_refused"
    assert quote.structured_content["environment"] == "sim"


async def test_environments_share_nothing(simulator: Simulator) -> None:
    settings = settings_for(simulator, switchable_envs="demo")
    async with connected(settings, person=Person()) as client:
        await client.call_tool("place_order", BUY)
        await client.call_tool("set_environment", {"environment": "demo"})
        assert blocks(await client.call_tool("get_orders", {}))["orders"] == []
        await client.call_tool("place_order", BUY)
        (ours,) = blocks(await client.call_tool("get_orders", {}))["orders"]
    assert ours["ours"] is True
    assert {path.name for path in settings.data_dir.iterdir()} == {"sim", "demo"}
    assert all((settings.data_dir / name / "journal.db").exists() for name in ("sim", "demo"))


async def test_demo_names_what_to_use_instead_before_asking_kis(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo")) as client:
        facts = error(await client.call_tool("get_order_book", {"symbol": "AAPL"}))
    assert facts["class"] == "not_in_environment"
    assert "overseas_stock_price" in facts["next_step"]
    assert list(simulator.received) == []


async def test_reads_that_demo_lacks_go_to_real_where_the_operator_wants_it(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo", demo_quotes="real")) as client:
        book = await client.call_tool("get_order_book", {"symbol": "AAPL"})
        through = {"name": "overseas_stock_price_detail", "arguments": {"symbol": "AAPL", "exchange": "nasdaq"}}
        detail = await client.call_tool("call_read_tool", through)
        quote = await client.call_tool("get_quote", {"symbol": SAMSUNG})
    assert blocks(book)["asks"]
    for result in (book, detail):
        assert any("KIS_DEMO_QUOTES" in note for note in result.structured_content["notes"])
    assert "notes" not in quote.structured_content
    hosts = [(request.host.name, request.path.rsplit("/", 1)[1]) for request in simulator.received]
    assert ("REAL", "inquire-asking-price") in hosts
    assert ("DEMO", "inquire-price") in hosts
    assert ("REAL", "inquire-price") not in hosts


async def test_an_account_is_never_read_from_real_in_its_place(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo", demo_quotes="real")) as client:
        through = {"name": "domestic_stock_inquire_account_balance"}
        assert error(await client.call_tool("call_read_tool", through))["class"] == "not_in_environment"


async def test_the_embedded_simulator_needs_nothing_and_its_world_survives_a_restart(tmp_path: Path) -> None:
    settings = Settings.load(env="sim", data_dir=tmp_path, rate_limit_sim=0)
    async with connected(settings, person=Person()) as client:
        price = blocks(await client.call_tool("get_order_book", {"symbol": SAMSUNG}))["asks"][0]["price"]
        blocks(await client.call_tool("place_order", {**BUY, "price": price}))
    async with connected(settings) as client:
        (held,) = blocks(await client.call_tool("get_positions", {"market": "kr"}))["positions"]
    assert (held["symbol"], held["quantity"]) == (SAMSUNG, 3)


async def test_the_embedded_simulators_clock_is_the_servers_own(tmp_path: Path) -> None:
    """An order of a world at another time is found among the orders of that world's day."""
    settings = Settings.load(env="sim", data_dir=tmp_path, rate_limit_sim=0, sim_at="2025-09-10T10:00", sim_speed=0)
    async with connected(settings, person=Person()) as client:
        told = await client.call_tool("get_environment", {})
        price = blocks(await client.call_tool("get_order_book", {"symbol": SAMSUNG}))["asks"][0]["price"]
        order = blocks(await client.call_tool("place_order", {**BUY, "price": price}))["order"]
        found = blocks(await client.call_tool("get_order_status", {"order_id": order["order_id"]}))["orders"]
    assert told.structured_content["as_of"] == "2025-09-10T10:00:00+09:00"
    market = "simulated prices under KIS' rules; it never closes; its clock stands"
    assert blocks(told)["environment"]["market"] == market
    assert [(row["state"], row["at"]) for row in found] == [("filled", "2025-09-10T10:00:00+09:00")]


async def test_the_embedded_simulator_keeps_hours_if_asked_to(tmp_path: Path) -> None:
    hours = {"sim_clock": "market", "sim_at": "2026-06-03 10:00", "sim_speed": 0, "session_check": "off"}
    async with connected(Settings.load(env="sim", data_dir=tmp_path, **hours), person=Person()) as client:
        market = blocks(await client.call_tool("get_environment", {}))["environment"]["market"]
        refused = error(await client.call_tool("place_order", BUY))
    assert "keeps the exchanges' hours and holidays" in market
    assert "장운영일자" in refused["what"]


async def test_the_embedded_simulator_plays_the_users_candles(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text("symbol,date,open,high,low,close,volume\n005930,2026-03-03,61000,62000,60000,61500,1000\n", "utf-8")
    settings = Settings.load(env="sim", data_dir=tmp_path, sim_replay=str(path), sim_record=tmp_path / "said.jsonl")
    async with connected(settings) as client:
        market = blocks(await client.call_tool("get_environment", {}))["environment"]["market"]
        rows = blocks(await client.call_tool("get_candles", {"symbol": SAMSUNG, "limit": 2}))["candles"]
        assert (await client.call_tool("get_quote", {"symbol": SAMSUNG})).is_error is False
    assert market == "simulated prices under KIS' rules; it never closes; candles of candles.csv are played"
    assert (rows[0]["time"], rows[0]["close"], rows[0]["volume"]) == ("2026-03-03", 61500, 1000)
    assert "inquire-price" in (tmp_path / "said.jsonl").read_text("utf-8")
    path.write_text("symbol,date\n", "utf-8")
    async with connected(settings) as client:
        facts = error(await client.call_tool("get_quote", {"symbol": SAMSUNG}))
    assert (facts["field"], "candles.csv line 1" in facts["what"]) == ("KIS_SIM_REPLAY", True)


async def test_servers_at_the_same_time_get_a_world_each(tmp_path: Path) -> None:
    settings = Settings.load(env="sim", data_dir=tmp_path, rate_limit_sim=0)
    async with connected(settings, person=Person()) as first, connected(settings, person=Person()) as second:
        blocks(await first.call_tool("place_order", BUY))
        assert len(blocks(await first.call_tool("get_orders", {}))["orders"]) == 1
        assert blocks(await second.call_tool("get_orders", {}))["orders"] == []


async def test_a_world_that_cannot_be_kept_is_told_and_not_looked_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on a full disk, where SQLite's error is of the same class as for a locked file."""

    class FullDisk(StateStore):
        def __init__(self, path: Path | None) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(embedded, "StateStore", FullDisk)
    async with connected(Settings.load(env="sim")) as client:
        facts = error(await client.call_tool("get_quote", {"symbol": SAMSUNG}))
    assert (facts["class"], facts["field"]) == ("storage", "KIS_DATA_DIR")
    assert "disk is full" in facts["what"]


def test_a_locked_world_is_in_use_and_a_full_disk_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = StateStore(tmp_path / "world.db")
    with pytest.raises(StateInUse):
        StateStore(tmp_path / "world.db")
    held.close()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    class Full:
        def execute(self, _: str) -> None:
            raise full

        def close(self) -> None: ...

    def connect(*_: object, **__: object) -> Full:
        return Full()

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        StateStore(tmp_path / "other.db")


async def test_alerts_of_an_environment_that_cannot_be_opened_at_first_are_kept_later(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(simulator)
    tries: list[str] = []
    kept = asyncio.Event()

    async def fail_once(self: Environments, environment: Environment) -> Brokerage:
        tries.append(environment)
        if len(tries) == 1:
            raise StorageError("a full disk", remedy="make room")
        return await opens(self, environment)

    async def keep(*_: object) -> None:
        kept.set()

    opens = Environments._brokerage  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(Environments, "_brokerage", fail_once)
    monkeypatch.setattr(Environments, "_has_alerts", there_are_some)
    monkeypatch.setattr("kis_mcp.wiring.alerts.keep_alerts", keep)
    async with open_environments(settings, catalog()) as environments, anyio.create_task_group() as running:
        running.start_soon(environments.keep_alerts, pause)
        await asyncio.wait_for(kept.wait(), 20)
        running.cancel_scope.cancel()
    assert len(tries) == 2


async def there_are_some(*_: object) -> bool:
    return True


async def pause(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_strategies_are_kept_once_there_is_a_run_and_nothing_is_opened_for_the_question(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    kept = asyncio.Event()

    async def keep(*_: object, **__: object) -> None:
        kept.set()

    async def active_runs() -> list[str]:
        return runs

    async def strategy_records() -> SimpleNamespace:
        return SimpleNamespace(active_runs=active_runs)

    monkeypatch.setattr("kis_mcp.wiring.strategies.keep_strategies", keep)
    async with (
        open_environments(settings_for(simulator), catalog()) as environments,
        anyio.create_task_group() as running,
    ):
        running.start_soon(environments.keep_strategies, pause)
        for _ in range(20):
            await asyncio.sleep(0)
        assert environments._brokerages == {}  # pyright: ignore[reportPrivateUsage]
        brokerage = SimpleNamespace(folder=tmp_path, strategy_records=strategy_records, aclose=pause_once)
        (tmp_path / "journal.db").touch()
        environments._brokerages[environments.current] = cast("Brokerage", brokerage)  # pyright: ignore[reportPrivateUsage]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not kept.is_set()
        runs.append("a run")
        await asyncio.wait_for(kept.wait(), 20)
        running.cancel_scope.cancel()


async def pause_once() -> None:
    await asyncio.sleep(0)
