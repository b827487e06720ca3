"""What KIS took is read from its requests as the journal reads its intents, for every order API."""

from collections.abc import Mapping

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.loader import catalog
from kis_mcp.clock import system_clock
from kis_mcp.simulator.ledger import Accepted
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.trading.order import order_of
from tests.chaos.audit import content_of
from tests.chaos.taken import order_api, taken

APIS = {api.path: api for api in catalog().apis if api.risk == "order"}
CHANGES: Mapping[str, Mapping[str, object]] = {
    "domestic_stock_order_rvsecncl": {"price": 70000},
    "domestic_stock_order_resv_rvsecncl": {"symbol": "005930", "side": "buy", "quantity": 1, "price": 70000},
    "overseas_stock_order_rvsecncl": {"price": 150},
    "overseas_stock_daytime_order_rvsecncl": {"price": 150},
    "domestic_fo_order_rvsecncl": {"price": 350.05},
    "overseas_fo_order_rvsecncl": {"price": 5500},
    "domestic_bond_order_rvsecncl": {"price": 10460},
}
"""What turns the example, a cancel, into a change."""

CASES = [(api.tool, api.example) for api in APIS.values()] + [
    (tool, {**order_api(tool).example, **more, "action": "modify"}) for tool, more in CHANGES.items()
]


@pytest.mark.parametrize(("tool", "arguments"), CASES)
def test_an_accepted_request_says_what_its_intent_says(tool: str, arguments: Mapping[str, object]) -> None:
    api, now = order_api(tool), system_clock()
    values = check_arguments(api, arguments)
    sent = encode(api, values, demo=False, account=Account("87654321", "01"), today=now.date())
    request = Received(Host.REAL, sent.method, sent.path, {"tr_id": sent.tr_id}, sent.elements, now)
    assert taken(Accepted("0000000001", request), APIS).content == content_of(tool, order_of(api, values))
