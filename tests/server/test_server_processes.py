"""What becomes of orders, the token and the rate limit when server processes die, or run side by side."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from kis_mcp.kis.limiter import WINDOW_SECONDS
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.journal import Record, Status
from tests.chaos.clock import SharedClock
from tests.chaos.peer import Json, Peer, ServerDied, spawned
from tests.client import BUY, NOW

ORDER_PATH = "/uapi/domestic-stock/v1/trading/order-cash"
TOKEN_PATH = "/oauth2/tokenP"
PRICE_PATH = "/uapi/domestic-stock/v1/quotations/inquire-price"
KEYED = {**BUY, "idempotency_key": "the-one"}
SYMBOLS = ("005930", "000660", "373220", "207940", "005380", "000270", "035420", "035720", "068270", "105560", "055550")


class World:
    """A simulator that outlives servers, and what they share."""

    def __init__(self, simulator: Simulator, clock: SharedClock, folder: Path) -> None:
        self.simulator = simulator
        self.clock = clock
        self._folder = folder

    @asynccontextmanager
    async def server(self, **variables: str) -> AsyncGenerator[Peer]:
        settings = {
            "CHAOS_CLOCK": str(self.clock.file),
            "KIS_CONFIG_FILE": str(self._folder / "absent.yaml"),
            "KIS_DATA_DIR": str(self._folder),
            "KIS_ENV": "sim",
            "KIS_CONFIRM": "never",
            "KIS_URL_REST": self.simulator.real_url,
            "KIS_RATE_LIMIT_SIM": "0",
        }
        async with spawned("modern", {**settings, **variables}) as peer:
            yield peer

    async def journaled(self) -> Record:
        """The only intent in the journal."""
        journal = await SqlJournal.open(self._folder / "sim" / "journal.db")
        try:
            (record,) = await journal.history()
        finally:
            await journal.aclose()
        return record

    def count(self, path: str) -> int:
        """How many requests KIS got."""
        return sum(request.path == path for request in list(self.simulator.received))


@asynccontextmanager
async def running(folder: Path, **options: Any) -> AsyncGenerator[World]:
    clock = SharedClock.set_to(NOW, folder / "clock")
    async with run_simulator(SimulatorOptions(clock=clock, **options)) as simulator:
        yield World(simulator, clock, folder)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    async with running(tmp_path, real_rate=0) as world:
        yield world


async def told(peer: Peer, tool: str, arguments: Json) -> Json:
    """What a call tells: its order, or its error."""
    result = await peer.call(tool, arguments)
    assert isinstance(result, dict)
    facts: Json = result["structuredContent"]
    return facts["error"] if result.get("isError") else facts["blocks"]["order"]


async def test_an_order_whose_server_is_killed_before_it_left_is_unknown_then_settled_and_never_sent(
    world: World,
) -> None:
    async with world.server(CHAOS_CRASH="claim:after:1") as peer:
        with pytest.raises(ServerDied):
            await peer.call("place_order", KEYED)
    assert (await world.journaled()).status is Status.SENT
    async with world.server() as peer:
        assert (await told(peer, "place_order", KEYED))["class"] == "order_state_unknown"
    assert (await world.journaled()).status is Status.UNKNOWN
    world.clock.pass_by(CERTAIN_AFTER.total_seconds())
    async with world.server() as peer:
        assert (await told(peer, "place_order", KEYED))["class"] == "order_rejected"
    assert (await world.journaled()).status is Status.NOT_ACCEPTED
    assert world.count(ORDER_PATH) == 0


async def test_an_order_whose_server_is_killed_before_the_answer_was_recorded_is_found_and_not_sent_again(
    world: World,
) -> None:
    async with world.server(CHAOS_CRASH="post:after:1") as peer:
        with pytest.raises(ServerDied):
            await peer.call("place_order", KEYED)
    assert (await world.journaled()).status is Status.SENT
    async with world.server() as peer:
        order = await told(peer, "place_order", KEYED)
    (standing,) = world.simulator.ledger.orders
    assert (order["status"], order["order_id"]) == ("accepted", standing.number)
    assert (await world.journaled()).status is Status.ACCEPTED
    assert world.count(ORDER_PATH) == 1


async def test_an_order_that_kis_takes_only_after_its_server_was_killed_is_found(world: World) -> None:
    held = world.simulator.faults.add("delay", ORDER_PATH, when="before", seconds=1)
    async with world.server() as peer:
        calling = asyncio.create_task(peer.call("place_order", KEYED))
        assert await asyncio.to_thread(held.struck.wait, 30)
        await peer.kill()
        with pytest.raises(ServerDied):
            await calling
    async with world.server() as peer:
        first = await told(peer, "place_order", KEYED)
        assert first.get("class") == "order_state_unknown" or held.over.is_set()
        assert await asyncio.to_thread(held.over.wait, 30)
        assert (await told(peer, "place_order", KEYED))["status"] == "accepted"
    assert (await world.journaled()).status is Status.ACCEPTED
    assert world.count(ORDER_PATH) == len(world.simulator.ledger.orders) == 1


async def test_a_server_whose_client_goes_away_finishes_the_order_and_ends(world: World) -> None:
    held = world.simulator.faults.add("delay", ORDER_PATH, when="after", seconds=0.5)
    async with world.server() as peer:
        calling = asyncio.create_task(peer.call("place_order", KEYED))
        assert await asyncio.to_thread(held.struck.wait, 30)
        await peer.hang_up()
        with pytest.raises(ServerDied):
            await calling
        assert peer.process.returncode == 0
    assert (await world.journaled()).status is Status.ACCEPTED


async def test_two_servers_ask_for_one_token_and_stay_under_the_limit_together(tmp_path: Path) -> None:
    limited = {"KIS_RATE_LIMIT_SIM": "6", "KIS_QUOTE_CACHE_SECONDS": "0"}
    async with (
        running(tmp_path, real_rate=0) as world,
        world.server(**limited) as one,
        world.server(**limited) as other,
    ):
        reads = [
            (peer, {"name": "domestic_stock_inquire_price", "arguments": {"symbol": symbol}})
            for symbol in SYMBOLS
            for peer in (one, other)
        ]
        await asyncio.gather(*(peer.call("call_read_tool", read) for peer, read in reads[:2]))
        began = monotonic()
        answers = await asyncio.gather(*(peer.call("call_read_tool", read) for peer, read in reads))
        took = monotonic() - began
    assert [answer for answer in answers if not isinstance(answer, dict) or answer.get("isError")] == []
    assert world.count(TOKEN_PATH) == 1
    assert world.count(PRICE_PATH) == 2 + len(reads)
    assert took > len(reads) // 6 * WINDOW_SECONDS, "each of them alone takes a second"
