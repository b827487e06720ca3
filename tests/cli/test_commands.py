import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator.gate.switches import SWITCHES
from tests.cli.command import COMMAND, run, run_here


def test_try_goes_through_a_session_to_a_filled_order_and_minds_no_setting(tmp_path: Path) -> None:
    wrong = {"KIS_PROD_TYPE": "x01", "KIS_DENIED_SYMBOLS": "005930", "KIS_ENV": "nowhere"}
    finished = run("try", data_dir=tmp_path, COLUMNS="120", **wrong)
    assert finished.returncode == 0, finished.stderr
    for shown in ("삼성전자", "The server asks a person", "[SIM] BUY 10", "accepted", "filled_quantity"):
        assert shown in finished.stdout
    assert finished.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_call_prints_the_envelope_as_json(tmp_path: Path) -> None:
    finished = run("call", "get_quote", '{"symbol": "005930"}', "--json", data_dir=tmp_path)
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    assert answer["environment"] == "sim"
    assert answer["blocks"]["quote"]["price"] > 0


def test_call_exits_with_1_when_the_tool_refuses(tmp_path: Path) -> None:
    finished = run_here("call", "get_quote", '{"symbol": "no such symbol"}', data_dir=tmp_path)
    assert finished.returncode == 1
    assert "symbol" in finished.stdout


@pytest.mark.parametrize("arguments", ["not json", "[1]", '"text"'])
def test_call_names_arguments_that_are_no_object(arguments: str, tmp_path: Path) -> None:
    finished = run_here("call", "get_quote", arguments, data_dir=tmp_path)
    assert finished.returncode == 2
    assert "not a JSON object" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("command", [["serve"], ["orders"], ["call", "get_quote", "{}"]])
@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ({"KIS_ENV": "real"}, "KIS_APP_KEY"),
        ({"KIS_COMMISSION": "US free"}, "KIS_COMMISSION"),
        ({"KIS_DENIED_SYMBOLS": "애풀"}, "KIS_DENIED_SYMBOLS"),
        ({"kis_env": "demo"}, "KIS_ENV"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(
    command: list[str], variables: dict[str, str], field: str, tmp_path: Path
) -> None:
    finished = (run if command == ["serve"] else run_here)(*command, data_dir=tmp_path, **variables)
    assert finished.returncode == 2
    assert field in finished.stderr
    assert len(finished.stderr.splitlines()) == 1
    assert finished.stdout == ""


def test_a_variable_that_does_not_exist_is_warned_of_once(tmp_path: Path) -> None:
    variables = {"KIS_MAX_ORDER_NOTONAL": "1"}
    called = run("call", "get_environment", data_dir=tmp_path, **variables)
    assert called.returncode == 0
    assert called.stderr.count("Did you mean KIS_MAX_ORDER_NOTIONAL?") == 1
    report = json.loads(run_here("doctor", "--offline", "--json", data_dir=tmp_path, **variables).stdout)
    assert "KIS_MAX_ORDER_NOTIONAL" in report["warnings"]


def test_doctor_shows_which_instruments_the_lists_mean(tmp_path: Path) -> None:
    lists = {"KIS_ALLOWED_SYMBOLS": "애플;005930", "KIS_DENIED_SYMBOLS": "KT"}
    report = json.loads(run_here("doctor", "--offline", "--json", data_dir=tmp_path, **lists).stdout)
    assert (report["allowed_symbols"], report["denied_symbols"]) == ("KR:005930, US:AAPL", "KR:030200, US:KT")


def test_the_simulator_alone_needs_a_data_folder_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finished = run_here("sim", data_dir=tmp_path / "file")
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"kis-mcp: {tmp_path / 'file' / 'sim'} cannot be used")
    assert "Set KIS_DATA_DIR to a folder" in finished.stderr


def test_an_unknown_toolset_stops_the_start_with_the_nearest(tmp_path: Path) -> None:
    finished = run("serve", "--surface", "all", "--toolsets", "domestic_stock_rankin", data_dir=tmp_path)
    assert finished.returncode == 2
    assert "domestic_stock_ranking" in finished.stderr


def test_tools_as_json_is_the_public_contract(tmp_path: Path) -> None:
    finished = run_here("tools", "--json", "--surface", "all", data_dir=tmp_path)
    tools = {tool["name"]: tool for tool in json.loads(finished.stdout)}
    assert set(tools) == {api.tool for api in catalog().tools}
    order = tools["domestic_stock_order_cash"]
    assert order["tr_ids"] == {"real": ["TTTC0011U", "TTTC0012U"], "demo": ["VTTC0011U", "VTTC0012U"]}
    assert order["elements"]["quantity"] == "ORD_QTY"
    assert (order["method"], order["path"]) == ("POST", "/uapi/domestic-stock/v1/trading/order-cash")
    assert (order["kind"], order["risk"], order["category"]) == ("rest", "order", "domestic_stock")
    assert order["toolset"] == "domestic_stock_trading"
    for tool in tools.values():
        assert tool["input_schema"]["type"] == "object"
        assert tool["output_schema"]["type"] == "object"
        assert set(tool["example"]) <= set(tool["input_schema"]["properties"])
        assert tool["title"]
        assert tool["description"]


def test_read_only_lists_no_tool_that_orders(tmp_path: Path) -> None:
    finished = run_here("tools", "--json", "--surface", "all", "--read-only", data_dir=tmp_path)
    assert {tool["risk"] for tool in json.loads(finished.stdout)} == {"read", "account"}


def test_doctor_shows_no_secret(tmp_path: Path) -> None:
    secrets = {
        "KIS_PAPER_APP_KEY": "PSkey1234567",
        "KIS_PAPER_APP_SECRET": "secret7654321",
        "KIS_PAPER_STOCK": "87654321",
    }
    finished = run_here("doctor", "--offline", "--json", data_dir=tmp_path, **secrets)
    report = json.loads(finished.stdout)
    states = {environment["environment"]: environment["state"] for environment in report["environments"]}
    assert states["demo"] == "ready"
    assert "KIS_APP_KEY" in states["real"]
    for secret in secrets.values():
        assert secret not in finished.stdout + finished.stderr


REAL_KEYS = {"KIS_APP_KEY": "a-key", "KIS_APP_SECRET": "a-secret"}


@pytest.mark.parametrize(
    ("variables", "environments"),
    [
        ({}, []),
        (REAL_KEYS, ["real"]),
        ({**REAL_KEYS, "KIS_RATE_LIMIT": "3"}, []),
        ({"KIS_PAPER_APP_KEY": "a-key", "KIS_PAPER_APP_SECRET": "a-secret"}, []),
    ],
    ids=["no keys", "real keys", "limit set", "demo keys"],
)
def test_doctor_offers_a_new_customer_the_limit_of_the_first_days(
    variables: dict[str, str], environments: list[str], tmp_path: Path
) -> None:
    finished = run_here("doctor", "--offline", "--json", data_dir=tmp_path, **variables)
    offers = {
        environment["environment"]: environment["new_customer"]
        for environment in json.loads(finished.stdout)["environments"]
        if "new_customer" in environment
    }
    assert list(offers) == environments
    assert all("KIS_RATE_LIMIT=3" in offer for offer in offers.values())


def test_sim_prints_its_addresses_and_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    environment = {**os.environ, "KIS_DATA_DIR": str(tmp_path), "KIS_CONFIG_FILE": str(tmp_path / "absent.yaml")}
    with subprocess.Popen([*COMMAND, "sim"], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        addresses = dict(process.stdout.readline().strip().split("=", 1) for _ in range(4))
        assert set(addresses) == {"KIS_URL_REST", "KIS_URL_REST_PAPER", "KIS_URL_WS", "KIS_URL_WS_PAPER"}
        keys = {"grant_type": "client_credentials", "appkey": "a-key", "appsecret": "a-secret"}
        for name in ("KIS_URL_WS", "KIS_URL_WS_PAPER"):
            with connect(f"{addresses.pop(name)}/tryitout", proxy=None) as link:
                link.send("{}")
                assert "OPSP9998" in str(link.recv(10))
        for address in addresses.values():
            keys["appkey"] = address
            assert "access_token" in httpx.post(f"{address}/oauth2/tokenP", json=keys).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_sim_tells_its_switches_and_starts_with_those_that_are_chosen(tmp_path: Path) -> None:
    shown = run_here("sim", "--help", data_dir=tmp_path, COLUMNS="200").stdout
    documented = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    assert [name for name in SWITCHES if name not in shown or f"`{name}`" not in documented] == []
    refused = run_here("sim", "--on", "no_such", data_dir=tmp_path, COLUMNS="200")
    assert (refused.returncode, "no_such" in refused.stderr) == (2, True)
    environment = {**os.environ, "KIS_DATA_DIR": str(tmp_path), "KIS_CONFIG_FILE": str(tmp_path / "absent.yaml")}
    command = [*COMMAND, "sim", "--on", "repeated_page", "--off", "inquiry_02_refused", "--clock", "market"]
    command += ["--at", "2026-06-15T09:00", "--speed", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        address = process.stdout.readline().strip().split("=", 1)[1]
        switches = httpx.get(f"{address}/simulator/switches").json()
        clock = httpx.get(f"{address}/simulator/clock").json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert [name for name, switch in switches.items() if switch["on"]] == ["repeated_page"]
    assert clock == {"at": "2026-06-15T09:00:00+09:00", "speed": 0, "clock": "market"}


@pytest.mark.parametrize("address", ["8765", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000"])
def test_a_malformed_http_address_is_named(address: str, tmp_path: Path) -> None:
    finished = run_here("serve", "--http", address, data_dir=tmp_path)
    assert finished.returncode == 2
    assert "HOST:PORT" in finished.stderr
