from pathlib import Path

import pytest

from tests.simulator.answers.test_every_api import Direct


@pytest.fixture(scope="session")
def direct() -> Direct:
    """One world for all that only ask it: its days are made once."""
    return Direct()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the simulator answers is tested in the slower job: it takes whole worlds, and half of all tests' time."""
    folder = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(pytest.mark.slow)
