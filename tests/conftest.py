import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def private_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the developer's own configuration or writes to their folders."""
    for name in [name for name in os.environ if name.startswith("KIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KIS_CONFIG_FILE", str(tmp_path / "absent.yaml"))
    monkeypatch.setenv("KIS_DATA_DIR", str(tmp_path / "data"))
    yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="rewrite generated files instead of comparing them")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regenerate"))
