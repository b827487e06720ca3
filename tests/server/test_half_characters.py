"""Text from outside that has no UTF-8 form, over real stdio: its call is answered, and so is the next."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.chaos.clock import SharedClock
from tests.chaos.peer import Json, Peer, RpcError, spawned
from tests.client import BUY, NOW
from tests.field_cases.stub import Stub, StubbedKis, stubbed
from tests.kis.fake_kis import Answered

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOMESTIC = "/uapi/domestic-stock/v1"
PRICE = f"{DOMESTIC}/quotations/inquire-price"
ORDER = f"{DOMESTIC}/trading/order-cash"
HALF = "\ud800"
OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": f"정상{HALF}"}
TAKEN = {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000117057", "ORD_TMD": "103000"}}


def body(content: Json) -> Answered:
    """A JSON body that spells halves of characters as JSON does."""
    return Answered(json.dumps(content).encode())


class Serving:
    """A server process and the KIS that it asks, whose answers each test chooses."""

    def __init__(self, peer: Peer, kis: StubbedKis, folder: Path) -> None:
        self.peer = peer
        self._kis = kis
        self._folder = folder

    def lift_halt(self) -> None:
        (self._folder / "HALTED").unlink()

    @contextmanager
    def answering(self, path: str, stub: Stub) -> Generator[Peer]:
        self._kis.stubs[path] = stub
        try:
            yield self.peer
        finally:
            del self._kis.stubs[path]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Serving]:
    """One for all of these: that each leaves it alive is what they test."""
    folder = tmp_path_factory.mktemp("data")
    clock = SharedClock.set_to(NOW, folder / "clock")
    async with (
        run_simulator(SimulatorOptions(clock=clock, real_rate=0)) as simulator,
        stubbed(simulator, {}, demo=False) as kis,
    ):
        settings = {
            "CHAOS_CLOCK": str(clock.file),
            "KIS_CONFIG_FILE": str(folder / "absent.yaml"),
            "KIS_DATA_DIR": str(folder),
            "KIS_ENV": "sim",
            "KIS_CONFIRM": "never",
            "KIS_URL_REST": kis.url,
            "KIS_RATE_LIMIT_SIM": "0",
        }
        async with spawned("modern", settings) as peer:
            yield Serving(peer, kis, folder)


async def ask(peer: Peer, tool: str, **arguments: Any) -> Json:
    async with asyncio.timeout(20):
        result = await peer.call(tool, arguments)
    assert isinstance(result, dict)
    return result


async def require_alive(peer: Peer) -> None:
    assert not (await ask(peer, "get_environment")).get("isError")


async def test_half_a_character_in_a_refusal_costs_only_itself(serving: Serving) -> None:
    refused = body({"rt_cd": "1", "msg_cd": "APBK0001", "msg1": f"거부{HALF}"})
    for path, tool, arguments in (
        (PRICE, "get_quote", {"symbol": "035720"}),
        (ORDER, "place_order", {**BUY, "quantity": 4}),
    ):
        with serving.answering(path, refused) as peer:
            refusal = await ask(peer, tool, **arguments)
        assert refusal["structuredContent"]["error"]["kis_message"] == "거부\ufffd"
        await require_alive(peer)


async def test_half_a_character_in_an_accepted_orders_message_costs_only_itself(serving: Serving) -> None:
    with serving.answering(ORDER, body(TAKEN)) as peer:
        order = (await ask(peer, "place_order", **BUY))["structuredContent"]["blocks"]["order"]
    assert order["order_id"] == "0000117057"
    await require_alive(peer)


async def test_half_a_character_in_a_record_is_replaced(serving: Serving) -> None:
    price = {**OK, "output": {"stck_prpr": "71000", "rprs_mrkt_kor_name": f"KOSPI{HALF}", f"new{HALF}": "\udc00"}}
    with serving.answering(PRICE, body(price)) as peer:
        result = await ask(
            peer, "call_read_tool", name="domestic_stock_inquire_price", arguments={"symbol": "000660", "fields": "all"}
        )
    assert not result.get("isError"), result
    assert "KOSPI\ufffd" in json.dumps(result, ensure_ascii=False)
    await require_alive(peer)


@pytest.mark.parametrize("symbol", [HALF, f"{HALF}05930", "\udfff" * 500])
async def test_half_a_character_in_an_argument_is_answered(serving: Serving, symbol: str) -> None:
    peer = serving.peer
    for tool, arguments in (
        ("get_quote", {"symbol": symbol}),
        ("find_instrument", {"query": symbol}),
        ("search_tools", {"query": symbol}),
        (symbol, {}),
        ("get_quote", {symbol: 1}),
        ("place_order", {**BUY, "idempotency_key": symbol}),
    ):
        assert await ask(peer, tool, **arguments)
    with pytest.raises(RpcError):
        await peer.request("resources/read", {"uri": f"kis://apis/{symbol}"})
    await require_alive(peer)


async def test_a_reason_with_half_a_character_halts(serving: Serving) -> None:
    halted = await ask(serving.peer, "halt_trading", reason=f"a{HALF}b")
    serving.lift_halt()
    assert "a" in halted["structuredContent"]["blocks"]["halt"]["halted"]
    await require_alive(serving.peer)


async def test_a_call_that_is_nested_too_deep_is_answered(serving: Serving) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    peer = serving.peer
    assert (await ask(peer, "call_read_tool", name="x", arguments={"a": deep}))["isError"]
    assert peer.process.stdin
    line = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    peer.process.stdin.write(line + b"no JSON\n")
    await require_alive(peer)
