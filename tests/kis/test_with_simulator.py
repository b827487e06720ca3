"""The gateway against the embedded KIS, which shares no code with it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kis_mcp.catalog.gateway import KisRequest
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, CredentialsError, NotInEnvironment, OrderStateUnknown
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage.shared import shared_files
from tests.kis.fake_kis import at_once

PRICE_PATH = "/uapi/domestic-stock/v1/quotations/inquire-price"
PRICE = KisRequest("GET", PRICE_PATH, "FHKST01010100", {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"})
BUY = KisRequest(
    "POST",
    "/uapi/domestic-stock/v1/trading/order-cash",
    "TTTC0012U",
    {
        "CANO": "50000001",
        "ACNT_PRDT_CD": "01",
        "PDNO": "005930",
        "ORD_DVSN": "01",
        "ORD_QTY": "1",
        "ORD_UNPR": "0",
        "EXCG_ID_DVSN_CD": "KRX",
        "SLL_TYPE": "",
        "CNDT_PRIC": "",
    },
)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with run_simulator(SimulatorOptions(real_rate=20, token_interval_seconds=0)) as simulator:
        yield simulator


@asynccontextmanager
async def connected(
    simulator: Simulator, folder: Path, environment: Environment = Environment.REAL, key: str = "a-key"
) -> AsyncGenerator[HttpGateway]:
    demo = environment is Environment.DEMO
    url, rate = (simulator.demo_url, 1) if demo else (simulator.real_url, 20)
    connection = Connection(environment, url, key, "a-secret", rate, token_interval_seconds=0)
    gateway = HttpGateway(connection, shared_files(folder, connection.digest))
    yield gateway
    await gateway.aclose()


def api_requests(simulator: Simulator) -> int:
    return sum(not received.path.startswith("/oauth2/") for received in simulator.received)


async def test_more_reads_than_a_second_allows_are_paced_so_that_kis_rejects_none(
    simulator: Simulator, tmp_path: Path
) -> None:
    async with connected(simulator, tmp_path) as gateway:
        await gateway.read(PRICE)  # the simulator reads its tables now, and not while it counts
        replies = await asyncio.gather(*(gateway.read(PRICE) for _ in range(25)))
    assert {reply.body["rt_cd"] for reply in replies} == {"0"}
    assert api_requests(simulator) == 26


async def test_a_token_that_died_early_is_renewed(simulator: Simulator, tmp_path: Path) -> None:
    async with connected(simulator, tmp_path) as gateway:
        await gateway.read(PRICE)
        simulator.faults.expire_tokens()
        assert (await gateway.order(BUY, at_once)).body["rt_cd"] == "0"
    assert len(simulator.ledger.orders) == 1


async def test_an_order_that_stands_although_its_answer_was_lost_is_unknown_and_placed_once(
    simulator: Simulator, tmp_path: Path
) -> None:
    simulator.faults.add("drop", BUY.path, when="after")
    async with connected(simulator, tmp_path) as gateway:
        with pytest.raises(OrderStateUnknown):
            await gateway.order(BUY, at_once)
    assert len(simulator.ledger.orders) == 1


@pytest.mark.parametrize("status", [200, 500])
async def test_an_order_over_the_limit_is_placed_once_in_the_end(
    simulator: Simulator, tmp_path: Path, status: int
) -> None:
    simulator.faults.add("error", BUY.path, code="EGW00201", status=status)
    async with connected(simulator, tmp_path) as gateway:
        await gateway.order(BUY, at_once)
    assert len(simulator.ledger.orders) == 1


async def test_a_wrong_secret_and_a_key_of_the_other_host_are_told_apart(simulator: Simulator, tmp_path: Path) -> None:
    async with connected(simulator, tmp_path / "demo", Environment.DEMO) as gateway:
        await gateway.read(PRICE)
    async with connected(simulator, tmp_path / "real") as gateway:
        with pytest.raises(NotInEnvironment):
            await gateway.read(PRICE)
    async with connected(simulator, tmp_path, key="b-key") as gateway:
        await gateway.read(PRICE)
    wrong = Connection(Environment.REAL, simulator.real_url, "b-key", "another-secret", 20)
    gateway = HttpGateway(wrong, shared_files(tmp_path / "wrong", wrong.digest))
    with pytest.raises(CredentialsError):
        await gateway.read(PRICE)
    await gateway.aclose()


async def test_what_demo_lacks_and_what_kis_refuses_keep_their_classes(simulator: Simulator, tmp_path: Path) -> None:
    ranking = KisRequest("GET", "/uapi/domestic-stock/v1/quotations/volume-rank", "FHPST01710000", {})
    async with connected(simulator, tmp_path, Environment.DEMO) as gateway:
        with pytest.raises(NotInEnvironment):
            await gateway.read(ranking)
    async with connected(simulator, tmp_path, key="b-key") as gateway:
        with pytest.raises(BadArgument):
            await gateway.read(KisRequest("GET", PRICE_PATH, "FHKST01010100", {}))
