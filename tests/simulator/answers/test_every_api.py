"""Whatever the spec table describes, the simulator answers in KIS' shape."""

from datetime import datetime
from typing import cast

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.decode import Record, decode
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.simulator import SimulatorOptions
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.wire.replies import Reply
from tests.simulator.wire import MONDAY, ManualClock

READS = [api for api in catalog().apis if api.kind == "rest" and api.risk != "order"]
ACCOUNT = Account("33334444", "01")


class Direct:
    """Calls the simulator without a socket, at one time."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now
        options = SimulatorOptions(
            real_rate=0,
            demo_rate=0,
            token_interval_seconds=0,
            clock=ManualClock(now),
            switches={"strict_elements": True},
        )
        self.kis = EmbeddedKis(options, catalog())
        self.tokens = {host: self._token(host) for host in Host}

    def call(self, api: Api, host: Host = Host.REAL, **arguments: object) -> Reply:
        values = check_arguments(api, arguments or dict(api.example))
        demo = host is Host.DEMO
        request = encode(api, values, demo=demo, account=ACCOUNT, hts_id="tester", today=MONDAY.date())
        headers = {
            "authorization": f"Bearer {self.tokens[host]}",
            "appkey": host,
            "appsecret": "secret",
            "custtype": "P",
            "tr_id": request.tr_id,
            "tr_cont": request.tr_cont,
            "content-type": "application/json",
        }
        return self._send(host, request.method, request.path, headers, dict(request.elements))

    def _token(self, host: Host) -> str:
        body: dict[str, object] = {"grant_type": "client_credentials", "appkey": host.value, "appsecret": "secret"}
        reply = self._send(host, "POST", "/oauth2/tokenP", {}, body)
        assert not isinstance(reply.body, str)
        return str(reply.body["access_token"])

    def _send(self, host: Host, method: str, path: str, headers: dict[str, str], elements: dict[str, object]) -> Reply:
        return self.kis.answer(Received(host, method, path, headers, elements, self.now))


def blocks_of(direct: Direct, tool: str, **arguments: object) -> dict[str, list[Record] | Record]:
    """The readable answer to a call."""
    api = catalog().find(tool)
    assert api is not None
    reply = direct.call(api, Host.REAL, **arguments)
    assert not isinstance(reply.body, str)
    assert reply.body["rt_cd"] == "0", (tool, arguments, reply.body)
    return decode(api, reply.body).blocks


def record_of(direct: Direct, tool: str, **arguments: object) -> Record:
    """Its only block, a record."""
    (block,) = blocks_of(direct, tool, **arguments).values()
    assert isinstance(block, dict)
    return block


def rows_of(direct: Direct, tool: str, block: str, **arguments: object) -> list[Record]:
    """A list block of it."""
    rows = blocks_of(direct, tool, **arguments)[block]
    assert isinstance(rows, list)
    return rows


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


@pytest.mark.parametrize("api", READS, ids=lambda api: api.tool)
def test_an_answer_has_every_documented_element_and_reads_without_a_note(api: Api, direct: Direct):
    reply = direct.call(api)
    assert not isinstance(reply.body, str)
    assert (reply.status, reply.body["rt_cd"]) == (200, "0"), reply.body
    for block in api.blocks:
        part = reply.body[block.key] if block.key else reply.body
        records = part if block.is_list else [part]
        assert isinstance(records, list)
        for record in records:
            sent = cast("dict[str, object]", record)
            assert {field.element for field in block.fields} <= sent.keys()
            assert all(isinstance(value, str) for value in sent.values()) or not block.key
    assert decode(api, reply.body).notes == []


@pytest.mark.parametrize("api", [api for api in READS if api.in_demo], ids=lambda api: api.tool)
def test_demo_answers_what_it_offers(api: Api, direct: Direct):
    reply = direct.call(api, Host.DEMO)
    assert not isinstance(reply.body, str)
    assert reply.body["rt_cd"] == "0"


TRADES: tuple[tuple[str, dict[str, object]], ...] = (
    ("domestic_fo_order", {"symbol": "101W12", "side": "sell", "quantity": 2, "order_type": "market"}),
    ("domestic_fo_order", {"symbol": "101W12", "side": "buy", "quantity": 1, "order_type": "market"}),
    ("domestic_fo_order", {"symbol": "201W12350", "side": "buy", "quantity": 1, "order_type": "market"}),
    ("domestic_fo_order", {"symbol": "175W12", "side": "buy", "quantity": 1, "price": 1300, "session": "night"}),
    ("overseas_fo_order", {"symbol": "CLZ26", "side": "sell", "quantity": 2, "order_type": "market"}),
    ("overseas_fo_order", {"symbol": "CLZ26", "side": "buy", "quantity": 1, "order_type": "market"}),
    ("overseas_fo_order", {"symbol": "OESZ26 C5500", "side": "buy", "quantity": 1, "order_type": "market"}),
    ("domestic_bond_buy", {"symbol": "KR2033022D33", "quantity": 50, "price": 12000}),
    ("domestic_bond_buy", {"symbol": "KR2033022D33", "quantity": 50, "price": 8000}),
)


@pytest.fixture(scope="module")
def trader() -> Direct:
    """An account that has filled and open orders of each kind."""
    trader = Direct()
    for tool, arguments in TRADES:
        api = catalog().find(tool)
        assert api is not None
        reply = trader.call(api, Host.REAL, **arguments)
        assert not isinstance(reply.body, str)
        assert reply.body["rt_cd"] == "0", (tool, reply.body)
    return trader


@pytest.mark.parametrize(
    "api",
    [api for api in READS if api.account is not None and api.category.endswith(("option", "bond"))],
    ids=lambda api: api.tool,
)
def test_what_an_account_traded_reads_without_a_note(api: Api, trader: Direct):
    days = {p.name: MONDAY.date().isoformat() for p in api.parameters if p.type == "date" and p.required}
    days |= {"start_date": "2026-06-12"} if "start_date" in days else {}
    reply = trader.call(api, Host.REAL, **{**api.example, **days})
    assert not isinstance(reply.body, str)
    assert decode(api, reply.body).notes == []
    assert all(reply.body[block.key] for block in api.blocks)


@pytest.mark.parametrize(
    "tool",
    [
        "domestic_stock_volume_rank",
        "domestic_stock_market_cap",
        "overseas_stock_trade_vol",
        "domestic_stock_intstock_multprice",
    ],
)
def test_listings_are_of_simulated_instruments_at_their_prices(tool: str, direct: Direct):
    api = catalog().find(tool)
    assert api is not None
    reply = direct.call(api)
    assert not isinstance(reply.body, str)
    blocks = decode(api, reply.body).blocks
    rows = next(block for block in blocks.values() if isinstance(block, list))
    assert len(rows) >= 2
    for row in rows:
        instrument = direct.kis.world.market.instruments[str(row["symbol"])]
        assert row["price"] == direct.kis.world.market.quote(instrument, MONDAY).price


def test_a_ranking_starts_with_the_greatest(direct: Direct):
    api = catalog().find("domestic_stock_fluctuation")
    assert api is not None
    reply = direct.call(api)
    assert not isinstance(reply.body, str)
    (rows,) = decode(api, reply.body).blocks.values()
    assert isinstance(rows, list)
    rates = [float(str(row["change_rate"])) for row in rows]
    assert rates == sorted(rates, reverse=True)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))


def test_several_stocks_come_in_the_callers_order(direct: Direct):
    api = catalog().find("overseas_stock_multprice")
    assert api is not None
    reply = direct.call(api, exchanges=["nyse", "nasdaq"], symbols=["KO", "AAPL"])
    assert not isinstance(reply.body, str)
    rows = reply.body["output2"]
    assert isinstance(rows, list)
    assert [cast("dict[str, str]", row)["symb"] for row in rows] == ["KO", "AAPL"]
