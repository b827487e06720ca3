"""The fixture ``kis_sim`` as people use it who test their own KIS code."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent

THEIR_TESTS = '''
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Client:
    """KIS code of somebody else."""

    def __init__(self, kis):
        self.kis, self.token = kis, ""
        body = {"grant_type": "client_credentials", "appkey": kis.app_key, "appsecret": kis.app_secret}
        self.token = self.ask("/oauth2/tokenP", "", body)["access_token"]

    def ask(self, path, tr_id, body=None):
        headers = {"authorization": f"Bearer {self.token}", "appkey": self.kis.app_key, "tr_id": tr_id}
        headers |= {"appsecret": self.kis.app_secret, "custtype": "P", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.kis.url + path, sent, headers)) as answer:
            return json.load(answer)

    def price(self):
        query = "?FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=005930"
        path = "/uapi/domestic-stock/v1/quotations/inquire-price"
        return int(self.ask(path + query, "FHKST01010100")["output"]["stck_prpr"])

    def buy(self, price, kind="00", tr_id="TTTC0012U"):
        order = {"CANO": self.kis.account, "ACNT_PRDT_CD": self.kis.product, "PDNO": "005930", "ORD_DVSN": kind}
        order |= {"ORD_QTY": "1", "ORD_UNPR": str(price), "EXCG_ID_DVSN_CD": "KRX"}
        return self.ask("/uapi/domestic-stock/v1/trading/order-cash", tr_id, order)


def test_an_order_is_seen_and_filled_when_time_passes(kis_sim):
    client = Client(kis_sim.real)
    limit = client.price() * 9 // 1000 * 100
    number = client.buy(limit)["output"]["ODNO"]
    (order,) = kis_sim.orders
    assert (order.number, order.price, order.remaining) == (number, limit, 1)
    client.buy(0, "01")
    assert [fill.order for fill in kis_sim.fills] == ["0000000002"]
    began = kis_sim.clock.now
    kis_sim.clock.step(days=1)
    assert (kis_sim.clock.now - began).days == 1
    assert kis_sim.orders[0].cancelled == 1
    assert kis_sim.cash() == 100_000_000 + kis_sim.fills[0].cash
    assert kis_sim.requests[-1].path.endswith("order-cash")


def test_a_fault_strikes_and_money_comes_in(kis_sim):
    kis_sim.deposit(5)
    client = Client(kis_sim.demo)
    kis_sim.faults.add("error", "FHKST01010100", code="EGW00201")
    with pytest.raises(HTTPError):
        client.price()
    assert client.price() > 0
    assert (kis_sim.cash(), kis_sim.cash(host="demo")) == (100_000_005, None)


@pytest.mark.kis_sim(clock="market", at="2026-06-03T10:00", seed=5)
def test_a_holiday(kis_sim):
    client = Client(kis_sim.real)
    assert client.buy(0, "01")["msg_cd"] == "APBK0919"
    assert kis_sim.orders == []
    kis_sim.clock.set("2026-06-04T10:00")
    assert Client(kis_sim.real).buy(0, "01")["rt_cd"] == "0"


def test_live_data_come_as_time_passes_and_a_fault_cuts_them(kis_sim):
    host = kis_sim.real
    body = {"grant_type": "client_credentials", "appkey": host.app_key, "secretkey": host.app_secret}
    key = Client(host).ask("/oauth2/Approval", "", body)["approval_key"]
    header = {"approval_key": key, "custtype": "P", "tr_type": "1", "content-type": "utf-8"}
    with connect(f"{host.ws_url}/tryitout", proxy=None) as link:
        link.send(json.dumps({"header": header, "body": {"input": {"tr_id": "H0STCNT0", "tr_key": "005930"}}}))
        assert "SUBSCRIBE SUCCESS" in link.recv(20)
        kis_sim.clock.step(seconds=20)
        assert link.recv(20).startswith("0|H0STCNT0|001|005930^")
        kis_sim.live_faults.add("drop")
        with pytest.raises(ConnectionClosed):
            link.recv(20)


def test_a_world_of_its_own(kis_sim):
    assert (kis_sim.orders, kis_sim.requests) == ([], [])
'''

WITHOUT_IT = """
import sys

def test_nothing_of_kis_was_loaded():
    assert [name for name in sys.modules if name.startswith("kis_mcp.") and "pytest_plugin" not in name] == []
    assert "uvicorn" not in sys.modules
"""


def run_pytest(folder: Path, text: str) -> str:
    """What an outsider's run says, in a folder and a process of its own."""
    (folder / "test_theirs.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -W error\n")
    command = [sys.executable, "-m", "pytest", "-p", "kis_mcp.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    finished = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return finished.stdout + finished.stderr


def test_an_outsiders_tests_run_on_the_simulator(tmp_path: Path) -> None:
    assert "5 passed" in (said := run_pytest(tmp_path, THEIR_TESTS)), said


def test_a_run_that_does_not_use_it_loads_nothing(tmp_path: Path) -> None:
    assert "1 passed" in (said := run_pytest(tmp_path, WITHOUT_IT)), said


def test_pytest_finds_the_plugin_where_the_package_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"kis_mcp.pytest_plugin": "kis_mcp.pytest_plugin"}
