import gc
import json
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage import SqlJournal
from tests.client import NOW

# Each server that a test starts as a process would compile the whole package, and each worker all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: a quarter of the time tests wait for other processes and for sockets."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def private_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the developer's own configuration and keychain, or writes to their folders."""
    for name in [name for name in os.environ if name.startswith("KIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KIS_CONFIG_FILE", str(tmp_path / "absent.yaml"))
    monkeypatch.setenv("KIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    yield


@pytest.fixture(params=("auto", "legacy"))
def era(request: pytest.FixtureRequest) -> str:
    """A client's way to the protocol: the newest that both speak, or the one of 2025."""
    return request.param


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test opens a window on the developer's screen."""
    monkeypatch.setattr("webbrowser.open", lambda url: False)


@pytest.fixture(scope="session", autouse=True)
def whole_table() -> None:
    """Read once, so that no test pays for it in a time-out. Nothing of what is there by then becomes garbage, and is
    not looked through for any."""
    _ = catalog().apis
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def each_schema_once() -> Iterator[None]:
    """A client checks that a tool's output schema is a schema before it reads the first result by it, which takes 60 ms
    a tool: here once in a process instead of once in a session. Results are checked against it as ever."""
    check = Draft202012Validator.check_schema
    valid: set[str] = set()

    def check_once(schema: Mapping[str, Any] | bool) -> None:
        written = json.dumps(schema, sort_keys=True)
        if written not in valid:
            check(schema)
            valid.add(written)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", check_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def pins_are_cheap() -> Iterator[None]:
    """A PIN that this process sets costs nothing to try, for other processes too: its file says what it costs. That
    the command makes it cost 100 ms, tests/cli/test_setup_pin.py tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kis_mcp.confirm.pin._COST", {"n": 2, "r": 8, "p": 1})
        yield


@pytest.fixture(scope="session", autouse=True)
def journals_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrations take 40 ms, and a thousand tests open a new journal: in this process it is a copy of an empty one,
    with a salt of its own. What tests/storage tests is the real making."""
    open_journal, empty = SqlJournal.open, tmp_path_factory.mktemp("journal") / "empty.db"

    async def open_copy(path: Path) -> SqlJournal:
        if not empty.exists():
            await (await open_journal(empty)).aclose()
        copy_once(empty, path)
        return await open_journal(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlJournal, "open", open_copy)
        yield


def copy_once(empty: Path, path: Path) -> None:
    if not path.exists() and path.parent.is_dir():
        path.touch(mode=0o600)
        path.write_bytes(empty.read_bytes())
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("pragma synchronous=off")
            connection.execute("update account_salt set salt = ?", (token_hex(16),))


@pytest.fixture
async def simulator() -> AsyncGenerator[Simulator]:
    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with run_simulator(options) as running:
        yield running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="rewrite generated files instead of comparing them")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regenerate"))
