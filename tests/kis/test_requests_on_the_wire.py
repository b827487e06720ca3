"""Each API's request, made from the table and sent by the gateway, as KIS' socket receives it."""

import contextlib
import csv
from pathlib import Path

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.clock import system_clock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage.shared import shared_files
from tests.kis.fake_kis import at_once

pytestmark = pytest.mark.slow

ACCOUNT = Account("12345678", "01")
REST = [api for api in catalog().apis if api.kind == "rest"]
CATEGORIES = sorted({api.category for api in REST})


def documented() -> dict[tuple[str, str], dict[str, str]]:
    path = Path(__file__).parents[1] / "catalog" / "documented_apis.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["category"], row["slug"]): row for row in csv.DictReader(file, delimiter="\t")}


DOCUMENTED = documented()


async def send(gateway: HttpGateway, api: Api, *, demo: bool) -> None:
    """Send the row's example; what KIS makes of it does not matter here."""
    now = system_clock()
    values = check_arguments(api, api.example)
    request = encode(api, values, demo=demo, account=ACCOUNT, hts_id="tester", today=now.date(), now=now.time())
    with contextlib.suppress(KisMcpError):
        await (gateway.order(request, at_once) if api.risk == "order" else gateway.read(request))


def check(api: Api, simulator: Simulator, *, demo: bool) -> None:
    row, received = DOCUMENTED[api.category, api.slug], simulator.received[-1]
    assert (received.method, received.path) == (row["method"], row["path"])
    assert received.headers["tr_id"] in row["tr_demo" if demo else "tr_real"].split()
    assert received.headers["custtype"] == "P"
    assert received.headers["authorization"].startswith("Bearer ")
    assert set(received.elements) <= set(row["request"].split())
    assert all(isinstance(text, str) for text in received.elements.values())
    if api.account:
        assert received.elements["CANO"] == ACCOUNT.number
    if api.method == "POST":
        assert all(element.isupper() for element in received.elements)


@pytest.mark.parametrize("environment", [Environment.REAL, Environment.DEMO])
@pytest.mark.parametrize("category", CATEGORIES)
async def test_kis_receives_what_it_documents(category: str, environment: Environment, tmp_path: Path) -> None:
    demo = environment is Environment.DEMO
    apis = [api for api in REST if api.category == category and (api.in_demo or not demo)]
    async with run_simulator(SimulatorOptions(real_rate=0, demo_rate=0, token_interval_seconds=0)) as simulator:
        url = simulator.demo_url if demo else simulator.real_url
        connection = Connection(environment, url, "a-key", "a-secret", 0, token_interval_seconds=0)
        gateway = HttpGateway(connection, shared_files(tmp_path, connection.digest))
        try:
            for api in apis:
                await send(gateway, api, demo=demo)
                check(api, simulator, demo=demo)
        finally:
            await gateway.aclose()
